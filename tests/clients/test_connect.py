"""CONNECT as a proxy is asked for it: what is answered here, what is refused, and what is tunnelled."""

import socket
import threading

import pytest
from proxies import Recorder, asked, connected, opened, strict_context, until_closed


@pytest.fixture
def recorder():
    made = Recorder()
    yield made
    made.close()


NOT_SERVED = [
    "dynamodb.us-east-1.amazonaws.com",
    "client-telemetry.us-east-1.amazonaws.com",
    "123456789012.s3-control.us-east-1.amazonaws.com",
    "bucket.s3-website-us-east-1.amazonaws.com",
    "bucket.s3express-use1-az4.us-east-1.amazonaws.com",
    "metrics.aws.dev",
    "a.b.awsstatic.com",
    "sagemaker.us-east-1.api.aws",
    "AMAZONAWS.COM",
]


@pytest.mark.parametrize("name", NOT_SERVED)
def test_a_name_of_aws_that_is_not_served_is_refused_by_name_and_no_connection_leaves(own_server, recorder, name):
    server = own_server(environment={"HTTPS_PROXY": f"http://127.0.0.1:{recorder.port}"})
    connection, head = asked(server, f"{name}:443")
    with connection:
        assert head.startswith(f"HTTP/1.1 403 Forbidden: Sagebrush does not serve {name.lower()}")
        assert until_closed(connection).startswith(f"Sagebrush does not serve {name.lower()}".encode())
    assert recorder.heads == []


def test_a_tunnel_leads_to_another_name_and_carries_bytes_both_ways(server):
    with socket.create_server(("127.0.0.1", 0)) as far_side:
        connection, head = asked(server, f"localhost:{far_side.getsockname()[1]}")
        assert head.startswith("HTTP/1.1 200 ")
        there, _ = far_side.accept()
        sent = bytes(range(256)) * 40_000

        def echo():
            with there:
                received = b""
                while part := there.recv(65536):
                    received += part
                # Only after the other side has said that it sends no more.
                there.sendall(received)

        worker = threading.Thread(target=echo)
        worker.start()
        with connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            assert until_closed(connection) == sent
        worker.join()


def test_a_tunnel_ends_on_both_sides_when_one_of_them_is_gone(server):
    with socket.create_server(("127.0.0.1", 0)) as far_side:
        connection, _ = asked(server, f"127.0.0.1:{far_side.getsockname()[1]}")
        there, _ = far_side.accept()
        there.settimeout(20)
        with there:
            connection.close()
            assert there.recv(1) == b""


REFUSED = {
    "169.254.169.254:80": 403,
    "169.254.170.2:80": 403,
    "[fd00:ec2::254]:80": 403,
    "[::ffff:169.254.169.254]:80": 403,
    "2852039166:80": 403,
    "no-such-name.invalid:443": 502,
    "127.0.0.1:1": 502,
    "sts.amazonaws.com": 400,
    "sts.amazonaws.com:0": 400,
    "a..b:443": 400,
    f"{'a' * 300}.com:443": 400,
}


@pytest.mark.parametrize("target", REFUSED)
def test_a_target_that_is_malformed_unreachable_or_link_local_is_refused(server, target):
    connection, head = asked(server, target)
    with connection:
        assert head.startswith(f"HTTP/1.1 {REFUSED[target]} ")


def test_tunnels_go_through_the_proxy_that_the_server_was_started_with_unless_excepted(own_server, recorder):
    server = own_server(
        environment={
            "HTTPS_PROXY": f"http://ann:p%40ss@127.0.0.1:{recorder.port}",
            "NO_PROXY": "localhost, .direct.invalid",
        }
    )
    connection, head = asked(server, "pypi.invalid:443")
    with connection:
        assert head.startswith("HTTP/1.1 200 ")
        connection.sendall(b"through")
        assert connection.recv(7) == b"through"
    assert recorder.heads[0].startswith("CONNECT pypi.invalid:443 HTTP/1.1\r\n")
    assert "proxy-authorization: basic yw5uonbac3m=" in recorder.heads[0].lower()
    connection, head = asked(server, "a.direct.invalid:443")
    with connection:
        assert head.startswith("HTTP/1.1 502 ")
    assert len(recorder.heads) == 1


def test_a_server_whose_shell_names_it_as_its_own_proxy_goes_straight(own_server):
    with socket.create_server(("127.0.0.1", 0)) as found_free:
        port = found_free.getsockname()[1]
    server = own_server(listen=f"127.0.0.1:{port}", environment={"HTTPS_PROXY": f"http://127.0.0.1:{port}"})
    with socket.create_server(("127.0.0.1", 0)) as far_side:
        connection, head = asked(server, f"127.0.0.1:{far_side.getsockname()[1]}")
        with connection:
            assert head.startswith("HTTP/1.1 200 ")


def test_a_proxy_of_a_kind_that_is_not_known_is_not_gone_around(own_server):
    server = own_server(environment={"HTTPS_PROXY": "socks5://secret@127.0.0.1:9"})
    connection, head = asked(server, "127.0.0.1:9")
    with connection:
        assert head.startswith("HTTP/1.1 502 ")
        assert "secret" not in head


def test_an_unsigned_request_inside_connect_is_refused_as_outside(server):
    name = "api.sagemaker.us-east-1.amazonaws.com"
    request = (
        f"POST / HTTP/1.1\r\nHost: {name}\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\n"
        "Content-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    ).encode()
    with opened(server) as outside:
        outside.sendall(request)
        plain = until_closed(outside)
    with strict_context(server).wrap_socket(connected(server, name), server_hostname=name) as inside:
        inside.sendall(request)
        secure = until_closed(inside)
    assert plain.split(b"\r\n")[0] == secure.split(b"\r\n")[0]
    assert b"MissingAuthenticationToken" in plain
    assert b"MissingAuthenticationToken" in secure


def test_there_is_no_connect_within_connect(server):
    name = "sts.amazonaws.com"
    with strict_context(server).wrap_socket(connected(server, name), server_hostname=name) as inside:
        inside.sendall(b"CONNECT sts.amazonaws.com:443 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert until_closed(inside).startswith(b"HTTP/1.1 405 ")


def test_a_server_that_stops_ends_its_tunnels(own_server):
    server = own_server()
    with socket.create_server(("127.0.0.1", 0)) as far_side:
        connection, _ = asked(server, f"127.0.0.1:{far_side.getsockname()[1]}")
        with connection:
            assert server.stop() == 0
            assert until_closed(connection) == b""
