"""Raw connections to a server, for what no client does on purpose; and what the server holds because of them."""

import socket
import struct
from pathlib import Path
from urllib.parse import urlsplit

from server_process import wait_until


def connect(server, receive_bytes=None):
    """A connection; `receive_bytes` is all that the system takes for a caller that does not read."""
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    line = socket.socket()
    if receive_bytes:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    line.settimeout(20)
    line.connect((host, int(port)))
    return line


def head(method, url, length=None):
    """The head of a request for a presigned URL."""
    parts = urlsplit(url)
    body = "" if length is None else f"Content-Length: {length}\r\n"
    return f"{method} {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n{body}\r\n".encode()


def cut(line, reset):
    """Goes away: with a reset, as a machine that lost power is found out, or in order."""
    if reset:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def status_of(line):
    """The status of the answer, whose head is read."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = line.recv(65536)
        assert part, f"no answer but {answer!r}"
        answer += part
    return int(answer.split(b" ", 2)[1])


def descriptors(server):
    """Open sockets and bodies of objects. Files of logs stay open on purpose, and so does what clients keep."""
    found = []
    for descriptor in Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue  # closed between the two looks
        if target.startswith("socket:") or "/blobs/" in target:
            found.append(target)
    return len(found)


def memory(server):
    """Resident bytes. proc(5)"""
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096


def wait_for_descriptors(server, before):
    seen = []

    def is_as_before():
        seen.append(descriptors(server))
        return seen[-1] <= before

    try:
        wait_until(is_as_before, 30, f"the server has its {before} descriptors again")
    except AssertionError as late:
        raise AssertionError(f"{late}; it had {seen[0]}, {seen[len(seen) // 2]} and at last {seen[-1]}") from late
