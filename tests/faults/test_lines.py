"""Callers that go away, stall and stop reading: nothing half is kept, nobody else waits, no descriptor stays open."""

import os
import random
import socket

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from lines import connect, cut, descriptors, head, memory, status_of, wait_for_descriptors
from odd_models import ARGUMENTS, create_odd_endpoint, streams_of, wait_for
from server_process import ServerProcess, wait_until
from xgboost_jobs import log_lines

MIB = 2**20
OLD = b"old" * 100_000
LARGE = random.Random(5).randbytes(MIB) * 100
WELL = b"status 200 well"
TIMES = 12


class LastingClients(ServerProcess):
    """A server whose clients are made once: each has a connection that stays open."""

    def client(self, service, **settings):
        known = self.__dict__.setdefault("clients", {})
        name = (service, *settings.items())
        if name not in known:
            known[name] = super().client(service, **settings)
        return known[name]


def invoke(server, name, body):
    answer = server.client("sagemaker-runtime", max_pool_connections=1).invoke_endpoint(
        EndpointName=name, ContentType="text/plain", Body=body
    )
    return answer["Body"].read()


@pytest.fixture(scope="module")
def server():
    process = LastingClients(arguments=ARGUMENTS)
    process.start()
    s3 = process.client("s3")
    s3.create_bucket(Bucket="odd")
    s3.put_object(Bucket="odd", Key="old", Body=OLD)
    s3.put_object(Bucket="odd", Key="large", Body=LARGE)
    create_odd_endpoint(process, "odd")
    wait_for(process, "odd")
    yield process
    process.close()


@pytest.fixture
def before(server):
    """Descriptors of the server when it only serves the clients of these tests."""
    server.client("s3").head_object(Bucket="odd", Key="old")
    for service, call in (("logs", "describe_log_groups"), ("sagemaker", "list_endpoints")):
        getattr(server.client(service), call)()
    assert invoke(server, "odd", WELL) == b"well"
    return descriptors(server)


@pytest.fixture
def moments():
    return random.Random(os.environ.get("SAGEBRUSH_CUT_SEED", "1"))


def presigned(server, operation, **parameters):
    s3 = server.client("s3", signature_version="s3v4")
    return s3.generate_presigned_url(operation, Params={"Bucket": "odd", **parameters})


def incoming(server):
    return list((server.folder / "blobs/incoming").iterdir())


@pytest.mark.parametrize("reset", [True, False])
def test_a_put_that_is_cut_leaves_the_old_object_and_nothing_else(server, before, moments, reset):
    length = 3 * MIB
    url = presigned(server, "put_object", Key="old")
    for sent in [0, 1, length - 1, *(moments.randrange(length) for _ in range(TIMES))]:
        line = connect(server)
        line.sendall(head("PUT", url, length) + b"n" * sent)
        cut(line, reset)
    wait_until(lambda: not incoming(server), 20, "no half body is left")
    assert server.client("s3").get_object(Bucket="odd", Key="old")["Body"].read() == OLD
    wait_for_descriptors(server, before)


