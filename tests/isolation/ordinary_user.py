"""A server that an ordinary user runs, for root to look at: code and packages are shown where that user may read."""

import os
import shutil
from pathlib import Path

import pytest
from server_process import NODE, ROOT, ServerProcess

USER = "54321"
# Arguments: the code, the packages, what is run then. Device nodes that this user may not open are out of the way.
SHOW = """set -e
mount -t tmpfs -o mode=755 shown /mnt
mkdir /mnt/code /mnt/cache
mount --bind "$1" /mnt/code
mount --bind "$2" /mnt/cache
shift 2
exec setpriv --reuid USER --regid USER --clear-groups "$@"
""".replace("USER", USER)


class OrdinaryServer(ServerProcess):
    """As ServerProcess; its folder belongs to the user, and it reads nothing of root's."""

    def command(self):
        shown = [part.replace(str(ROOT), "/mnt/code") for part in super().command()]
        cache = os.environ.get("SAGEBRUSH_CACHE") or Path.home() / ".cache/sagebrush"
        private = ["unshare", "--mount", "--propagation", "private", "sh", "-c", SHOW, "sh", str(ROOT), str(cache)]
        return [*private, *shown]

    def start(self):
        for path in (self.folder, *self.folder.rglob("*")):
            shutil.chown(path, int(USER), int(USER))
        self.environment |= {"SAGEBRUSH_CACHE": "/mnt/cache", "HOME": str(self.folder)}
        return super().start()


def needs():
    """Skips where root cannot become such a user."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a server as another user; run the tests as that user too")
    for program in ("unshare", "setpriv"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} on this machine: apt-get install util-linux")
    assert str(NODE).startswith(str(ROOT))
