"""Jobs that try to get out of a server of root's, of one of an ordinary user's, and of containers of an engine."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import container_engine
import ordinary_user
from breakouts import Breakouts
from long_cases import cases
from server_process import ServerProcess


@pytest.fixture(scope="session", params=cases("root", "ordinary user", long=["docker"]))
def breakouts(request):
    """Attempts of jobs of a server, by who runs it, or by the backend."""
    folder = Path(tempfile.mkdtemp(prefix="isolation-"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    server = None
    try:
        server = a_server(request.param, data)
        made = Breakouts(server.start(), folder)
        yield made
        made.close()
    finally:
        if server:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)


def a_server(kind, data):
    """A server that has not been started yet. Skips where there can be none of the kind."""
    arguments = ["--cpus", "16", "--longest-grace-seconds", "1"]
    if kind == "docker":
        container_engine.needs(data)
        return ServerProcess(folder=data, arguments=[*arguments, *container_engine.ARGUMENTS])
    if kind == ("root" if os.geteuid() == 0 else "ordinary user"):
        return ServerProcess(folder=data, arguments=arguments)
    ordinary_user.needs()
    return ordinary_user.OrdinaryServer(folder=data, arguments=arguments)
