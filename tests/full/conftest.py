"""Lets the long suites use the forgers and their server, shells of users, and what the tests of faults are made of."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), *(str(HERE.parent / name) for name in ("forgeries", "faults", "clients", "scripts"))]

from guarded_server import guarded  # noqa: E402, F401 - a fixture, found by the line above
from shells import in_shell, printed  # noqa: E402
from stories import ENVIRONMENTS, run  # noqa: E402


@pytest.fixture
def tell(server, tmp_path):
    """tell(program, data): {environment: what the program printed}; the SDKs' programs run side by side."""
    variables = in_shell(printed(server.folder))

    def run_all(program, data):
        def story(environment):
            return run(program, environment, variables, data(tmp_path / environment))

        with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
            return dict(zip(ENVIRONMENTS, pool.map(story, ENVIRONMENTS), strict=True))

    return run_all
