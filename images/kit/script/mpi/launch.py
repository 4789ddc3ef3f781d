"""Runs a script under mpirun, on the hosts of a job: the first one launches, the others run the daemons it asks for.

Where mpirun would call ssh it calls agent.py, whose word goes to the other host by the connection that this has made to
the first one (images/kit/hosts.py). No host takes commands from anyone who connects to it.
"""

import contextlib
import os
import shlex
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from images.kit.errors import ProgramError, UserError
from images.kit.hosts import join
from images.kit.processes import on_stop, start_thread
from images.kit.script import program

from . import failure
from .daemons import Daemons
from .settings import command_line

PREFIX = Path(sys.prefix)
"""Open MPI is a package of the image's environment."""
MPIRUN, DAEMON, LIBRARY = PREFIX / "bin" / "mpirun", PREFIX / "bin" / "prted", PREFIX / "lib" / "libmpi.so.40"

DAEMON_SECONDS = 10
"""So long a daemon may take to end once mpirun has."""


def variables():
    """Variables by which mpi4py finds Open MPI, also in a script that is alone and not launched by mpirun."""
    return {"MPI4PY_LIBMPI": str(LIBRARY)} if LIBRARY.exists() else {}


def python_command(command, python):
    """The command with mpi4py around a Python program: an error of one process ends all that wait for it."""
    return [*command[:1], "-m", "mpi4py", *command[1:]] if command[0] == str(python) else command


def run(mpi, job, command, code, environment):
    """Runs the command, with the script's arguments, by MPI. Its processes have the variables of the host they are on.

    Raises UserError if this image has no MPI, ProgramError on the first host as the first process that failed ended,
    HostError on all when a host is lost.
    """
    if not MPIRUN.exists():
        raise UserError(
            "The environment of this image has no MPI (sagemaker_mpi_enabled); those of TensorFlow, PyTorch and MXNet "
            "have, and any other where its lock names the packages openmpi and mpi4py."
        )
    environment = {**environment, **_settings(job)}
    error = None
    with join(job.hosts, job.current_host) as group:
        if group.number == 0:
            error = _lead(group, job.hosts, command_line(MPIRUN, mpi, job.hosts, code), command, code, environment)
        else:
            _follow(group, code, environment)
    if error is not None:
        raise error


def _settings(job):
    """Settings of Open MPI and of its launcher PRRTE; options of the user's are stronger than variables."""
    if len(job.hosts) == 1:
        return {}
    interface = job.resources.get("network_interface_name", "eth0")
    return {
        "OMPI_MCA_pml": "ob1",
        # A process that loses another ends too; the one it lost is to be heard of first.
        "OMPI_MCA_mpi_abort_delay": "1",
        "OMPI_MCA_btl_tcp_if_include": interface,
        "PRTE_MCA_prte_if_include": interface,
        # Only the first host is connected to all others.
        "PRTE_MCA_plm_ssh_no_tree_spawn": "1",
        # An agent stays as long as its daemon, so that none would be left for hosts beyond the usual 128.
        "PRTE_MCA_plm_ssh_num_concurrent": str(len(job.hosts)),
    }


def _lead(group, hosts, mpirun, command, code, environment):
    """The error that the run ended with, None if it ended well; it is not of this host, so the group ends in peace."""
    print(f"[INFO] {shlex.join([*mpirun, *command])}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mpi-") as folder, Daemons(group, hosts, Path(folder)) as daemons:
        environment = {**environment, "PRTE_MCA_plm_ssh_agent": str(daemons.agent)}
        try:
            program.run(
                [*mpirun, *command], [], code, environment, send=_to_processes, explain=partial(_explain, command)
            )
        except ProgramError as error:
            return error
    return None


def _explain(command, _mpirun, errors, exit_code):
    rank, own = failure.of_first(errors)
    shown = shlex.join(command)
    return program.failure_text(shown if rank is None else f"{shown} (rank {rank})", own, exit_code)


def _follow(group, code, environment):
    """Runs the daemons that the first host asks for, until it says that the run is over."""
    print("[INFO] MPI runs on this host as the first host asks.", flush=True)
    prefix = str(PREFIX)
    libraries = [str(LIBRARY.parent), *filter(None, [environment.get("LD_LIBRARY_PATH")])]
    own = {"PRTE_PREFIX": prefix, "PMIX_PREFIX": prefix, "LD_LIBRARY_PATH": ":".join(libraries)}
    daemons = {}

    def stop(number, _frame):
        for daemon in daemons:
            _to_processes(daemon, number)

    on_stop(stop)
    try:
        while (words := group.hear()) is not None:
            daemon = subprocess.Popen([str(DAEMON), *words], cwd=code, env={**environment, **own})
            daemons[daemon] = start_thread(lambda daemon=daemon: group.tell({"code": daemon.wait()}))
        for thread in daemons.values():
            thread.join(DAEMON_SECONDS)
    finally:
        for daemon, thread in daemons.items():
            daemon.kill()
            thread.join()


def _to_processes(parent, number):
    """Sends a signal to the script's processes on this host: mpirun and its daemons would kill them at once."""
    for pid in list(_processes(parent.pid)) or [parent.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _processes(parent):
    """Children of mpirun or of a daemon; a daemon may have another for its child."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            # `pid (name) state parent …`; a name may hold spaces and brackets of its own.
            start, _, end = (entry / "stat").read_text().rpartition(") ")
            if int(end.split()[1]) == parent:
                is_daemon = start.partition("(")[2] == DAEMON.name
                yield from _processes(int(entry.name)) if is_daemon else [int(entry.name)]
