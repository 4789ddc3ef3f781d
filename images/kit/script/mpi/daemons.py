"""The daemons of an MPI run on the other hosts, as mpirun's agents ask for them on the first one."""

import contextlib
import json
import shlex
import socket
import sys
from pathlib import Path

from images.kit.connections import HostError
from images.kit.errors import UserError
from images.kit.processes import start_thread

from .agent import EXIT_FAILED

AGENT = Path(__file__).with_name("agent.py")


class Daemons:
    """While entered, agents are answered; on leaving, the other hosts are told that the run is over."""

    def __init__(self, group, hosts, folder):
        self._group = group
        self._others = hosts[1:]
        self._threads = []
        self.agent = folder / "agent"
        """Program that stands for ssh; its path has no space in it, as mpirun wants."""
        place = folder / "socket"
        # Isolated: modules of the script's folder must not stand for those of Python.
        words = [sys.executable, "-I", str(AGENT), str(place)]
        self.agent.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        self.agent.chmod(0o700)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen(len(hosts))

    def __enter__(self):
        start_thread(self._accept)
        return self

    def __exit__(self, *_):
        # A thread may be waiting in accept, which closing alone would not end.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for host in self._others:
            self._group.tell(None, host)
        for thread in self._threads:
            thread.join()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._threads.append(start_thread(self._answer, connection))

    def _answer(self, connection):
        """Starts the daemon that an agent asks for, and tells it the exit code once there is one."""
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            asked = json.loads(lines.readline())
            connection.sendall(json.dumps(self._run(asked["host"], asked["words"])).encode() + b"\n")

    def _run(self, host, words):
        if host not in self._others:
            names = ", ".join(self._others) or "none"
            return {"code": EXIT_FAILED, "error": f"{host} is not one of this job's other hosts: {names}."}
        self._group.tell(words, host)
        try:
            return self._group.hear(host)
        except (HostError, UserError, SystemExit) as error:
            return {"code": EXIT_FAILED, "error": str(error)}
