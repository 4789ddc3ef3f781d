"""Servers beside a script, as parameter servers are: on each host, from before any script begins until all have ended.

Which processes these are a framework says; how the hosts begin and end together stands in
docs/decisions/0024-parameter-servers.md.
"""

import shlex
import subprocess
import sys
import threading
from dataclasses import dataclass

from images.kit.connections import HostError
from images.kit.errors import ProgramError, UserError
from images.kit.hosts import join
from images.kit.processes import start_thread

from . import program

ENABLED = "sagemaker_parameter_server_enabled"
"""The hyperparameter of the SDK's distribution `parameter_server`."""

GRACE_SECONDS = 30
"""Once the first host's script has ended, the others' have so long; a worker that only serves ends by no other word."""

STOP_SECONDS = 120
"""As long as any script has after SIGTERM, so have those that are told to end then."""

KILL_SECONDS = 5
"""A script that is no use any more and does not end by SIGTERM is killed; the group itself waits 10 s for it."""


@dataclass(frozen=True)
class Server:
    """A process beside the script."""

    name: str
    """For the log: `parameter server`."""
    words: tuple[str, ...]
    """Arguments of the script's Python."""
    variables: dict[str, str]
    """Beside those of the script."""


@dataclass(frozen=True)
class Beside:
    """What a host runs with its script."""

    servers: tuple[Server, ...]
    variables: dict[str, str]
    """For the script."""
    runner: tuple[str, ...] = ()
    """Arguments of Python that come before those of a script of Python."""


def run(beside, job, python, command, code, environment):
    """Runs the command, with the script's arguments, while the servers of all hosts run; it may use every host's.

    Raises ProgramError, the same on all hosts, if the script of any host does not end well; HostError if a host is lost
    or a server ends.
    """
    script = _Script()
    environment = {**environment, **beside.variables}
    shown = shlex.join(command)
    if command[0] == str(python):
        command = [*command[:1], *beside.runner, *command[1:]]
    with (
        _Servers(beside.servers, job.current_host, python, code, environment, script.end),
        join(job.hosts, job.current_host) as group,
    ):
        script.run(group, job.hosts, command, code, environment, shown)


class _Servers:
    """While entered, the servers of this host run. One that fails is told to fail(error), in a thread."""

    def __init__(self, servers, host, python, code, environment, fail):
        self._servers = servers
        self._host = host
        self._python = python
        self._code = code
        self._environment = environment
        self._fail = fail
        self._processes = []
        self._is_over = False

    def __enter__(self):
        for server in self._servers:
            # Without the folder of the server's program, whose neighbours have names of other modules.
            command = [str(self._python), "-P", *server.words]
            print(f"[INFO] This host runs a {server.name}.", flush=True)
            process = subprocess.Popen(command, cwd=self._code, env={**self._environment, **server.variables})
            self._processes.append(process)
            start_thread(self._watch, server, process)

    def __exit__(self, *_):
        self._is_over = True
        for process in self._processes:
            process.kill()
            process.wait()

    def _watch(self, server, process):
        code = process.wait()
        # One that ends well has been told so by the scripts, as those of MXNet are.
        if code != 0 and not self._is_over:
            self._fail(HostError(f"The {server.name} of {self._host} ended with exit code {code}; its log says why."))


class _Script:
    """The script of this host, which may be ended from outside."""

    def __init__(self):
        self._process = None
        self._has_ended = threading.Event()
        self._lock = threading.Lock()
        self._error = None
        self._has_done_its_part = False

    def run(self, group, hosts, command, code, environment, shown):
        """Runs it, and waits until those of all hosts have ended. shown: the command as a failure names it."""

        def explain(_command, errors, exit_code):
            return program.failure_text(shown, errors, exit_code)

        talks_to = hosts[1:] if group.number == 0 else hosts[:1]
        threads = [start_thread(self._listen, group, host) for host in talks_to]
        try:
            program.run(command, [], code, environment, explain=explain, started=self._started)
        except ProgramError:
            if self._error is None and not self._has_done_its_part:
                raise
        finally:
            self._has_ended.set()
        self._raise_error()
        for host in talks_to:
            group.tell("ended", host)
        for thread in threads:
            thread.join()
        self._raise_error()

    def _raise_error(self):
        if self._error is not None:
            raise self._error

    def end(self, error):
        """Ends the script, if it runs, for the reason of an error that is not its own."""
        with self._lock:
            self._error = self._error or error
            process = self._process
        if process is not None:
            self._stop(process, KILL_SECONDS)

    def _started(self, process):
        with self._lock:
            self._process = process
            is_late = self._error is not None
        if is_late:
            process.kill()

    def _listen(self, group, host):
        """Hears that the script of another host has ended, well or not."""
        try:
            group.hear(host)
        except (HostError, UserError, ProgramError, SystemExit) as error:
            if not self._has_ended.is_set():
                print("ERROR: Another host has failed; the script of this one is ended.", file=sys.stderr, flush=True)
            self.end(error)
            return
        if group.number != 0 and not self._has_ended.wait(GRACE_SECONDS):
            print(
                f"[INFO] The script of {host} has ended {GRACE_SECONDS} s ago; that of this host is told to end.",
                flush=True,
            )
            self._has_done_its_part = True
            self._stop(self._process, STOP_SECONDS)

    def _stop(self, process, seconds):
        process.terminate()
        if not self._has_ended.wait(seconds):
            process.kill()
