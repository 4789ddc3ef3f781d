"""The processes of a container whose users' code answers: one for HTTP, some that load the model and answer.

This process starts them and knows how they end: a worker that ends is named in the log and started again. They are
forked before anything of the user's is imported: threads of libraries do not survive a fork.
"""

import contextlib
import json
import mmap
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path

from images.kit.application import listen
from images.kit.errors import UserError
from images.kit.processes import fork, on_stop, shell_code, stops_held

from . import front
from .handlers import Request, failure

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 10.0
"""Between the ends of a worker that keeps ending and its next start."""


def serve(load, workers):
    """Serves until SIGTERM and returns the exit code.

    load() returns answer(Request) -> Reply; it runs once in each worker. If it fails before any worker has loaded its
    model, the container ends, and the log says why. An error of answer becomes a reply with status 500 and its text, or
    with its own status.
    """
    listener = listen()
    with tempfile.TemporaryDirectory(prefix="workers-") as folder:
        meeting = socket.socket(socket.AF_UNIX)
        place = str(Path(folder) / "socket")
        meeting.bind(place)
        meeting.listen(workers)
        return Supervisor(load, place, workers).run(lambda: front.run(listener, meeting, workers), (listener, meeting))


class Supervisor:
    """Forks, waits, and forks again."""

    def __init__(self, load, place, workers):
        self._load = load
        self._place = place
        self._front = None
        self._numbers = {}
        self._workers = workers
        self._ready = mmap.mmap(-1, workers)
        self._has_been_ready = False
        self._is_stopping = False
        self._pauses = [FIRST_PAUSE_SECONDS] * workers

    def run(self, serve_http, sockets):
        with stops_held():
            self._front = fork(serve_http)
            on_stop(self._stop)
        for one in sockets:
            one.close()
        for number in range(self._workers):
            self._start(number)
        while True:
            pid, status = os.wait()
            code = os.waitstatus_to_exitcode(status)
            if pid == self._front:
                self._end_workers()
                return 0 if self._is_stopping else shell_code(code)
            number = self._numbers.pop(pid, None)
            if number is not None and not self._is_stopping and not self._go_on(number, pid, code):
                self._end_workers()
                os.kill(self._front, signal.SIGKILL)
                return shell_code(code) or 1

    def _stop(self, _number, _frame):
        """The side of HTTP ends first: requests under way are still answered."""
        self._is_stopping = True
        with contextlib.suppress(ProcessLookupError):  # it has ended just now
            os.kill(self._front, signal.SIGTERM)

    def _end_workers(self):
        self._is_stopping = True
        for pid in self._numbers:
            os.kill(pid, signal.SIGKILL)

    def _start(self, number, pause_seconds=0.0):
        self._ready[number] = 0
        self._numbers[fork(lambda: self._work(number, pause_seconds))] = number

    def _go_on(self, number, pid, code):
        """Starts a worker that has ended again; False if the model can never be loaded."""
        was_ready = bool(self._ready[number])
        self._has_been_ready = self._has_been_ready or any(self._ready[:])
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        doing = "serving" if was_ready else "loading the model"
        again = " It is started again." if self._has_been_ready else ""
        print(f"ERROR: Worker {number + 1} (process {pid}) {how} while {doing}.{again}", file=sys.stderr, flush=True)
        if not self._has_been_ready:
            return False
        if was_ready:
            self._pauses[number] = FIRST_PAUSE_SECONDS
            self._start(number)
        else:
            self._start(number, self._pauses[number])
            self._pauses[number] = min(2 * self._pauses[number], LONGEST_PAUSE_SECONDS)
        return True

    def _work(self, number, pause_seconds):
        time.sleep(pause_seconds)
        try:
            answer = self._load()
        except BaseException as error:  # a script may call exit()
            if not isinstance(error, UserError):
                traceback.print_exc()
            print(f"ERROR: Unable to load model: {error}", file=sys.stderr, flush=True)
            return 1
        self._ready[number] = 1
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._place)
            connection.sendall(front.message({"pid": os.getpid()}, b""))
            _answer_requests(connection, answer)
        return 0


def _answer_requests(connection, answer):
    """Until the other side closes."""
    stream = connection.makefile("rb")
    while lengths := stream.read(front.LENGTHS.size):
        head_size, body_size = front.LENGTHS.unpack(lengths)
        head, body = json.loads(stream.read(head_size)), stream.read(body_size)
        try:
            reply = answer(Request(body, **head))
        except Exception as error:
            reply = failure(error)
        sys.stdout.flush()
        content_type = reply.content_type
        connection.sendall(front.message({"status": reply.status, "content_type": content_type}, reply.body))
