"""Clients in other languages: packages of their own lock files in the cache folder, and programs that print JSON."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

from server_process import FLAGS, NODE, ROOT

CLIENTS = Path(__file__).parent / "clients"
# An install waits for a registry; Go's first build of the SDK takes minutes of one core.
INSTALL_SECONDS = 600
# Longer than any program takes on a busy machine; short enough to say which one hangs.
PROGRAM_SECONDS = 200
#: The programs predict these, in this order.
ROWS = [(0.9, 0.1), (0.1, 0.2)]


def cache_folder():
    """Where what can be downloaded again is kept, as the server's own environments are."""
    given = os.environ.get("SAGEBRUSH_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(given) if given else Path(home) / "sagebrush"


def installed(name, sources, *commands):
    """Folder of the cache that holds copies of the sources and what the commands made beside them.

    It changes with both. It is built beside its place and moved there when it is whole, so that a
    half-made one is never seen.
    """
    digest = hashlib.sha256(repr(commands).encode())
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    folder = cache_folder() / "clients" / f"{name}-{digest.hexdigest()[:16]}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".tmp", dir=folder.parent))
    try:
        for source in sources:
            shutil.copy(source, beside)
        for command in commands:
            done = subprocess.run(
                command, cwd=beside, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
            assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        try:
            beside.rename(folder)
        except OSError:
            # Another run was quicker; what it made is the same.
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def node_packages(name):
    """node_modules of the lock file in clients/javascript/NAME."""
    sources = [CLIENTS / "javascript" / name / file for file in ("package.json", "package-lock.json")]
    return installed(f"javascript-{name}", sources, ["npm", "ci", "--no-audit", "--no-fund"]) / "node_modules"


def run_javascript(name, program, server, folder, *arguments, more=None):
    """What a program of clients/javascript/NAME prints. Node finds packages beside a program, so it runs as a copy."""
    packages = folder / "node_modules"
    if not packages.exists():
        packages.symlink_to(node_packages(name))
    copy = shutil.copy(CLIENTS / "javascript" / name / program, folder)
    return printed([NODE, copy, *arguments], variables(server, folder, more))


def variables(server, home, more=None):
    """The variables of a shell whose clients heed the endpoint, and that knows nothing else of AWS."""
    known = server.command_environment()
    return {**known, "AWS_REGION": known["AWS_DEFAULT_REGION"], "HOME": str(home), **(more or {})}


def over_tls(server):
    """What changes in `variables` for clients that come over TLS and trust the server's authority."""
    # The authority is made when it is first asked for.
    command = [NODE, *FLAGS, ROOT / "server/src/cli/start.mjs", "env", "--data", server.folder]
    subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=True, timeout=60)
    authority = str(server.folder / "tls/ca.pem")
    trusted = dict.fromkeys(["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"], authority)
    return {"AWS_ENDPOINT_URL": server.url.replace("http://", "https://"), **trusted}


def printed(command, environment, seconds=PROGRAM_SECONDS, folder=None):
    """The last line that a program prints, read as JSON; it runs in the folder."""
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command[:2]))}:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def printed_by_sdk(python, program, variables, folder, *arguments, seconds):
    """What a Python program of an SDK's prints last, read as JSON; it runs in the folder, which is its home."""
    environment = {**variables, "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    return printed([python, program, *arguments], environment, seconds, folder)


def put_points(s3, bucket):
    """300 points labelled by whether their first number is above a half, and the two of ROWS to predict."""
    draw = random.Random(1)
    points = [(draw.random(), draw.random()) for _ in range(300)]
    lines = "".join(f"{int(x > 0.5)},{x:f},{y:f}\n" for x, y in points)
    s3.put_object(Bucket=bucket, Key="train/points.csv", Body=lines)
    s3.put_object(Bucket=bucket, Key="rows/rows.csv", Body="".join(f"{x},{y}\n" for x, y in ROWS))


def is_learned(predicted):
    """Whether the two predictions for ROWS are on the right sides."""
    return [value > 0.5 for value in predicted] == [True, False]


def python_of(name):
    """The interpreter of an environment of setup/environments, installed if need be."""
    program = (
        'import { setupEnvironment } from "./setup/python.ts"; console.log(await setupEnvironment(process.argv[1]));'
    )
    command = [NODE, "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program, name]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=INSTALL_SECONDS)
    return Path(done.stdout.strip()) / "bin/python"
