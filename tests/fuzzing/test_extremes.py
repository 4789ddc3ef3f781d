"""The largest and deepest that a body can hold: refused in time, and in few words."""

import pytest
from line import Call, Line
from signer import Keys, Scope, sign_header

#: A little less than the server holds in memory.
LARGE = 4 * 1024 * 1024 - 1024
#: No refusal needs more.
LONGEST_ANSWER = 1024 * 1024


def json_call(target, body):
    return "sagemaker", Call("POST", "/", (("X-Amz-Target", f"SageMaker.{target}"),), body)


def form_call(body):
    return "iam", Call("POST", "/", (("Content-Type", "application/x-www-form-urlencoded"),), body)


def xml_call(body, query="delete", method="POST"):
    return "s3", Call(method, "/extremes", (), body, (query,))


def bare_call(method, path, headers, query=()):
    return "s3", Call(method, path, headers, b"", query)


def cbor_call(body):
    headers = (("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor"))
    return "monitoring", Call("POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", headers, body)


def search(depth):
    """Search is the one operation of which the input contains itself."""
    body = b'{"Resource":"TrainingJob","SearchExpression":%b{}%b}'
    return json_call("Search", body % (b'{"SubExpressions":[' * depth, b"]}" * depth))


def filled(start, part, end, size=LARGE):
    return start + part * ((size - len(start) - len(end)) // len(part)) + end


#: What is sent, and the code of the refusal.
CASES = {
    "an input within itself, 300 deep": (search(300), "SerializationException"),
    "an input within itself, 4000 deep": (search(4000), "SerializationException"),
    "an input within itself, 100,000 deep": (search(100_000), "SerializationException"),
    "lists without end": (json_call("AddTags", b"[" * LARGE), "SerializationException"),
    "lists with as many ends": (json_call("AddTags", b"[" * 10**6 + b"]" * 10**6), "SerializationException"),
    "a million empty structures": (
        json_call("AddTags", filled(b'{"ResourceArn":"x","Tags":[', b"{},", b"{}]}")),
        "ValidationException",
    ),
    "a long string": (json_call("AddTags", filled(b'{"ResourceArn":"', b"a", b'"}')), "ValidationException"),
    "a text for a pattern that takes the square of its length": (
        json_call(
            "CreateApp",
            filled(
                b'{"DomainId":"a","UserProfileName":"a","AppType":"JupyterServer","AppName":"a",'
                b'"ResourceSpec":{"SageMakerImageVersionAlias":"',
                b"0",
                b'!"}}',
            ),
        ),
        "ValidationException",
    ),
    "cbor lists without end": (cbor_call(b"\x81" * LARGE), "SerializationException"),
    "cbor maps 250 deep": (cbor_call(b"\xa1\x61a" * 250 + b"\x00"), "SerializationException"),
    "a million empty cbor structures": (
        cbor_call(filled(b"\xa1\x6aMetricData\x9f", b"\xa0", b"\xff", 10**6)),
        "ValidationException",
    ),
    "a list of four thousand million": (cbor_call(b"\x9b\x00\x00\x00\x00\xff\xff\xff\xff"), "SerializationException"),
    "a million parameters": (form_call(filled(b"Action=ListUsers", b"&a=1", b"")), "MalformedInput"),
    "names of a million parts": (form_call(filled(b"Action=ListUsers&a", b".a", b"=1")), "MalformedInput"),
    "a million elements": (xml_call(filled(b"<Delete>", b"<a/>", b"</Delete>")), "MalformedXML"),
    "more objects than a call takes": (
        xml_call(filled(b"<Delete>", b"<Object><Key>a</Key></Object>", b"</Delete>", 100_000)),
        "MalformedXML",
    ),
    "elements without end": (xml_call(filled(b"<Delete>", b"<a>", b"")), "MalformedXML"),
    "elements 60 deep": (xml_call(b"<a>" * 60 + b"</a>" * 60), "MalformedXML"),
    "entities of entities": (
        xml_call(b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><Delete>&c;</Delete>'),
        "MalformedXML",
    ),
    "a file as an entity": (
        xml_call(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Delete>&b;</Delete>'),
        "MalformedXML",
    ),
    "comments without end": (xml_call(filled(b"<Delete>", b"<!--", b"</Delete>")), "MalformedXML"),
    "one attribute of a million spaces": (xml_call(filled(b"<Delete a", b" ", b"='1'></Delete>")), "MalformedXML"),
    "an object without its key": (xml_call(b"<Delete><Object/></Delete>"), "MalformedXML"),
    "a tag without its value": (
        xml_call(b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "tagging", "PUT"),
        "MalformedXML",
    ),
    "no policy at all": (xml_call(b"", "policy", "PUT"), "MissingRequestBodyError"),
    "a copy of nothing": (bare_call("PUT", "/extremes/k", (("x-amz-copy-source", ""),)), "InvalidArgument"),
    "a part copied from nothing": (
        bare_call("PUT", "/extremes/k", (("x-amz-copy-source", ""),), ("partNumber=1", "uploadId=x")),
        "InvalidArgument",
    ),
    "a form that is signed as a call": (
        bare_call("POST", "/extremes", (("Content-Type", "multipart/form-data; boundary=x"),)),
        "InvalidArgument",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_an_extreme_body_is_refused_in_time_and_in_few_words(server, what):
    (service, call), code = CASES[what]
    server.client("s3").create_bucket(Bucket="extremes")
    line = Line(server.url)
    host = ("Host", server.url.removeprefix("http://"))
    signed = sign_header(
        Call(call.method, call.path, (host, *call.headers), call.body, call.query), scope(server, service)
    )
    answer = line.ask(signed)
    line.close()
    assert (answer.status, answer.code) == (400, code)
    assert len(answer.body) < LONGEST_ANSWER


def scope(server, service):
    return Scope(Keys(*server.keys()), service)
