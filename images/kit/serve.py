"""Serves with an answer function: a process for each CPU shares the listening socket, and one supervises them.

They are forked before the model is loaded: OpenMP threads do not survive a fork.
"""

import asyncio
import contextlib
import mmap
import os
import signal
import sys
import traceback
from functools import partial

from .application import application, http_server, listen
from .errors import UserError
from .processes import fork, on_stop, shell_code, stops_held

INLINE_BYTES = 64 * 1024
"""A body up to this size is answered on the event loop: a hop to a thread costs more than the prediction."""


def worker_count(default=None):
    """Processes that serve: SAGEMAKER_MODEL_SERVER_WORKERS, else the default, else one for each CPU it may use."""
    return max(1, int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or default or len(os.sched_getaffinity(0))))


def run_serving(load):
    """Serves until SIGTERM and returns the exit code.

    load() returns answer(body, content_type, accept) -> (body, content type); it may raise UserError. It runs once in
    each worker; when it fails, even by crashing the library that reads the model, the log says so.
    """
    listener = listen()
    workers = worker_count()
    ready = mmap.mmap(-1, workers)
    with stops_held():
        numbers = {fork(partial(_work, load, listener, workers, ready, number)): number for number in range(workers)}
        supervisor = Supervisor(numbers, ready)
        on_stop(supervisor.stop)
    return supervisor.wait()


class Supervisor:
    """Waits for the workers; a stop goes to all, and the first that ends otherwise ends all."""

    def __init__(self, numbers, ready):
        """numbers: pid to number. ready: a byte for each number, 1 once its model is loaded."""
        self._running = dict(numbers)
        self._ready = ready
        self._is_stopping = False

    def stop(self, _number=None, _frame=None):
        self._is_stopping = True
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):  # it has ended just now
                os.kill(pid, signal.SIGTERM)

    def wait(self):
        """Exit code of the container, once all have ended."""
        exit_code = 0
        while self._running:
            pid, status = os.wait()
            number = self._running.pop(pid, None)
            if number is not None and not self._is_stopping:
                exit_code = _exit_code(os.waitstatus_to_exitcode(status), bool(self._ready[number]))
                self.stop()
        return exit_code


def _exit_code(code, was_ready):
    """Exit code of the container for a worker that ended by itself; tells the log if a signal ended it."""
    if code < 0:
        doing = "serving" if was_ready else "reading the model, whose file must be broken"
        print(f"ERROR: A worker was ended by {signal.Signals(-code).name} while {doing}.", file=sys.stderr, flush=True)
    return shell_code(code)


def _work(load, listener, workers, ready, number):
    try:
        answer = load()
    except Exception as error:
        if not isinstance(error, UserError):
            traceback.print_exc()
        print(f"ERROR: Unable to load model: {error}", file=sys.stderr, flush=True)
        return 1
    ready[number] = 1
    server = http_server(application(partial(_invoke, answer), workers))
    # uvicorn takes signals over when it runs, and raises them again for who had them before once it has stopped. Its
    # own handler stands before and after: a stop before the first request counts, and none is a failure.
    on_stop(server.handle_exit)
    server.run(sockets=[listener])
    return 0


async def _invoke(answer, body, headers):
    if not body:
        return 204, None, b""
    arguments = (body, headers.get(b"content-type"), headers.get(b"accept"))
    is_small = len(body) <= INLINE_BYTES
    result, content_type = answer(*arguments) if is_small else await asyncio.to_thread(answer, *arguments)
    return 200, content_type, result
