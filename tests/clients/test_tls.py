"""TLS as strict clients check it, and the connections that bad ones make, after which the server is as before."""

import os
import socket
import ssl
import struct
from pathlib import Path

import pytest
from proxies import asked, connected, opened, strict_context, until_closed
from server_process import ServerProcess, wait_until
from shells import printed

NAME = "my.dotted.bucket.s3.us-west-2.amazonaws.com"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def quiet():
    """A server that does nothing else: its descriptors are counted."""
    process = ServerProcess()
    process.start()
    printed(process.folder)
    yield process
    process.close()


def healthy(connection):
    connection.sendall(HEALTH)
    return until_closed(connection).startswith(b"HTTP/1.1 200 ")


def certificate_of(connection):
    return dict(connection.getpeercert())


@pytest.mark.parametrize(
    "name", [NAME, "sts.amazonaws.com", "sts-fips.us-east-1.amazonaws.com", "logs.cn-north-1.amazonaws.com.cn"]
)
def test_a_certificate_for_a_name_of_aws_passes_the_strictest_checks(quiet, name):
    context = strict_context(quiet)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(connected(quiet, name), server_hostname=name) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert connection.version() == "TLSv1.3"
        assert certificate_of(connection)["subjectAltName"] == (("DNS", name),)
        assert healthy(connection)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "my.bucket.localhost"])
def test_the_port_answers_tls_without_connect_under_the_names_of_this_machine(quiet, name):
    with strict_context(quiet).wrap_socket(opened(quiet), server_hostname=name) as connection:
        assert healthy(connection)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_versions_of_tls_before_1_2_are_refused(quiet):
    context = strict_context(quiet)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        context.wrap_socket(connected(quiet, NAME), server_hostname=NAME)
    context = strict_context(quiet)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with context.wrap_socket(connected(quiet, NAME), server_hostname=NAME) as connection:
        assert healthy(connection)


def test_a_client_that_speaks_only_http_2_is_refused(quiet):
    context = strict_context(quiet)
    context.set_alpn_protocols(["h2"])
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        context.wrap_socket(connected(quiet, NAME), server_hostname=NAME)


def test_a_client_that_names_nobody_gets_the_certificate_of_the_name_it_connected_to(quiet):
    context = strict_context(quiet)
    context.check_hostname = False
    with context.wrap_socket(connected(quiet, NAME)) as connection:
        assert certificate_of(connection)["subjectAltName"] == (("DNS", NAME),)


def client_hello(name):
    """The bytes with which a client begins."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


BAD_BEGINNINGS = {
    "garbage": b"\x00\x01\x02garbage\r\n\r\n",
    "plain HTTP": HEALTH,
    "a record that is no handshake": b"\x17\x03\x03\x00\x05hello",
    "a record longer than any": b"\x16\x03\x01\xff\xff" + os.urandom(70_000),
    "a handshake that is no ClientHello": b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
    "another name": client_hello("sts.eu-west-1.amazonaws.com"),
    "a name that is not ours": client_hello("example.com"),
}


@pytest.mark.parametrize("beginning", BAD_BEGINNINGS)
def test_a_bad_beginning_after_connect_closes_the_connection_and_nothing_stays_open(quiet, beginning):
    assert_nothing_stays_open(quiet, lambda: connected(quiet, NAME), BAD_BEGINNINGS[beginning])


DIRECT = ["a record longer than any", "a handshake that is no ClientHello", "a name that is not ours"]


@pytest.mark.parametrize("beginning", DIRECT)
def test_a_bad_beginning_of_tls_closes_the_connection_and_nothing_stays_open(quiet, beginning):
    assert_nothing_stays_open(quiet, lambda: opened(quiet), BAD_BEGINNINGS[beginning])


def assert_nothing_stays_open(quiet, connect, beginning):
    with opened(quiet) as connection:
        assert healthy(connection)
    before = sockets(quiet)
    for _ in range(20):
        with connect() as connection:
            try:
                connection.sendall(beginning)
                until_closed(connection)
            except (BrokenPipeError, ConnectionResetError):
                pass
    wait_until_closed(quiet, before)
    with opened(quiet) as connection:
        assert healthy(connection)


def sockets(quiet):
    """The server's open sockets. Files are opened and closed by its journals, too."""
    folder = Path(f"/proc/{quiet.process.pid}/fd")
    return [path for path in folder.iterdir() if path.is_socket()]


def wait_until_closed(quiet, before):
    wait_until(lambda: len(sockets(quiet)) <= len(before), 20, f"no more than {len(before)} sockets are open")


def test_clients_that_leave_at_any_moment_leave_nothing_open(quiet):
    hello = client_hello(NAME)
    with opened(quiet) as connection:
        assert healthy(connection)
    before = sockets(quiet)
    for sent in (b"", b"\x16", hello[:100], hello):
        for connect in (lambda: opened(quiet), lambda: connected(quiet, NAME)):
            for abort in (False, True):
                connection = connect()
                connection.sendall(sent)
                if abort:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
    wait_until_closed(quiet, before)


def test_a_head_that_is_too_large_is_refused_with_431_inside_tls_and_before_connect(quiet):
    large = "X-Filler: " + "a" * 60_000 + "\r\n"
    _, head = asked(quiet, f"{NAME}:443", large)
    assert head.startswith("HTTP/1.1 431 ")
    with strict_context(quiet).wrap_socket(connected(quiet, NAME), server_hostname=NAME) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: x\r\n{large}\r\n".encode())
        assert until_closed(connection).startswith(b"HTTP/1.1 431 ")


def test_a_body_larger_than_any_buffer_arrives_whole_when_it_is_sent_with_the_first_bytes(quiet):
    with opened(quiet) as connection:
        body = b"x" * 3_000_000
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
        assert b"MissingAuthenticationToken" in until_closed(connection)


@pytest.mark.timeout(120)
@pytest.mark.long
def test_connections_that_are_slow_to_say_what_they_are_end_by_themselves(quiet):
    hello = client_hello(NAME)
    with opened(quiet) as connection:
        assert healthy(connection)
    before = sockets(quiet)
    halves = [connected(quiet, NAME), opened(quiet)]
    for connection in halves:
        connection.sendall(hello[:50])
    halves.append(connected(quiet, NAME))
    silent = opened(quiet)
    for connection in halves:
        connection.settimeout(30)
        assert until_closed(connection) == b""
        connection.close()
    silent.settimeout(60)
    assert until_closed(silent) == b""
    silent.close()
    wait_until_closed(quiet, before)
