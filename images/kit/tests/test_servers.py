"""Servers beside a script: they begin before the scripts of all hosts and end after them, and no host is left alone."""

import os
import signal

import pytest

from .containers import addresses, containers, ended, kill, wait_until

CONTAINER = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from images.kit import hosts as meeting
from images.kit.script import servers
hosts, current, server, script = sys.argv[1].split(), *sys.argv[2:]
# Only one host fails by itself here: there is no other reason to wait for.
meeting.REASON_SECONDS = 0
servers.GRACE_SECONDS = int(os.environ.get("GRACE_SECONDS", servers.GRACE_SECONDS))
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


@pytest.fixture
def start(tmp_path):
    """start(script, server, count): processes that stand for hosts; both programs are of Python."""
    with containers(tmp_path) as start_each:

        def run(script, server=SERVER, count=2, **variables):
            hosts = addresses(count)
            words = ["-c", CONTAINER, " ".join(hosts)]
            return hosts, start_each(hosts, lambda host: [*words, host, server, FOLLOWS + script], **variables)

        yield run


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
def test_each_host_has_its_server_until_all_scripts_have_ended(start, tmp_path, count):
    hosts, processes = start(WAITS.format(count=count), count=count)
    wait_until(lambda: len(servers_of(tmp_path)) == count, "every host has a server")
    pids = servers_of(tmp_path)
    assert set(pids) == set(hosts)
    assert all(map(runs, pids.values()))
    (tmp_path / "go").touch()
    assert [code for code, _ in ended(processes)] == [0] * count
    assert not any(map(runs, pids.values()))


def test_a_script_that_only_serves_is_ended_some_time_after_the_first_hosts(start):
    _, processes = start("if not is_first: time.sleep(600)", GRACE_SECONDS="1")
    (code, _), (other_code, other) = ended(processes)
    assert (code, other_code) == (0, 0), other
    assert "has ended 1 s ago; that of this host is told to end" in other


FAILS = {
    "the first host": "if is_first: raise ValueError('no seeds')\ntime.sleep(600)",
    "another host": "if not is_first: raise ValueError('no seeds')\ntime.sleep(600)",
    "another host, after the first has ended well": "if not is_first: raise ValueError('no seeds')",
}


@pytest.mark.parametrize("script", FAILS.values(), ids=FAILS.keys())
def test_all_hosts_fail_by_the_text_of_the_script_that_failed(start, script):
    _, processes = start(script)
    for code, output in ended(processes):
        assert code == 1
        assert "ProgramError: ExecuteUserScriptError:" in output
        assert output.endswith("ValueError: no seeds, exit code: 1\n")


def test_a_server_that_ends_is_named(start):
    _, processes = start("time.sleep(600)", server=FOLLOWS + "if not is_first: sys.exit(3)\ntime.sleep(600)")
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


def start_ready(start, folder):
    hosts, processes = start(STOPPED)
    wait_until(lambda: all((folder / f"ready-{host}").exists() for host in hosts), "the script runs on both hosts")
    return hosts, processes


def test_a_stop_reaches_the_script_of_each_host(start, tmp_path):
    hosts, processes = start_ready(start, tmp_path)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for host, (code, output) in zip(hosts, ended(processes), strict=True):
        assert (code, f"saved on {host}" in output) == (0, True), output


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_host_is_named(start, tmp_path, lost):
    hosts, processes = start_ready(start, tmp_path)
    kill(processes[lost])
    code, output = ended(processes)[1 - lost]
    assert code == 1
    assert f"HostError: Host {hosts[lost]} has failed: it was killed, or its machine or network is gone." in output
