"""Clients as their users have them: programs without an endpoint, in environments of their own, told by `sagebrush env`
where the server is."""

import sys
from pathlib import Path

import pytest
from foreign_clients import printed_by_sdk
from foreign_clients import python_of as installed_python

# For what lies beside the tests.
sys.path.insert(0, str(Path(__file__).parent))

from shells import in_shell, printed

PROGRAMS = Path(__file__).parent / "programs"
# Longer than any program takes on a busy machine; short enough to say which one hangs.
PROGRAM_SECONDS = 400


@pytest.fixture(scope="session")
def python_of():
    """python_of("sagemaker-2"): the interpreter of an environment of setup/environments, installed if need be."""
    found = {"test": Path(sys.executable)}

    def find(name):
        if name not in found:
            found[name] = installed_python(name)
        return found[name]

    return find


@pytest.fixture(scope="session", autouse=True)
def authority(server):
    """The shared server's authority is there before the first test asks for it."""
    printed(server.folder)


@pytest.fixture
def variables(server):
    """A shell's variables after `sagebrush env`, but without AWS_ENDPOINT_URL: only proxy and authorities are left."""
    found = in_shell(printed(server.folder))
    del found["AWS_ENDPOINT_URL"]
    return found


@pytest.fixture
def run_program(python_of, variables, tmp_path):
    """run_program("calls.py", "sagemaker-2", *arguments): the last line that the program prints, read as JSON."""

    def run(program, environment, *arguments, more=None):
        folder = tmp_path / environment
        folder.mkdir(exist_ok=True)
        known = {**variables, **(more or {})}
        return printed_by_sdk(
            python_of(environment), PROGRAMS / program, known, folder, *arguments, seconds=PROGRAM_SECONDS
        )

    return run
