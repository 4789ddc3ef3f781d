"""Callers that are refused while they still send: most read the answer only when they are done with the body."""

import socket

import pytest

# More than any socket holds, so that the server has to take it.
BODY = b"x" * 64_000_000

HEADS = {
    "an object": "PUT /no-such-bucket/k HTTP/1.1\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD",
    "an invocation that is too large": "POST /endpoints/none/invocations HTTP/1.1\r\nContent-Type: text/csv",
    "a call of a service": "POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListModels",
}


@pytest.mark.parametrize("what", HEADS)
def test_a_refusal_reaches_a_caller_that_sends_its_whole_body_first(server, what):
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"{HEADS[what]}\r\nHost: {host}\r\nContent-Length: {len(BODY)}\r\n\r\n".encode())
        connection.sendall(BODY)
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 4")
    assert "connection: close" in answer.lower()


def test_a_caller_that_stops_sending_is_not_waited_for(server):
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"{HEADS['an object']}\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\n...".encode())
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.startswith(b"HTTP/1.1 4")
