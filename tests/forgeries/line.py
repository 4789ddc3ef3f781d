"""Requests as bytes over a kept connection: no client library between a test and the server puts anything right."""

import json
import re
import socket
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

#: An answer that takes longer counts as a hang.
ANSWER_SECONDS = 5


@dataclass(frozen=True)
class Call:
    """A request. `path` and the pairs of `query` are percent-encoded as they go over the line."""

    method: str
    path: str
    headers: tuple = ()
    body: bytes = b""
    query: tuple = ()

    @property
    def target(self):
        return self.path + ("?" + "&".join(self.query) if self.query else "")

    def header(self, name):
        """The first value of a header; None without one."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def without(self, *names):
        gone = {name.lower() for name in names}
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() not in gone))

    def having(self, name, value):
        """The same call with one header of this name."""
        kept = self.without(name)
        return replace(kept, headers=(*kept.headers, (name, value)))

    def adding(self, name, value):
        return replace(self, headers=(*self.headers, (name, value)))

    def encoded(self):
        """The bytes; Content-Length is put unless the call has its own or another framing."""
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        if self.header("content-length") is None and self.header("transfer-encoding") is None:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "\r\n"]).encode("utf-8", "surrogateescape") + self.body


@dataclass
class Answer:
    status: int
    headers: dict = field(repr=False)
    body: bytes

    @property
    def code(self):
        """The error's code, wherever the protocol puts it; None without one."""
        if self.body.startswith(b"{"):
            document = json.loads(self.body)
            return document.get("__type") or self.headers.get("x-amzn-errortype")
        if self.headers.get("content-type") == "application/cbor":
            # RFC 8949: up to 23 bytes have their length in the mark, up to 255 in the byte behind it.
            _, _, text = self.body.partition(b"f__type")
            size, start = (text[1], 2) if text[:1] == b"x" else (text[0] - 0x60 if text else 0, 1)
            return text[start : start + size].decode() or None
        found = re.search(rb"<Code>(.*?)</Code>", self.body)
        return found and found[1].decode()


class NoAnswerError(Exception):
    """The connection ended without an answer."""


class Line:
    """A connection that is opened when needed and kept while the server keeps it."""

    def __init__(self, url):
        self.address = (urlsplit(url).hostname, urlsplit(url).port)
        self.socket = None
        self.rest = b""

    def ask(self, call):
        return self.exchange(call.encoded(), call.method == "HEAD")

    def exchange(self, data, is_head=False, is_last=False):
        """Sends bytes and reads one answer. `is_last`: nothing will follow, which ends a body that is too short.

        Raises NoAnswerError when the connection ends first, TimeoutError when it stays silent.
        """
        kept = self.socket is not None
        try:
            return self._exchange(data, is_head, is_last)
        except (NoAnswerError, ConnectionError):
            self.close()
            if not kept:
                raise
        # The server may have closed a kept connection before it saw the request.
        try:
            return self._exchange(data, is_head, is_last)
        except (NoAnswerError, ConnectionError) as cause:
            self.close()
            raise NoAnswerError(str(cause)) from cause

    def send(self, data):
        """Sends bytes whose answer is taken later, by `receive`."""
        self._open()
        self.socket.sendall(data)

    def receive(self):
        """The next answer. Raises NoAnswerError when the connection ends first, TimeoutError when it stays silent."""
        return Answer(*self._read(False))

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.rest = None, b""

    def _open(self):
        if self.socket is None:
            self.socket = socket.create_connection(self.address, ANSWER_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _exchange(self, data, is_head, is_last):
        self._open()
        try:
            self.socket.sendall(data)
            if is_last:
                self.socket.shutdown(socket.SHUT_WR)
        except TimeoutError:
            self.close()
            raise
        except OSError:
            pass  # a refusal may be there although not everything was taken
        try:
            status, headers, body = self._read(is_head)
        except TimeoutError:
            self.close()
            raise
        if is_last or headers.get("connection") == "close":
            self.close()
        return Answer(status, headers, body)

    def _read(self, is_head):
        status = 100
        while status == 100:
            head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
            status = int(head[0].split(" ")[1])
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        if is_head or status in (204, 304):
            return status, headers, b""
        if headers.get("transfer-encoding") != "chunked":
            return status, headers, self._take(int(headers.get("content-length", 0)))
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._take(size)
            self._take(2)
        self._take(2)
        return status, headers, body

    def _until(self, mark):
        while mark not in self.rest:
            self._more()
        found, _, self.rest = self.rest.partition(mark)
        return found

    def _take(self, size):
        while len(self.rest) < size:
            self._more()
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise NoAnswerError(f"the connection ended after {len(self.rest)} bytes")
        self.rest += data
