"""MPI in script mode: what mpirun is asked for, how the hosts come together, which failure is told.

mpirun and its daemon are stand-ins here; the real ones run in tests/full/test_mpi.py.
"""

import signal
import sys

import pytest

from images.kit.errors import UserError
from images.kit.script.mpi import agent, failure, settings

from .containers import DEADLINE_SECONDS, addresses, containers, kill, wait_until

OPTIONS = {
    "nothing": ("", []),
    "a variable": ("-x GRAIN=oats", ["-x", "GRAIN=oats"]),
    "options as Open MPI 4 has them": ("-mca btl tcp -verbose", ["--mca", "btl", "tcp", "--verbose"]),
    "NCCL's log": ("--NCCL_DEBUG=WARN", ["-x", "NCCL_DEBUG=WARN"]),
    "NCCL's log as two words": ("--NCCL_DEBUG WARN", ["-x", "NCCL_DEBUG=WARN"]),
    "a text in quotes": ("-x 'A=b c'", ["-x", "A=b c"]),
}


def read(**wanted):
    names = {"processes": settings.PROCESSES_PER_HOST, "options": settings.OPTIONS}
    return settings.read({settings.ENABLED: True, **{names[name]: value for name, value in wanted.items()}})


@pytest.mark.parametrize(("text", "words"), OPTIONS.values(), ids=OPTIONS.keys())
def test_options_are_handed_on(text, words):
    assert list(read(options=text).options) == words


def test_without_mpi_nothing_is_read():
    assert settings.read({settings.PROCESSES_PER_HOST: "many"}) is None


@pytest.mark.parametrize("wanted", [{"processes": -1}, {"processes": "two"}, {"processes": True}, {"options": "'"}])
def test_what_cannot_be_read_is_refused(wanted):
    with pytest.raises(UserError, match=r"processes_per_host|custom_mpi_options"):
        read(**wanted)


def test_an_option_of_the_user_stands_in_for_ours():
    line = settings.command_line("mpirun", read(processes=2, options="-bind-to core -np 3"), ["a", "b"], "/code")
    assert line == [
        *["mpirun", "--allow-run-as-root", "--tag-output", "--host", "a:2,b:2", "--map-by", "slot"],
        *["--wdir", "/code", "--bind-to", "core", "--np", "3"],
    ]


RULE = "-" * 74
RAISED = f"""[1,0]<stderr>: too few rows
[1,3]<stderr>: Traceback (most recent call last):
[1,1]<stderr>: ValueError: another
[1,3]<stderr>: ValueError: no seeds
[1,3]<stderr>: [algo-2:00029] Delaying for 1 seconds before aborting
[1,3]<stderr>: {RULE}
[1,3]<stderr>: MPI_ABORT was invoked on rank 3 in communicator MPI_COMM_WORLD
[1,3]<stderr>:   Errorcode: 1
[1,3]<stderr>: {RULE}
{RULE}
prterun has exited due to process rank 3 with PID 0 on node algo-2 calling
"abort". This may have caused other processes in the application to be
[1,3]<stderr>: \0[1,1]<stderr>: \0
"""
LEFT = f"""[1,1]<stderr>: no room
{RULE}
prterun detected that one or more processes exited with non-zero status,
thus causing the job to be terminated. The first process to do so was:

   Process name: [prterun-algo-1-15877@1,1]
   Exit code:    9
{RULE}
"""
KILLED = """prterun noticed that process rank 2 with PID 16114 on node algo-2 exited on
signal 9 (Killed).
"""
FAILURES = {
    "raised": (RAISED, (3, "Traceback (most recent call last):\nValueError: no seeds\n")),
    "left": (LEFT, (1, "no room\n")),
    "was killed": (KILLED, (2, "")),
    "never ran": ("no such option\n", (None, "no such option\n")),
}


@pytest.mark.parametrize(("errors", "told"), FAILURES.values(), ids=FAILURES.keys())
def test_the_first_process_that_fails_is_told_of(errors, told):
    rank, own = failure.of_first(errors.encode())
    assert (rank, own.decode()) == told


SHELL_COMMANDS = {
    "for bash": ["A=/x;export A;/x/bin/prted", "--daemonize", "--prtemca", "ess", '"env"'],
    "for sh": ["(", "test", "!", "-r", "./.profile;", "/x/bin/prted", "--prtemca", "ess", '"env"', ")"],
}


@pytest.mark.parametrize("command", SHELL_COMMANDS.values(), ids=SHELL_COMMANDS.keys())
def test_of_a_command_for_a_shell_the_words_for_the_daemon_are_taken(command):
    assert agent.words_for_daemon(command) == ["--prtemca", "ess", "env"]


