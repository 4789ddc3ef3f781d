"""Callers that send nothing more, or read nothing more, and stay: the server's own limits end them."""

import time

import pytest
from lines import connect, descriptors, head, status_of, wait_for_descriptors
from server_process import ServerProcess

MIB = 2**20
# For the first byte, and for a whole head; looked at every 30 s.
HEAD_SECONDS = 30
# For the messages by which TLS begins.
HANDSHAKE_SECONDS = 10
# Without a byte in either direction.
QUIET_SECONDS = 300

pytestmark = pytest.mark.timeout(QUIET_SECONDS + 120)


@pytest.fixture
def server():
    process = ServerProcess()
    process.start()
    process.client("s3").create_bucket(Bucket="kept")
    process.client("s3").put_object(Bucket="kept", Key="large", Body=b"large" * 4 * MIB)
    yield process
    process.close()


def is_closed(line):
    """Whether the server has ended the connection, with an answer or without one; what it sent is taken."""
    line.setblocking(False)
    try:
        while part := line.recv(65536):
            assert part.startswith(b"HTTP/1.1 4"), part
    except BlockingIOError:
        return False
    except ConnectionResetError:
        pass
    return True


def test_each_is_ended_in_its_time_and_leaves_nothing_open(server):
    s3 = server.client("s3", signature_version="s3v4")
    put = s3.generate_presigned_url("put_object", Params={"Bucket": "kept", "Key": "new"})
    get = s3.generate_presigned_url("get_object", Params={"Bucket": "kept", "Key": "large"})
    before = descriptors(server)
    sends = {
        "nothing": (b"", HEAD_SECONDS),
        "half a head": (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", 2 * HEAD_SECONDS),
        "a head in drops": (b"GET / HTTP/1.1\r\nX-Drop: ", 2 * HEAD_SECONDS),
        "a hello of TLS in part": (b"\x16\x03\x01\x02\x00\x01", HANDSHAKE_SECONDS),
        "half a body": (head("PUT", put, 2 * MIB) + b"x" * MIB, QUIET_SECONDS),
    }
    began = time.monotonic()
    lines = {what: connect(server) for what in sends}
    for what, line in lines.items():
        line.sendall(sends[what][0])
    reading = connect(server, receive_bytes=4096)
    reading.sendall(head("GET", get))
    assert status_of(reading) == 200
    ended = {}
    while len(ended) < len(lines):
        for what, line in lines.items():
            if what not in ended and is_closed(line):
                ended[what] = time.monotonic() - began
        if "a head in drops" not in ended:
            try:
                lines["a head in drops"].send(b".")
            except OSError:
                pass  # it is ended just now
        assert time.monotonic() - began < QUIET_SECONDS + 30, f"only {ended} are ended"
        time.sleep(0.5)  # between two drops
    for what, seconds in ended.items():
        limit = sends[what][1]
        assert limit * 0.5 <= seconds <= limit + 20, ended
    # Who does not read has twice as long: that something is still to be sent is noticed first.
    reading.close()
    wait_for_descriptors(server, before)
    assert s3.get_object(Bucket="kept", Key="large")["ContentLength"] == 20 * MIB
    assert list((server.folder / "blobs/incoming").iterdir()) == []
