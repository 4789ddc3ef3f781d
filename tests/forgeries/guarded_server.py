"""The server that forgers work on: nobody else uses it."""

import pytest
from server_process import ServerProcess
from world import make_world


@pytest.fixture(scope="module")
def guarded():
    """A server with people and things on it, and what is known of them."""
    server = ServerProcess()
    server.start()
    yield server, make_world(server)
    server.close()
