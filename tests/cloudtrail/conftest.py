"""A server whose trails write every second."""

import pytest
from server_process import ServerProcess


@pytest.fixture(scope="session")
def trailing():
    with ServerProcess(arguments=["--trail-every-seconds", "1"]) as process:
        yield process


@pytest.fixture
def trail(trailing):
    return trailing.client("cloudtrail")
