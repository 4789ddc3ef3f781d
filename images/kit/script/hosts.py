"""The other hosts of a job: their names may come late."""

import socket
import time

from images.kit.errors import UserError

PATIENCE_SECONDS = 15 * 60
LONGEST_PAUSE_SECONDS = 30
FIRST_PAUSE_SECONDS = 0.1


def wait_for(hosts):
    """Returns when every name resolves. Raises UserError if one does not within a quarter of an hour."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for host in hosts:
        pause = FIRST_PAUSE_SECONDS
        while not _resolves(host):
            if time.monotonic() > deadline:
                raise UserError(f"The host {host} of this job could not be found within {PATIENCE_SECONDS} s.")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _resolves(host):
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True
