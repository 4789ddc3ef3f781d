"""The hosts of a training job: they meet at the first one, tell each other values, and end together.

Each host tries for LONGEST_WAIT_SECONDS to reach the first one. Their connection stays open while training runs: what
ends one host is told to all, and one that says nothing and closes has died.
"""

import contextlib
import json
import os
import queue
import socket
import sys
import threading
import time

from .connections import LONGEST_WAIT_SECONDS, HostError, connect, hello, keep_alive, listen, read_name
from .errors import ProgramError, UserError
from .processes import start_thread
from .train import EXIT_STOPPED, exit_code, fail

LOOK_SECONDS = 1
LONGEST_MESSAGE_BYTES = 64 * 1024 * 1024

REASON_SECONDS = 5
"""When this host's own work fails, another host's reason may be the cause; it is waited for so long."""

END_SECONDS = 10
"""A library that waits for a lost host cannot be interrupted; after so long the process ends."""

USER, PROGRAM, ALGORITHM, STOPPED, LOST = "user", "program", "algorithm", "stopped", "lost"


def join(hosts, current_host):
    """Group of all hosts, as a context manager. hosts: names in the order of resourceconfig.json, the first one leads.

    On leaving without an exception it waits for the others to do so. Raises UserError, HostError or SystemExit when
    another host ends otherwise; an exception of this host is told to the others.
    """
    if len(hosts) == 1:
        return Alone()
    return Group(tuple(hosts), current_host)


class Alone:
    """The group of a job with one host."""

    size, number = 1, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def gather(self, value):
        """As Group.gather."""
        return [value]


