"""A model that answers as it is told, well or badly; standard library only.

It comes in the archive of a model as `sitecustomize.py`, and the model's variable PYTHONPATH makes Python run it before
the image's own server: the container contract is all that is left of the image. What it does with a request, the
request's body says: a word, then words to it. ODD_PING, a word of the environment, says how /ping is answered, until
an invocation `ping WORD` changes that.
"""

import os
import signal
import socket
import sys
import threading
import time

LIMIT = 6_291_456
pings = os.environ.get("ODD_PING", "well")


def head(status="200 OK", **headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode()


def whole(body, status="200 OK"):
    return head(status, Content_Type="text/plain", Content_Length=len(body)) + body


def chunked(*chunks):
    sent = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head(Content_Type="text/plain", Transfer_Encoding="chunked") + sent


def drip(connection, seconds):
    """A byte of the answer each second: never silent, never done in time."""
    connection.sendall(head(Content_Length=seconds))
    for _ in range(seconds):
        connection.sendall(b".")
        time.sleep(1)


def behave(connection, word, rest):
    """Answers one invocation. Returns whether the connection goes on."""
    global pings
    if word == "ping":
        pings = rest
        connection.sendall(whole(b"so be it"))
    elif word == "exit":
        print("the last words", flush=True)
        os._exit(int(rest))
    elif word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "exit-half":
        connection.sendall(head(Content_Length=1000) + b"half")
        os._exit(int(rest))
    elif word == "sleep":
        time.sleep(float(rest))
        connection.sendall(whole(b"at last"))
    elif word == "drip":
        drip(connection, int(rest))
    elif word == "status":
        number, _, words = rest.partition(" ")
        connection.sendall(whole(words.encode(), f"{number} Said"))
    elif word == "size":
        connection.sendall(whole(b"x" * int(rest)))
    elif word == "chunks":
        connection.sendall(chunked(*[b"x" * 65536] * (int(rest) // 65536), b"x" * (int(rest) % 65536)) + b"0\r\n\r\n")
    elif word == "hint":
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + whole(b"after a hint"))
    else:
        connection.sendall(CUT[word])
        return False
    return True


CUT = {
    "close": b"",
    "half": head(Content_Length=1000) + b"half",
    "half-large": head(Content_Length=1_000_000) + b"x" * 500_000,
    "half-chunk": chunked(b"whole") + b"ff\r\nhalf",
    "garbage": b"\x00\x01\x02 this is no HTTP\r\n\r\n",
    "long-head": head(X_Long="x" * 200_000, Content_Length=0),
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "half-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "declared": head(Content_Length=LIMIT + 1),
}


def receive(connection):
    """(method, path, body, bytes of it still to come), or None when the caller has gone."""
    kept = b""
    while b"\r\n\r\n" not in kept:
        part = connection.recv(65536)
        if not part:
            return None
        kept += part
    lines, _, body = kept.partition(b"\r\n\r\n")
    first, *fields = lines.decode("latin-1").split("\r\n")
    names = dict(field.lower().split(": ", 1) for field in fields)
    length = int(names.get("content-length", 0))
    # `early` answers what it has not read.
    while len(body) < length and not body.startswith(b"early"):
        part = connection.recv(65536)
        if not part:
            return None
        body += part
    method, path, _ = first.split(" ")
    return method, path, body[:length], length - len(body)


def serve(connection):
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while request := receive(connection):
            method, path, body, left = request
            if path == "/ping":
                if pings == "hang":
                    time.sleep(3600)
                connection.sendall(whole(b"", "200 OK" if pings == "well" else pings))
            elif path != "/invocations" or method != "POST":
                connection.sendall(whole(b"", "404 Not Found"))
            elif body.startswith(b"early"):
                connection.sendall(whole(b"early"))
                if body.startswith(b"early-close"):
                    return
                while left > 0 and (part := connection.recv(65536)):
                    left -= len(part)
            else:
                word, _, rest = body.decode().partition(" ")
                print("asked:", word, rest[:40], flush=True)
                if not behave(connection, word, rest):
                    return


def run():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("begun", flush=True)
    with socket.create_server(("0.0.0.0", 8080), backlog=128) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if "serve" in sys.orig_argv:
    run()
