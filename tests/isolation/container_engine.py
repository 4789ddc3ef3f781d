"""An engine of this machine with the Docker API, whose containers are the jobs: $DOCKER_HOST, or one of the usual."""

import os

import pytest
from server_process import told

USUAL = ("/var/run/docker.sock", "/run/podman/podman.sock")
ARGUMENTS = ("--backend", "docker")


def sockets():
    """Paths of sockets by which a job could command an engine."""
    return [os.environ.get("DOCKER_HOST", "").removeprefix("unix://") or USUAL[0], *USUAL]


def needs(folder):
    """Skips where no engine can be used, with what is missing."""
    code, said = told("doctor", *ARGUMENTS, "--data", folder)
    if code:
        lines = said.splitlines()
        missing = [index for index, line in enumerate(lines) if line.startswith("MISSING")]
        pytest.skip("; ".join(" ".join(part.strip() for part in lines[index : index + 2]) for index in missing))
