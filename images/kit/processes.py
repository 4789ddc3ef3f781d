"""Processes and threads that a container starts, and stop signals, none of which may be lost before it is handled."""

import contextlib
import os
import signal
import sys
import threading

STOPS = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def stops_held():
    """Within it SIGTERM and SIGINT wait; those that came are heard at its end, by the handlers of then."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def on_stop(handler):
    """From now on handler(number, frame), or signal.SIG_DFL, is for SIGTERM and SIGINT."""
    for number in STOPS:
        signal.signal(number, handler)


def start_thread(work, *arguments):
    """A daemon thread that calls work(*arguments). No stop comes to it: it would not wake the main thread, which may be
    waiting for a program, and only there a handler runs.
    """
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    with stops_held():
        thread.start()
    return thread


def fork(task):
    """Process id of a child that runs task() and ends with the exit code it returns, 1 if it raises.

    A stop ends the child, until it says otherwise.
    """
    with stops_held():
        pid = os.fork()
        if pid == 0:
            _run(task)
    return pid


def _run(task):
    code = 1
    try:
        on_stop(signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        code = task()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def shell_code(code):
    """Exit code as a shell reports it: 128 and the signal's number for a process that a signal ended."""
    return 128 - code if code < 0 else code
