"""The processes of a server's units: which they are, and what is left of them. proc(5)."""

import hashlib
import os
import re
from pathlib import Path

from server_process import wait_until

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def text(path):
    """The file's text; empty when it is gone or another user's."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def children(pid):
    return [int(child) for child in text(PROC / str(pid) / "task" / str(pid) / "children").split()]


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def name_of(pid):
    return text(PROC / str(pid) / "comm").strip()


class Unit:
    """One unit's folder, and who works for it. Each may be None at a moment at which it is not there."""

    def __init__(self, folder):
        self.folder = folder

    @property
    def supervisor(self):
        return int(text(self.folder / "pid") or 0) or None

    @property
    def sandbox(self):
        return next((child for child in children(self.supervisor or 0) if name_of(child) == "bwrap"), None)

    @property
    def init(self):
        found = re.search(r'"child-pid": *(\d+)', text(self.folder / "status"))
        return found and int(found[1])

    @property
    def program(self):
        return next(iter(children(self.init or 0)), None)

    @property
    def log(self):
        """The process that copies the output into its file."""
        return next((one for one in descendants(self.supervisor or 0) if name_of(one) == "cat"), None)


def units(server):
    """Units that have been started and have not ended."""
    folders = (folder for folder in (server.folder / "units").glob("*") if (folder / "status").exists())
    return [Unit(folder) for folder in folders if not (folder / "ended").exists()]


def forwarder(server):
    for child in descendants(server.process.pid):
        if "forwarder.ts" in text(PROC / str(child) / "cmdline"):
            return child
    return None


def left_processes(server):
    """Processes that have to do with the server's units, inside a sandbox or outside."""
    found = []
    for process in PROC.glob("[0-9]*"):
        if int(process.name) in (os.getpid(), server.process.pid):
            continue
        line = text(process / "cmdline").replace("\0", " ")
        if " serve " in line:
            continue
        # A sandbox sees its unit's folder as a mount; a supervisor works in it.
        if str(server.folder) in line or f"{server.folder.name}/units/" in text(process / "mountinfo") + cwd(process):
            found.append(f"{process.name} {line}")
    return found


def cwd(process):
    try:
        return str((process / "cwd").readlink())
    except OSError:
        return ""


def left_cgroups(server):
    """Names of the cgroups of the server's units; they hold what runs, so none is left when nothing is."""
    name = hashlib.sha256(str((server.folder / "units").resolve()).encode()).hexdigest()[:12]
    return sorted(
        {place.name for place in CGROUPS.glob(f"*/sagebrush/{name}-*")}
        | {place.name for place in CGROUPS.glob(f"sagebrush/{name}-*")}
    )


def wait_until_nothing_is_left(server, seconds=30):
    wait_until(lambda: not left_processes(server), seconds, f"no process of a unit is left: {left_processes(server)}")
    wait_until(lambda: not left_cgroups(server), seconds, f"no cgroup of a unit is left: {left_cgroups(server)}")
