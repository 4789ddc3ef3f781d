"""Servers beside a script: they begin before the scripts of all hosts and end after them, and no host is left alone."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 60

CONTAINER = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from images.kit.script import servers
hosts, current, server, script = sys.argv[1].split(), *sys.argv[2:]
servers.GRACE_SECONDS = 1
job = SimpleNamespace(hosts=hosts, current_host=current)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
beside = servers.Beside((servers.Server("barn", ("-c", server), {"ROLE": "server"}),), {"ROLE": "script"})
environment = {**os.environ, "HOST": current, "FIRST": hosts[0]}
try:
    servers.run(beside, job, sys.executable, [sys.executable, "-c", script], Path.cwd(), environment)
except Exception as error:
    print(f"{type(error).__name__}: {error}", flush=True)
    sys.exit(getattr(error, "exit_code", 1))
"""
SERVER = """
import os, time
open(f"barn-{os.environ['HOST']}-{os.environ['ROLE']}-{os.getpid()}", "w").close()
time.sleep(600)
"""
FOLLOWS = "import os, sys, time\nis_first = os.environ['HOST'] == os.environ['FIRST']\n"
_subnets = itertools.count(os.getpid() * 16)


@pytest.fixture
def containers(tmp_path):
    """containers(script, server, count): processes that stand for hosts; both programs are of Python."""
    started = []

    def start(script, server=SERVER, count=2):
        subnet = next(_subnets)
        hosts = [f"127.{1 + subnet // 256 % 250}.{subnet % 256}.{210 + number}" for number in range(count)]
        for host in hosts:
            command = [sys.executable, "-c", CONTAINER, " ".join(hosts), host, server, FOLLOWS + script]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
            started.append(subprocess.Popen(command, env=environment, cwd=tmp_path, **pipes))
        return hosts, started

    yield start
    for process in started:
        kill(process)
        process.wait()
        process.stdout.close()


def kill(process):
    """Ends all of a container, as the end of its first process does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def ended(processes):
    """(exit code, output) of each."""
    outputs = [process.communicate(timeout=DEADLINE_SECONDS)[0] for process in processes]
    return [(process.returncode, output) for process, output in zip(processes, outputs, strict=True)]


def wait_until(is_so, what):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)  # between looks at a condition that has a deadline


def servers_of(folder):
    """{host: process id} of the servers that have begun."""
    names = [path.name.split("-") for path in folder.glob("barn-*-server-*")]
    return {host: int(pid) for _, host, _, pid in names}


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# The script of the first host, where there are several, ends long before the others'.
WAITS = """
while (not is_first or {count} == 1) and not os.path.exists('go'):
    time.sleep(0.02)
"""


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_host_has_its_server_until_all_scripts_have_ended(containers, tmp_path, count):
    hosts, processes = containers(WAITS.format(count=count), count=count)
    wait_until(lambda: len(servers_of(tmp_path)) == count, "every host has a server")
    pids = servers_of(tmp_path)
    assert set(pids) == set(hosts)
    assert all(map(runs, pids.values()))
    (tmp_path / "go").touch()
    assert [code for code, _ in ended(processes)] == [0] * count
    assert not any(map(runs, pids.values()))


def test_a_script_that_only_serves_is_ended_some_time_after_the_first_hosts(containers):
    _, processes = containers("if not is_first: time.sleep(600)")
    (code, _), (other_code, other) = ended(processes)
    assert (code, other_code) == (0, 0), other
    assert "has ended 1 s ago; that of this host is told to end" in other


FAILS = {
    "the first host": "if is_first: raise ValueError('no seeds')\ntime.sleep(600)",
    "another host": "if not is_first: raise ValueError('no seeds')\ntime.sleep(600)",
    "another host, after the first has ended well": "if not is_first: raise ValueError('no seeds')",
}


@pytest.mark.parametrize("script", FAILS.values(), ids=FAILS.keys())
def test_all_hosts_fail_by_the_text_of_the_script_that_failed(containers, script):
    _, processes = containers(script)
    for code, output in ended(processes):
        assert code == 1
        assert "ProgramError: ExecuteUserScriptError:" in output
        assert output.endswith("ValueError: no seeds, exit code: 1\n")


def test_a_server_that_ends_is_named(containers):
    _, processes = containers("time.sleep(600)", server=FOLLOWS + "if not is_first: sys.exit(3)\ntime.sleep(600)")
    (code, first), (other_code, other) = ended(processes)
    assert (code, other_code) == (1, 1)
    for output in (first, other):
        assert "HostError: " in output and "The barn of 127." in output and "ended with exit code 3" in output


STOPPED = """
import signal
def save(*_):
    print("saved on", os.environ["HOST"], flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
open("ready-" + os.environ["HOST"], "w").close()
time.sleep(600)
"""


def start_ready(containers, folder):
    hosts, processes = containers(STOPPED)
    wait_until(lambda: all((folder / f"ready-{host}").exists() for host in hosts), "the script runs on both hosts")
    return hosts, processes


def test_a_stop_reaches_the_script_of_each_host(containers, tmp_path):
    hosts, processes = start_ready(containers, tmp_path)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for host, (code, output) in zip(hosts, ended(processes), strict=True):
        assert (code, f"saved on {host}" in output) == (0, True), output


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_host_is_named(containers, tmp_path, lost):
    hosts, processes = start_ready(containers, tmp_path)
    kill(processes[lost])
    code, output = ended(processes)[1 - lost]
    assert code == 1
    assert f"HostError: Host {hosts[lost]} has failed: it was killed, or its machine or network is gone." in output