MPIRUN = r"""#!{python}
import os, shlex, subprocess, sys
hosts = [each.split(":")[0] for each in sys.argv[sys.argv.index("--host") + 1].split(",")]
command = sys.argv[sys.argv.index("--wdir") + 2:]
preamble = "A=1;export A;/anywhere/bin/{daemon}"
agent = os.environ["PRTE_MCA_plm_ssh_agent"]
asked = hosts[1:] + os.environ.get("ALSO_ASKED", "").split()
agents = [subprocess.Popen([agent, host, preamble, *map(shlex.quote, command)]) for host in asked]
own = subprocess.run(command).returncode
sys.exit(own or max([each.wait() for each in agents], default=0))
"""
PRTED = """#!/bin/sh
"$@" &
wait $!
"""
CONTAINER = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
sys.prefix = sys.argv[1]
from images.kit.script.mpi import launch
from images.kit.script.mpi.settings import Mpi
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
hosts, current = sys.argv[2].split(), sys.argv[3]
job = SimpleNamespace(hosts=hosts, current_host=current, resources={"network_interface_name": "lo"})
try:
    launch.run(Mpi(1, ()), job, sys.argv[4:], Path.cwd(), {**os.environ, "SM_CURRENT_HOST": current})
except Exception as error:
    print(f"{type(error).__name__}: {error}", flush=True)
    sys.exit(getattr(error, "exit_code", 1))
"""


@pytest.fixture
def start(tmp_path):
    """start(program, …): processes that stand for two hosts which run the program, of Python, by MPI."""
    prefix = tmp_path / "environment"

    with containers(tmp_path) as start_each:

        def run(program, daemon="prted", **variables):
            (prefix / "bin").mkdir(parents=True)
            for name, text in {"mpirun": MPIRUN, "prted": PRTED}.items():
                file = prefix / "bin" / name
                file.write_text(text.replace("{python}", sys.executable).replace("{daemon}", daemon))
                file.chmod(0o755)
            hosts = addresses(2)
            words = ["-c", CONTAINER, prefix, " ".join(hosts)]
            processes = start_each(hosts, lambda host: [*words, host, sys.executable, "-c", program], **variables)
            return hosts, processes

        yield run


def ended(processes):
    """(exit code, output) of each. What its first process leaves behind would hold the output open."""
    for process in processes:
        process.wait(DEADLINE_SECONDS)
        kill(process)
    return [(process.returncode, process.stdout.read()) for process in processes]


def test_each_host_runs_the_program_with_its_own_variables(start):
    hosts, processes = start("import os; print('I am', os.environ['SM_CURRENT_HOST'], 'of', '\"all\"')")
    (code, first), (other_code, other) = ended(processes)
    assert (code, other_code) == (0, 0), first + other
    assert f"I am {hosts[0]} of" in first
    assert f"I am {hosts[1]} of" in other


def test_the_first_host_fails_with_the_runs_exit_code_and_the_others_have_done_their_part(start):
    _, processes = start("import os, sys; sys.exit(7 if os.environ['SM_CURRENT_HOST'].endswith('101') else 0)")
    (code, first), (other_code, _) = ended(processes)
    assert (code, other_code) == (7, 0), first
    assert "ProgramError: ExecuteUserScriptError:" in first and first.endswith("exit code: 7\n")


def test_only_hosts_of_the_job_get_daemons(start):
    _, processes = start("pass", ALSO_ASKED="algo-9")
    (code, first), (other_code, _) = ended(processes)
    assert (code, other_code) == (255, 0)
    assert "algo-9 is not one of this job's other hosts" in first


def test_only_daemons_are_started(start):
    _, processes = start("pass", daemon="sh")
    (code, first), _ = ended(processes)
    assert (code, "starts only daemons of MPI" in first) == (255, True)


STOPPED = """
import os, signal, sys, time
def save(*_):
    print("saved on", os.environ["SM_CURRENT_HOST"], flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
open("ready-" + os.environ["SM_CURRENT_HOST"], "w").close()
time.sleep(60)
"""


def start_ready(start, folder):
    hosts, processes = start(STOPPED)
    wait_until(lambda: all((folder / f"ready-{host}").exists() for host in hosts), "the program runs on both hosts")
    return hosts, processes


def test_a_stop_reaches_the_program_on_each_host(start, tmp_path):
    hosts, processes = start_ready(start, tmp_path)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for host, (code, output) in zip(hosts, ended(processes), strict=True):
        assert (code, f"saved on {host}" in output) == (0, True), output


def test_a_lost_host_is_named(start, tmp_path):
    hosts, processes = start_ready(start, tmp_path)
    kill(processes[1])
    # As PRRTE does, whose daemon is gone.
    processes[0].send_signal(signal.SIGTERM)
    code, output = ended(processes)[0]
    assert code == 1
    assert f"HostError: Host {hosts[1]} has failed: it was killed, or its machine or network is gone." in output
