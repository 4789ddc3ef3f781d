"""Hosts of a job, each a process that stands for its container."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 60
_subnets = itertools.count(os.getpid() * 16)


def addresses(count):
    """Names of so many hosts, of a network of this machine that no other test uses."""
    subnet = next(_subnets)
    return [f"127.{1 + subnet // 256 % 250}.{subnet % 256}.{100 + number}" for number in range(count)]


@contextlib.contextmanager
def containers(folder):
    """start(hosts, words, **variables): a process for each host, Python with the words(host), in the folder."""
    started = []

    def start(hosts, words, **variables):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **variables}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
        for host in hosts:
            command = [sys.executable, *map(str, words(host))]
            started.append(subprocess.Popen(command, env=environment, cwd=folder, **pipes))
        return started

    try:
        yield start
    finally:
        for process in started:
            kill(process)
            process.wait()
            process.stdout.close()


def kill(process):
    """Ends all of a container, as the end of its first process does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def ended(processes):
    """(exit code, output) of each, once nothing of it runs any more."""
    outputs = [process.communicate(timeout=DEADLINE_SECONDS)[0] for process in processes]
    return [(process.returncode, output) for process, output in zip(processes, outputs, strict=True)]


def wait_until(is_so, what):
    """Returns once is_so(). what: for the failure after DEADLINE_SECONDS."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)  # between looks at a condition that has a deadline
