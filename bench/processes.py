"""Processes as /proc shows them: who belongs to a server, what they cost, when they are quiet."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
QUIET_SECONDS = 0.5
PROC = Path("/proc")


def _fields(pid):
    """The fields of /proc/PID/stat after the name; None when the process is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None


def family(pid):
    """The process and all its descendants."""
    children = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _fields(entry.name)):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    members = [pid]
    for member in members:
        members += children.get(member, [])
    return members


def resident_mb(pid):
    """Resident memory of the process and its descendants, MB of 10^6 bytes; shared pages count for each."""
    pages = 0
    for member in family(pid):
        try:
            pages += int((PROC / str(member) / "statm").read_text().split()[1])
        except OSError:
            continue  # ended between being listed and being looked at
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(pid):
    """CPU time that the process and its descendants have used."""
    found = [fields for member in family(pid) if (fields := _fields(member))]
    return sum(int(fields[11]) + int(fields[12]) for fields in found) / TICKS


def wait_until_quiet(pid, limit_seconds=60):
    """Returns when the family has used no CPU worth naming for half a second."""
    deadline = time.monotonic() + limit_seconds
    used = cpu_seconds(pid)
    while time.monotonic() < deadline:
        time.sleep(QUIET_SECONDS)
        now = cpu_seconds(pid)
        if now - used <= 0.02:
            return
        used = now
    raise RuntimeError(f"process {pid} and its descendants were still busy after {limit_seconds} s")


def pythons(pid):
    """Descendants that run Python."""
    found = []
    for member in family(pid)[1:]:
        try:
            program = (PROC / str(member) / "cmdline").read_text().split("\0")[0]
        except OSError:
            continue  # ended between being listed and being looked at
        if program.endswith("python"):
            found.append(member)
    return found
