"""Pipe mode: a channel as a stream, by a named pipe for each pass over its data.

Follows the SageMaker developer guide, "How Amazon SageMaker provides training information": `<channel>_0` is the first
pass, `<channel>_1` the next, and a path may appear late.
"""

import os
import time

from .errors import UserError
from .recordio import read_records

RETRY_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 15 * 60
BUFFER_BYTES = 1024 * 1024


def open_pass(channel, number=0):
    """Binary file of a channel's whole data, to be read once. number: which pass over them, from 0.

    Waits for the path to exist. Raises UserError if it does not within LONGEST_WAIT_SECONDS.
    """
    path = channel.folder.with_name(f"{channel.folder.name}_{number}")
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not os.path.lexists(path):
        if time.monotonic() > deadline:
            raise UserError(f"Channel {channel.name}: the pipe {path} did not appear in {LONGEST_WAIT_SECONDS} s.")
        time.sleep(RETRY_SECONDS)
    return path.open("rb", buffering=BUFFER_BYTES)


class ObjectsAsText:
    """Text objects that were wrapped in a RecordIO record each, as one file; no line goes over an object's end."""

    def __init__(self, file, source):
        self._objects = read_records(file, source)

    def read(self, _size):
        """Bytes of the next object, which end with a newline; none at the end of the stream."""
        for payload in self._objects:
            if len(payload):
                text = bytes(payload)
                return text if text.endswith(b"\n") else text + b"\n"
        return b""
