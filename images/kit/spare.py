"""The waiting side of a spare (docs/decisions/0006-spares.md): a line of JSON on standard input says what to become."""

import json
import os

EXIT_GIVEN_UP = 125
"""The input ended before a whole line came: the server is gone or does not want the spare any more."""

READ_BYTES = 65536


def is_wanted():
    """Whether this process was started as a spare."""
    return os.environ.get("SAGEBRUSH_SPARE") == "1"


def wait(descriptor):
    """Waits for the line, applies its environment and folder, and returns its arguments; None if none came."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(descriptor, READ_BYTES)
        if not part:
            return None
        line += part
    wanted = json.loads(line)
    del os.environ["SAGEBRUSH_SPARE"]
    os.environ.update(wanted["environment"])
    os.chdir(wanted["workingDirectory"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
    return wanted["arguments"]
