"""Connections between the hosts of a job: the first one listens, the others come to it, each as soon as it can.

Names of hosts may resolve late (SageMaker developer guide, "How Amazon SageMaker provides training information").
"""

import errno
import hashlib
import hmac
import ipaddress
import json
import os
import socket
import time

PORT = 9099
"""As AWS's own XGBoost container has for its tracker."""

LONGEST_WAIT_SECONDS = 15 * 60
RETRY_SECONDS = 0.2
CONNECT_SECONDS = 10
LONGEST_NAME_BYTES = 1024

SECRET = "SAGEBRUSH_HOSTS_SECRET"
"""Variable with what only the hosts of this job know (server/src/engine/platform.ts)."""


class HostError(Exception):
    """Another host of the job has failed, died or never come, by no fault of the user."""


def connect(host, deadline):
    """Connection to a host, once its name resolves and it listens. deadline: as time.monotonic.

    Raises HostError after the deadline.
    """
    connection = _retry(lambda: socket.create_connection((host, PORT), CONNECT_SECONDS), host, deadline)
    connection.settimeout(None)
    return connection


def wait_for_names(hosts):
    """Returns when every host's name resolves. Raises HostError if one does not within LONGEST_WAIT_SECONDS."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    for host in hosts:
        _retry(lambda host=host: socket.getaddrinfo(host, None), host, deadline)


def listen(host, deadline):
    """Socket for the other hosts at this host's own address, or at all if its name does not give one they can reach."""

    def bind():
        family, _, _, _, address = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)[0]
        # Some machines call themselves 127.0.1.1 in /etc/hosts.
        if ipaddress.ip_address(address[0]).is_loopback and host != address[0]:
            return socket.create_server(("", PORT), backlog=128)
        try:
            return socket.create_server(address[:2], family=family, backlog=128)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return socket.create_server(("", PORT), backlog=128)

    return _retry(bind, host, deadline)


def _retry(attempt, host, deadline):
    """What attempt() returns once it raises no OSError, as a name that does not resolve yet does."""
    is_told = False
    while True:
        try:
            return attempt()
        except OSError as error:
            if not is_told:
                print(f"[INFO] Waiting for the host {host}: {error}", flush=True)
                is_told = True
            if time.monotonic() > deadline:
                raise HostError(f"Host {host} could not be reached within {LONGEST_WAIT_SECONDS} s: {error}") from error
            time.sleep(RETRY_SECONDS)


def hello(host):
    """First line of a connection: which host this is, and that it is of this job."""
    return json.dumps({"host": host, "proof": _proof(host)}).encode() + b"\n"


def _proof(host):
    return hmac.new(os.environ.get(SECRET, "").encode(), host.encode(), hashlib.sha256).hexdigest()


def read_name(connection):
    """Host that a new connection says it is, or None if it does not prove that it is of this job."""
    connection.settimeout(CONNECT_SECONDS)
    data = b""
    try:
        # Byte by byte: what follows the line belongs to the connection's reader.
        while not data.endswith(b"\n") and len(data) < LONGEST_NAME_BYTES:
            part = connection.recv(1)
            if not part:
                return None
            data += part
        said = json.loads(data)
        name, proof = said["host"], said["proof"]
        if not (isinstance(name, str) and isinstance(proof, str)):
            return None
        is_proven = hmac.compare_digest(proof.encode(), _proof(name).encode())
    except (OSError, ValueError, TypeError, KeyError):
        return None
    connection.settimeout(None)
    return name if is_proven else None


def keep_alive(connection):
    """Small messages go at once; a machine that is gone without a word is noticed after about 40 s."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 5)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
