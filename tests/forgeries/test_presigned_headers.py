"""Headers that a presigned address carries in its query are read as headers: for finding the operation, too."""

from dataclasses import replace

import pytest
from line import Call, Line
from s3_signer import sign_header2, sign_query2
from signer import Scope, sign_query
from world import BUCKET


@pytest.mark.parametrize("sign", [sign_query, sign_query2])
def test_a_presigned_copy_copies(guarded, sign):
    server, world = guarded
    query = (f"x-amz-copy-source=%2F{BUCKET}%2Fkept-3",)
    call = Call("PUT", f"/{BUCKET}/{world.fresh('copied')}", (("Host", world.host),), query=query)
    answer = Line(world.url).ask(sign(call, Scope(world.keys["user"], "s3")))
    assert answer.status == 200 and b"<CopyObjectResult" in answer.body
    copied = server.client("s3").get_object(Bucket=BUCKET, Key=call.path.split("/")[-1])
    assert copied["Body"].read() == b"this is object 3"


@pytest.mark.parametrize("sign", [sign_query, sign_query2])
@pytest.mark.parametrize("name", ["x-amz-meta-a%20b", "x-amz-meta-%0d%0aa", "x-amz-meta-%C3%A9", "x-amz-meta-a%3A"])
def test_a_name_that_cannot_be_a_header_is_refused(guarded, sign, name):
    _, world = guarded
    call = Call("PUT", f"/{BUCKET}/{world.fresh('named')}", (("Host", world.host),), query=(f"{name}=1",))
    answer = Line(world.url).ask(sign(call, Scope(world.keys["user"], "s3")))
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_a_call_signed_in_its_header_stays_what_it_is_whatever_its_query_says(guarded):
    """Version 2 leaves most of the query unsigned."""
    server, world = guarded
    key = world.fresh("put")
    call = Call("PUT", f"/{BUCKET}/{key}", (("Host", world.host),), b"put")
    signed = sign_header2(call, Scope(world.keys["user"], "s3"))
    more = (f"x-amz-copy-source=%2F{BUCKET}%2Fkept-3", "AWSAccessKeyId=x", "x-amz-meta-a=b")
    answer = Line(world.url).ask(replace(signed, query=more))
    assert (answer.status, answer.body) == (200, b"")
    stored = server.client("s3").get_object(Bucket=BUCKET, Key=key)
    assert (stored["Body"].read(), stored["Metadata"]) == (b"put", {})
