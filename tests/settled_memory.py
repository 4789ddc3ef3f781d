"""What a server's memory is once its garbage is collected: between two collections up to 100 MB come and go."""

import os
import re
import subprocess
from pathlib import Path

from server_process import NODE

#: Environment of a server whose memory is looked at: its inspector listens on a free port of loopback.
INSPECTED = {"NODE_OPTIONS": "--inspect=127.0.0.1:0"}
_COLLECT = Path(__file__).with_name("collect_garbage.mjs")


def settled_mb(server):
    """Resident memory right after a full collection, MB of 10^6 bytes."""
    # Processes of the server's own listen too, after it.
    address = re.search(r"Debugger listening on (ws://\S+)", "".join(server.errors)).group(1)
    subprocess.run([NODE, _COLLECT, address], check=True, timeout=60)
    return resident_mb(server.process.pid)


def resident_mb(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
