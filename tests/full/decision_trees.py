"""The image of the example scikit_bring_your_own on a machine without Docker: what its Dockerfile installs comes from
debootstrap and pip, what it adds is built, tagged and pushed by podman under docker's name.

Its programs are of Python 2 (`DataFrame.ix`, `StringIO`, a pickle written as text), which Debian 11 is the last to
have. Other than in the Dockerfile are the base, which is not Ubuntu 16.04 of the Docker Hub, and where pip comes from:
today's get-pip.py refuses Python 2. numpy, scipy and scikit-learn are those that the Dockerfile names, the others the
last of Python 2, as pip would take them today.
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from foreign_clients import installed

TOOLS = ("debootstrap", "podman")
#: `python` and `nginx` as the Dockerfile has them, and the pip of that Debian, the last for Python 2.
PACKAGES = ("wget", "python-is-python2", "nginx", "ca-certificates", "python-pip-whl")
LIBRARIES = ("numpy==1.16.2", "scipy==1.2.1", "scikit-learn==0.20.2", "pandas", "flask", "gevent", "gunicorn")
PIP = "/usr/share/python-wheels/pip-20.3.4-py2.py3-none-any.whl/pip"
# Which authorities sign for the package index is this machine's knowledge, not that of Debian 11.
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
SHARE_LIBRARIES = "cd /usr/local/lib/python2.7/dist-packages/scipy/.libs && rm * && ln ../../numpy/.libs/* ."

BASE = "localhost/python2"
# docker takes an image's name for its registry's at `login`, podman does not.
DOCKER = """#!/bin/sh
# podman by docker's name, as the package podman-docker has it, with a storage of the test's own.
export REGISTRY_AUTH_FILE={folder}/auth.json
export SSL_CERT_FILE="$AWS_CA_BUNDLE" # programs in Go find authorities by this name
case $1 in
build) shift; exec podman {store} build --layers=false --file {folder}/Dockerfile "$@" ;;
login)
  for last; do :; done
  exec podman {store} login --username AWS --password-stdin "${{last%%/*}}" ;;
esac
exec podman {store} "$@"
"""


def root():
    """A tar of the root before the programs of the example. Skips where it cannot be made."""
    for tool in TOOLS:
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}: sudo apt-get install --yes {tool}")
    if os.geteuid() != 0:
        pytest.skip("debootstrap has to be root")
    # What debootstrap mounts goes with it, however it ends.
    make = ["unshare", "--mount", "debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    inside = ["env", "REQUESTS_CA_BUNDLE=/tmp/authorities.pem", "chroot", "root"]
    try:
        return installed(
            "python2-root",
            [],
            [*make, "bullseye", "root"],
            ["cp", AUTHORITIES, "root/tmp/authorities.pem"],
            [*inside, "python", PIP, "install", "--no-cache-dir", "--prefer-binary", *LIBRARIES],
            [*inside, "sh", "-c", SHARE_LIBRARIES],
            ["rm", "root/tmp/authorities.pem"],
            ["tar", "--create", "--file=root.tar", "--directory=root", "--exclude=./var/cache/apt/archives/*.deb", "."],
            ["rm", "--recursive", "root"],
        ).joinpath("root.tar")
    except (AssertionError, OSError, subprocess.TimeoutExpired) as cause:
        pytest.skip(f"Debian 11 with Python 2 cannot be made here: {cause}")


def without_run(dockerfile):
    """The Dockerfile on the base that has what its RUN instructions install."""
    text = re.sub(r"^RUN (?:.*\\\n)*.*\n", "", dockerfile, flags=re.MULTILINE)
    return re.sub(r"^FROM .*", f"FROM {BASE}", text, flags=re.MULTILINE)


@contextmanager
def docker(dockerfile):
    """A folder with a program `docker` for PATH, which builds this Dockerfile less its RUN instructions."""
    tar = root()
    folder = Path(tempfile.mkdtemp(prefix="docker-"))  # podman takes short paths only
    options = ["--root", folder / "root", "--runroot", folder / "run", "--storage-driver", "vfs"]
    store = shlex.join(str(one) for one in options)
    try:
        (folder / "Dockerfile").write_text(without_run(dockerfile.read_text()))
        (folder / "bin").mkdir()
        program = folder / "bin/docker"
        program.write_text(DOCKER.format(store=store, folder=folder))
        program.chmod(0o755)
        subprocess.run([str(program), "import", str(tar), BASE], check=True, timeout=600)
        yield program.parent
    finally:
        shutil.rmtree(folder, ignore_errors=True)