class Group:
    """This host's place among the hosts of its job."""

    def __init__(self, hosts, current_host):
        self._hosts = hosts
        self.size = len(hosts)
        self.number = hosts.index(current_host)
        self.address = None
        """The first host's own IP address, on the first host."""
        self.exit_code = None
        """What the process will end with, once an error has ended the group."""
        self._links = {}
        """Connection to each other host that this one talks to, by name."""
        self._inbox = {}
        """Values that came from each of them, as queues."""
        self._end = None
        """Why another host has ended, as {host, kind, text}."""
        self._has_ended = threading.Event()
        self._is_leaving = False
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def gather(self, value):
        """Every host's value, in the order of the hosts, on every host; waits for all. value: as JSON can hold it."""
        if self.number == 0:
            values = [value, *(self._take(host) for host in self._hosts[1:])]
            self._send({"value": values})
            return values
        self._send({"value": value})
        return self._take(self._hosts[0])

    def tell(self, value, host=None):
        """Hands a value, as JSON can hold it, to one host: the first one to any other, the others to the first."""
        self._send({"value": value}, [host or self._hosts[0]])

    def hear(self, host=None):
        """The next value that a host has told this one; waits for it. Raises as the group does if a host has ended."""
        return self._take(host or self._hosts[0])

    def __enter__(self):
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        try:
            if self.number == 0:
                self._lead(deadline)
            else:
                self._follow(deadline)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, _type, error, _traceback):
        if error is None:
            self._finish()
            return
        ended = self._end or (self._wait_for_reason() if _may_follow_from_another(error) else None)
        # Also what another host has said already: those that came after its word have not heard it.
        self._send({"end": ended or {"host": self._hosts[self.number], **_describe(error)}})
        self._leave()
        self.exit_code = exit_code(error if ended is None else _as_error(ended))
        if ended is not None:
            raise _as_error(ended) from None

    def _lead(self, deadline):
        waiting = set(self._hosts[1:])
        with listen(self._hosts[0], deadline) as listener:
            listener.settimeout(LOOK_SECONDS)
            while waiting:
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    if self._end is not None:
                        raise _as_error(self._end) from None
                    if time.monotonic() > deadline:
                        names = ", ".join(sorted(waiting))
                        raise HostError(f"{names} did not connect in {LONGEST_WAIT_SECONDS} s.") from None
                    continue
                name = read_name(connection)
                if name not in waiting:
                    connection.close()
                    continue
                waiting.remove(name)
                self.address = connection.getsockname()[0]
                self._start(name, connection)

    def _follow(self, deadline):
        first = self._hosts[0]
        connection = connect(first, deadline)
        connection.sendall(hello(self._hosts[self.number]))
        self._start(first, connection)

    def _finish(self):
        """Waits until all have come here; from then on a closed connection is no death."""
        if self.number == 0:
            for host in self._hosts[1:]:
                self._take(host)
            self._is_leaving = True
            self._send({"value": None, "last": True})
        else:
            self._send({"value": None})
            self._take(self._hosts[0])
        self._leave()

    def _start(self, name, connection):
        keep_alive(connection)
        self._links[name] = connection
        self._inbox[name] = queue.SimpleQueue()
        start_thread(self._read, name, connection)

    def _read(self, name, connection):
        """Runs in a thread for each connection: hands values on, and notes an end."""
        try:
            with connection.makefile("rb") as lines:
                while line := lines.readline(LONGEST_MESSAGE_BYTES):
                    message = json.loads(line)
                    if "end" in message:
                        self._note(message["end"])
                        return
                    self._inbox[name].put(message["value"])
                    if message.get("last"):
                        return
        except (OSError, ValueError):
            pass
        self._note({"host": name, "kind": LOST, "text": "it was killed, or its machine or network is gone."})

    def _note(self, end):
        """Keeps why another host has ended, tells the others, and wakes this one."""
        with self._lock:
            if self._is_leaving or self._end is not None:
                return
            self._end = end
        if self.number == 0:
            self._send({"end": end})
        self._has_ended.set()
        for inbox in list(self._inbox.values()):
            inbox.put(None)
        timer = threading.Timer(END_SECONDS, self._end_process)
        timer.daemon = True
        timer.start()

    def _end_process(self):
        if self._is_leaving:
            return
        error = _as_error(self._end)
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        os._exit(exit_code(error) if isinstance(error, SystemExit) else fail(error))

    def _take(self, name):
        value = None if self._end is not None else self._inbox[name].get()
        if self._end is not None:
            raise _as_error(self._end)
        return value

    def _send(self, message, hosts=None):
        """Sends it to these hosts, by default to all that this one talks to."""
        line = json.dumps(message).encode() + b"\n"
        with self._writing:
            for host in list(self._links if hosts is None else hosts):
                try:
                    self._links[host].sendall(line)
                except OSError:
                    # Its reader sees the end of the connection, and with it what it said before.
                    continue

    def _wait_for_reason(self):
        self._has_ended.wait(REASON_SECONDS)
        return self._end

    def _leave(self):
        self._is_leaving = True
        for connection in self._links.values():
            # The reader holds the file open; shutting down ends it as well.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def _may_follow_from_another(error):
    return not isinstance(error, UserError | SystemExit)


def _describe(error):
    if isinstance(error, UserError):
        return {"kind": USER, "text": str(error)}
    if isinstance(error, ProgramError):
        # As it is: all hosts fail by the text of the one whose program did.
        return {"kind": PROGRAM, "text": str(error), "code": error.exit_code}
    if isinstance(error, SystemExit):
        return {"kind": STOPPED, "text": "it was stopped."}
    # Without the stack that some libraries add: the host's own log has it.
    first_line = str(error).split("\n")[0]
    return {"kind": ALGORITHM, "text": f"{type(error).__name__}: {first_line}"}


def _as_error(end):
    if end["kind"] == STOPPED:
        return SystemExit(EXIT_STOPPED)
    if end["kind"] == PROGRAM:
        return ProgramError(end["code"], end["text"])
    text = f"Host {end['host']} has failed: {end['text']}"
    return UserError(text) if end["kind"] == USER else HostError(text)
