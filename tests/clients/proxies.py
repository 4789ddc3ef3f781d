"""For tests of CONNECT: sockets that speak by hand, servers that only record, and TLS as strict as Python 3.13."""

import contextlib
import socket
import ssl
import threading

ANSWER_SECONDS = 20


def address_of(server):
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    return host, int(port)


def opened(server):
    return socket.create_connection(address_of(server), timeout=ANSWER_SECONDS)


def head_of(connection):
    """The head of an answer, with nothing of what follows it taken."""
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            break
        text += byte
    return text.decode()


def asked(server, target, more=""):
    """(connection, head of the answer) after CONNECT."""
    connection = opened(server)
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{more}\r\n".encode())
    return connection, head_of(connection)


def connected(server, name):
    connection, head = asked(server, f"{name}:443")
    assert head.startswith("HTTP/1.1 200 "), head
    return connection


def until_closed(connection):
    """What still comes; fails if the other side leaves the connection open."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def strict_context(server):
    """Trusts the server's authority and nothing else, and checks what Python 3.13 checks by default."""
    context = ssl.create_default_context(cafile=str(server.folder / "tls/ca.pem"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


class Recorder:
    """A listener on loopback. As a proxy it answers CONNECT itself and then sends back what it gets."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.heads = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection, contextlib.suppress(OSError):
            self.heads.append(head_of(connection))
            connection.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
            while part := connection.recv(65536):
                connection.sendall(part)

    def close(self):
        self.listener.close()