def test_a_part_that_is_cut_is_no_part(server, before, moments):
    s3 = server.client("s3")
    upload = s3.create_multipart_upload(Bucket="odd", Key="parts")["UploadId"]
    name = {"Bucket": "odd", "Key": "parts", "UploadId": upload}
    etag = s3.upload_part(**name, PartNumber=1, Body=OLD)["ETag"]
    for number in (1, 2):
        url = presigned(server, "upload_part", Key="parts", UploadId=upload, PartNumber=number)
        for reset in (True, False):
            line = connect(server)
            line.sendall(head("PUT", url, 6 * MIB) + b"n" * moments.randrange(6 * MIB))
            cut(line, reset)
    wait_until(lambda: not incoming(server), 20, "no half body is left")
    assert [(part["PartNumber"], part["ETag"]) for part in s3.list_parts(**name)["Parts"]] == [(1, etag)]
    s3.complete_multipart_upload(**name, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert s3.get_object(Bucket="odd", Key="parts")["Body"].read() == OLD
    wait_for_descriptors(server, before)


def invocation(server, body):
    """A signed InvokeEndpoint: (head, body)."""
    request = botocore.awsrequest.AWSRequest(
        "POST", f"{server.url}/endpoints/odd/invocations", data=body, headers={"Content-Type": "text/plain"}
    )
    keys = botocore.credentials.Credentials(*server.keys())
    botocore.auth.SigV4Auth(keys, "sagemaker", "us-east-1").add_auth(request)
    fields = {**request.headers, "Host": server.url.removeprefix("http://"), "Content-Length": len(body)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST /endpoints/odd/invocations HTTP/1.1\r\n{lines}\r\n".encode(), body


def asked(server, word):
    [stream] = streams_of(server, "odd")
    lines = log_lines(server.client("logs"), "/aws/sagemaker/Endpoints/odd", stream)
    return sum(line.startswith(f"asked: {word}") for line in lines)


def test_an_invocation_that_is_cut_does_not_reach_the_container(server, before, moments):
    body = b"size 10 cut " + b"." * 200_000
    for number in range(TIMES):
        top, rest = invocation(server, body)
        line = connect(server)
        line.sendall(top + rest[: moments.randrange(len(rest))])
        cut(line, reset=number % 2 == 0)
    for _ in range(5):
        assert invoke(server, "odd", WELL) == b"well"
    wait_until(lambda: asked(server, "status") >= 5, 20, "the log shows who asked")
    assert asked(server, "size") == 0
    wait_for_descriptors(server, before)


def test_a_caller_that_leaves_while_the_model_works_is_forgotten(server, before, moments):
    for number in range(TIMES):
        line = connect(server)
        line.sendall(b"".join(invocation(server, b"sleep 0.5")))
        if number % 3 == 0:
            assert invoke(server, "odd", WELL) == b"well"
        cut(line, reset=number % 2 == 0)
    assert invoke(server, "odd", WELL) == b"well"
    wait_for_descriptors(server, before)


READS = {
    "an object of 100 MB": lambda server: head("GET", presigned(server, "get_object", Key="large")),
    "an answer of 6 MB": lambda server: b"".join(invocation(server, b"size 6000000")),
    "an answer in chunks": lambda server: b"".join(invocation(server, b"chunks 6000000")),
}


@pytest.mark.parametrize("what", READS)
def test_a_caller_that_leaves_in_the_middle_leaves_nothing_open_of(server, before, moments, what):
    for number in range(TIMES):
        line = connect(server, receive_bytes=65536)
        line.sendall(READS[what](server))
        assert status_of(line) == 200
        for _ in range(moments.randrange(20)):
            line.recv(65536)
        cut(line, reset=number % 2 == 0)
    wait_for_descriptors(server, before)
    assert invoke(server, "odd", WELL) == b"well"


def test_callers_that_stop_reading_hold_up_nobody_and_are_not_read_ahead_for(server, before):
    used = memory(server)
    lines = [connect(server, receive_bytes=4096) for _ in range(30)]
    for number, line in enumerate(lines):
        line.sendall(READS["an object of 100 MB" if number % 2 else "an answer of 6 MB"](server))
        assert status_of(line) == 200
    s3 = server.client("s3")
    for number in range(20):
        s3.put_object(Bucket="odd", Key=f"meanwhile/{number}", Body=OLD)
        assert s3.get_object(Bucket="odd", Key=f"meanwhile/{number}")["Body"].read() == OLD
        assert invoke(server, "odd", WELL) == b"well"
    # 30 answers are 1.6 GB.
    assert memory(server) - used < 200 * MIB
    for line in lines:
        cut(line, reset=True)
    wait_for_descriptors(server, before)


def test_a_caller_that_closes_its_half_is_taken_for_gone(server, before):
    for _ in range(TIMES):
        line = connect(server)
        line.sendall(head("GET", presigned(server, "get_object", Key="large")))
        line.shutdown(socket.SHUT_WR)
        while line.recv(65536):
            pass  # what was on its way
        line.close()
    wait_for_descriptors(server, before)


def test_a_caller_that_speaks_no_http_is_told_and_let_go_though_it_stays(server, before):
    lines = [connect(server) for _ in range(20)]
    for line in lines:
        line.sendall(b"nonsense\r\n\r\n")
        assert status_of(line) == 400
    wait_for_descriptors(server, before)
    for line in lines:
        line.close()


UNFINISHED = {
    "nothing": b"",
    "a byte": b"G",
    "half a head": b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "a TLS hello that breaks off": b"\x16\x03\x01\x02\x00\x01",
    "half a body": b"PUT /odd/new HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf",
    "half a chunk": b"PUT /odd/new HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf",
}


@pytest.mark.parametrize("reset", [True, False])
def test_callers_that_have_sent_less_than_a_request_hold_up_nobody(server, before, reset):
    lines = [connect(server) for _ in range(20 * len(UNFINISHED))]
    for line, sent in zip(lines, list(UNFINISHED.values()) * 20, strict=True):
        line.sendall(sent)
    for _ in range(5):
        assert invoke(server, "odd", WELL) == b"well"
    assert server.client("s3").get_object(Bucket="odd", Key="old")["Body"].read() == OLD
    for line in lines:
        cut(line, reset)
    wait_for_descriptors(server, before)
