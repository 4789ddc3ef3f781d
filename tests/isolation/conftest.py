"""Jobs that try to get out of a server of root's and of one of an ordinary user's."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import ordinary_user
from breakouts import Breakouts
from server_process import ServerProcess


@pytest.fixture(scope="session", params=["root", "ordinary user"])
def breakouts(request):
    """Attempts of jobs of a server that this user runs."""
    is_own = request.param == ("root" if os.geteuid() == 0 else "ordinary user")
    if not is_own:
        ordinary_user.needs()
    folder = Path(tempfile.mkdtemp(prefix="isolation-"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    kind = ServerProcess if is_own else ordinary_user.OrdinaryServer
    server = kind(folder=data, arguments=["--cpus", "16", "--longest-grace-seconds", "1"])
    try:
        made = Breakouts(server.start(), folder)
        yield made
        made.close()
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)
