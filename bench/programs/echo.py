"""The smallest container that serves: answers /ping, and /invocations with what it was sent. `echo.py PORT`.

One thread over raw sockets, so that nearly all of a call's time is that of what stands in front of it. Reads bodies
with a Content-Length only; headers are no longer than one read.
"""

import select
import socket
import sys

READ_BYTES = 256 * 1024
LENGTH = b"content-length:"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def serve(port):
    """Answers until it is ended."""
    listener = socket.create_server(("0.0.0.0", port), backlog=1024)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    waiting = {}
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                waiting[connection.fileno()] = (connection, b"")
                poll.register(connection, select.EPOLLIN)
                continue
            connection, before = waiting[number]
            rest = exchange(connection, before)
            if rest is None:
                del waiting[number]
                connection.close()
            else:
                waiting[number] = (connection, rest)


def exchange(connection, before):
    """Reads once and answers if a request is whole; what is left over, None when the caller has gone."""
    try:
        received = connection.recv(READ_BYTES)
        answer, rest = take(before + received)
        if answer:
            connection.sendall(answer)
    except ConnectionError:
        return None
    return rest if received else None


def take(received):
    """The answer to the first request and what follows it; no answer while the request is not whole."""
    end = received.find(b"\r\n\r\n") + 4
    if end == 3:
        return None, received
    head = received[:end].lower()
    at = head.find(LENGTH)
    if at < 0:
        return EMPTY, received[end:]
    size = int(head[at + len(LENGTH) : head.index(b"\r", at)])
    body = received[end : end + size]
    if len(body) < size:
        return None, received
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%b" % (size, body)
    return answer, received[end + size :]


if __name__ == "__main__":
    serve(int(sys.argv[1]))
