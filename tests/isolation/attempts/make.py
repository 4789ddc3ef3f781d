"""What every attempt is made of: facts of the outside world, system calls by number, and how an outcome is told.

An attempt is a function of the facts. It returns what it got hold of; one that is refused raises, or returns nothing.
Runs inside a job, on the standard library alone.
"""

import ctypes
import json
import os
import platform
import signal
import sys

SECONDS = 4
LIBC = ctypes.CDLL(None, use_errno=True)
COLUMN = {"x86_64": 0, "aarch64": 1}[platform.machine()]


def system_call(numbers, *arguments):
    """Result of a system call given as (number on x86-64, number on arm64). Raises OSError."""
    result = LIBC.syscall(ctypes.c_long(numbers[COLUMN]), *[as_c(argument) for argument in arguments])
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def as_c(argument):
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def tell(name, outcome):
    """One line that the test finds in the job's log, whatever other processes print."""
    os.write(sys.stdout.fileno(), (json.dumps({"attempt": name, **outcome}) + "\n").encode())


def make(name, attempt, facts):
    """Runs the attempt in a process of its own, which may hang or be killed for it."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        try:
            got = attempt(facts)
            tell(name, {"refused": "got nothing"} if got is None else {"got": repr(got)[:200]})
        except (AttributeError, ImportError, NameError, TypeError) as error:  # its own fault, which shows nothing
            tell(name, {"broken": f"{type(error).__name__}: {error}"[:200]})
        except BaseException as error:  # whatever it is that stops the attempt
            tell(name, {"refused": f"{type(error).__name__}: {error}"[:200]})
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        tell(name, {"refused": f"ended by signal {os.WTERMSIG(status)}"})
