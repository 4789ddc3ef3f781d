"""Processes of this machine that work for a server's jobs. ps(1), proc(5)."""

import subprocess
from pathlib import Path


def processes_with(folder):
    """Command lines of processes that name the folder, but for the server itself."""
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in listing.splitlines() if folder in line and "main.ts" not in line)


def feeders(server):
    """Process ids of what feeds units of this server."""
    return _at_work(server, b"feeder.ts")


def supervisors(server, argument):
    """Process ids of the supervisors of this server's units whose program has the argument, as `serve`."""
    return _at_work(server, b"supervise.sh", argument.encode())


def _at_work(server, *words):
    """Process ids of what runs below the server's folder with all the words in its command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            place = str((folder / "cwd").readlink())
        except OSError:
            continue
        if all(word in command for word in words) and place.startswith(str(server.folder)):
            found.append(int(folder.name))
    return found
