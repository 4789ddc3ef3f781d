"""What messages are sent to: an HTTP server and a mail server of the test's own, which remember what came."""

import asyncio
import contextlib
import email
import email.policy
import http.server
import json
import threading
from dataclasses import dataclass, field

from server_process import wait_until


@dataclass
class Received:
    path: str
    headers: dict
    body: bytes

    @property
    def document(self):
        return json.loads(self.body)


@dataclass
class Receiver:
    """`statuses` are the next answers; after them every request is answered 200."""

    url: str
    statuses: list = field(default_factory=list)
    received: list = field(default_factory=list)

    def wait(self, count, path="/", seconds=15):
        """The requests to a path, once there are so many."""

        def look():
            found = [one for one in self.received if one.path.startswith(path)]
            return found if len(found) >= count else None

        return wait_until(look, seconds, f"{count} requests to {path}")


@contextlib.contextmanager
def serving(server):
    """An http.server that answers meanwhile."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def http_receiver():
    receiver = Receiver("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            answer = b'{"access_token": "of the test", "expires_in": 3600}' if self.path.startswith("/token") else b""
            receiver.received.append(Received(self.path, headers, body))
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            if status == 302:
                self.send_header("location", "/redirected")
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield receiver


class _Smtp(asyncio.Protocol):
    """As much of RFC 5321 as a client needs that sends one mail."""

    def __init__(self, mails):
        self.mails, self.buffer, self.data = mails, b"", None

    def connection_made(self, transport):
        self.transport = transport
        self.say("220 test")

    def say(self, line):
        self.transport.write(f"{line}\r\n".encode())

    def data_received(self, data):
        self.buffer += data
        while b"\r\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            if self.data is None:
                self.command(line.decode())
            elif line == b".":
                lines = [one.removeprefix(b".") for one in self.data]
                self.mails.append(email.message_from_bytes(b"\r\n".join(lines), policy=email.policy.default))
                self.data = None
                self.say("250 taken")
            else:
                self.data.append(line)

    def command(self, line):
        word = line.split(" ")[0].upper()
        if word == "DATA":
            self.data = []
        answers = {"DATA": "354 go on", "QUIT": "221 bye", "EHLO": "250 test"}
        self.say(answers.get(word, "250 ok"))
        if word == "QUIT":
            self.transport.close()


@contextlib.contextmanager
def mail_receiver():
    """(address, mails): `smtp://127.0.0.1:…` and the list that mails come to."""
    mails, loop = [], asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opening = loop.create_server(lambda: _Smtp(mails), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(opening, loop).result(5)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", mails
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
