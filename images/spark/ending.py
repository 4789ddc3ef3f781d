"""How a job ends: its exit code, and the message that DescribeProcessingJob shows."""

import re
import sys
import traceback
from itertools import takewhile

from images.kit.container import root
from images.kit.errors import ProgramError, UserError

MESSAGE_BYTES = 1024
"""So much of the file is shown (developer guide, "Build your own processing container")."""

_TRACEBACK = "Traceback (most recent call last):"
_CAUSE = "Caused by: "
_LOG_LINE = re.compile(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d (TRACE|DEBUG|INFO|WARN|ERROR|FATAL) ")
_STACK_LINE = re.compile(r"\s+at \S|\t?\.\.\. \d+ more|\s*JVM stacktrace:|Driver stacktrace:")
_MAIN_DIED = re.compile(r'Exception in thread "[^"]*" (.*)')


def ended(task):
    """Calls task() and returns the exit code: 0, 2 for the user's settings, that of Spark, 1 for a fault of ours."""
    try:
        task()
    except UserError as error:
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        leave_message(f"ClientError: {error}")
        return 2
    except ProgramError as error:
        leave_message(f"AlgorithmError: {error}")
        return error.exit_code
    except Exception as error:
        traceback.print_exc()
        leave_message(f"AlgorithmError: {type(error).__name__}: {error}")
        return 1
    return 0


def leave_message(text):
    """Writes the exit message, cut to what is shown; one that the script has written itself says more, and stays."""
    path = root() / "output" / "message"
    if path.is_file() and path.stat().st_size > 0:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode()[:MESSAGE_BYTES].decode(errors="ignore").encode())


def what_failed(said):
    """The error in what Spark's driver printed: Python's last one, else Java's, else the last words."""
    lines = said.splitlines()
    begins = max((number for number, line in enumerate(lines) if line == _TRACEBACK), default=None)
    if begins is not None:
        # That of a task is told inside the driver's, after Java's stack.
        inner = max(number for number, line in enumerate(lines) if number >= begins and line.endswith(_TRACEBACK))
        after = lines[inner + 1 :]
        first = next((number for number, line in enumerate(after) if line and not line[0].isspace()), None)
        if first is not None:
            return _words(after[first:])
    for number in range(len(lines) - 1, -1, -1):
        if match := _MAIN_DIED.match(lines[number]):
            return _words([match[1], *lines[number + 1 :]])
    words = [line for line in lines if line.strip() and not _LOG_LINE.match(line) and not _STACK_LINE.match(line)]
    return "\n".join(words[-5:])


def _words(lines):
    """An error's own lines, until the log goes on or a stack begins; of Java's causes the last, which says most."""
    own = list(takewhile(lambda line: not _LOG_LINE.match(line) and not _STACK_LINE.match(line), lines))
    causes = [line for line in lines[len(own) :] if line.startswith(_CAUSE)]
    return "\n".join([*own, *causes[-1:]]).strip()
