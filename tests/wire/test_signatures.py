"""Every way to sign a request is taken, and no forged one."""

import base64
import dataclasses
import datetime
import http.client
import re
import time
import uuid
import zlib
from urllib.parse import urlsplit

import botocore.auth
import pytest
from signed import Request, chunked, form_call, json_call, send, sign

MODES = ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CHUNKS = [b"a" * 65536, b"b" * 1000]
CHECKSUM = ("x-amz-checksum-crc32", base64.b64encode(zlib.crc32(b"".join(CHUNKS)).to_bytes(4)).decode())

#: A call of each service, by signing name: JSON, query, REST XML.
CALLS = {
    "sagemaker": json_call("SageMaker.ListTrainingJobs"),
    "logs": json_call("Logs_20140328.DescribeLogGroups"),
    "sts": form_call("Action=GetCallerIdentity&Version=2011-06-15"),
    "iam": form_call("Action=ListRoles&Version=2010-05-08"),
    "s3": Request("GET", "/", {}),
}


def without(request, *names):
    """The request without some headers."""
    lower = {name.lower() for name in names}
    kept = {name: value for name, value in request.headers.items() if name.lower() not in lower}
    return dataclasses.replace(request, headers=kept)


def header(request, name, value):
    return dataclasses.replace(request, headers={**without(request, name).headers, name: value})


def authorization(request, pattern, replacement):
    old = request.headers["Authorization"]
    new = re.sub(pattern, replacement, old)
    assert new != old
    return header(request, "Authorization", new)


def another_second(time):
    """20201001T120000Z with other seconds."""
    return time[:-3] + ("01Z" if time.endswith("00Z") else "00Z")


#: What a forger may change after signing, and the answers: JSON services, query services, S3.
MISMATCH = ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch")
INCOMPLETE = ("IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed")
FORGERIES = {
    "another signature": (lambda r: authorization(r, r"Signature=.{8}", "Signature=00000000"), MISMATCH),
    "a cut signature": (lambda r: authorization(r, r".{8}$", ""), MISMATCH),
    "another region in the scope": (lambda r: authorization(r, "us-east-1", "us-west-2"), MISMATCH),
    "a query added": (lambda r: dataclasses.replace(r, path=r.path + "?x=y"), MISMATCH),
    "another date header": (lambda r: header(r, "X-Amz-Date", another_second(r.headers["X-Amz-Date"])), MISMATCH),
    "another key of the same form": (
        lambda r: authorization(r, r"Credential=[^/]+", "Credential=AKIAIOSFODNN7EXAMPLE"),
        ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
    ),
    "no signature": (
        lambda r: without(r, "Authorization"),
        ("MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied"),
    ),
    "no signed headers": (lambda r: authorization(r, r"SignedHeaders=[^,]+, ", ""), INCOMPLETE),
    "a scope without its end": (lambda r: authorization(r, "/aws4_request", ""), INCOMPLETE),
    "another scheme": (lambda r: header(r, "Authorization", "Basic eDp5"), INCOMPLETE),
    "an x-amz header that is not signed": (
        lambda r: header(r, "x-amz-meta-more", "1"),
        ("InvalidSignatureException", "SignatureDoesNotMatch", "AccessDenied"),
    ),
    "the host left unsigned": (
        lambda r: authorization(r, "SignedHeaders=((?:[^,]*;)?)host;", r"SignedHeaders=\1"),
        ("InvalidSignatureException", "SignatureDoesNotMatch", "AccessDenied"),
    ),
}


@pytest.mark.parametrize("service", CALLS)
class TestHeader:
    def test_a_signed_call_is_answered(self, server, service):
        assert send(server, sign(server, CALLS[service], service)).status == 200

    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_a_forged_call_is_refused(self, server, service, forgery):
        change, codes = FORGERIES[forgery]
        request = sign(server, CALLS[service], service)
        answer = send(server, change(request))
        dialect = {"sts": 1, "iam": 1, "s3": 2}.get(service, 0)
        assert (answer.code, answer.status // 100) == (codes[dialect], 4), answer

    def test_another_secret_is_refused(self, server, service):
        access, _ = server.keys()
        answer = send(server, sign(server, CALLS[service], service, keys=(access, "x" * 40)))
        assert answer.code in MISMATCH

    def test_another_service_in_the_scope_is_refused(self, server, service):
        other = "sts" if service != "sts" else "iam"
        answer = send(server, sign(server, CALLS[service], other))
        assert answer.status >= 400

    def test_a_token_that_does_not_belong_to_the_key_is_refused(self, server, service):
        answer = send(server, sign(server, CALLS[service], service, token="made-up"))
        assert answer.status // 100 == 4 and answer.code

    def test_an_old_request_is_refused(self, server, service, monkeypatch):
        past = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(minutes=16)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: past)
        answer = send(server, sign(server, CALLS[service], service))
        if service == "s3":
            assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")
        else:
            assert answer.code in MISMATCH and answer.message.startswith("Signature expired: ")


@pytest.mark.parametrize("service", ["sagemaker", "logs", "sts", "iam"])
def test_another_body_is_refused(server, service):
    request = sign(server, CALLS[service], service)
    assert send(server, dataclasses.replace(request, body=request.body + b" ")).code in MISMATCH


def test_temporary_credentials_are_taken_and_their_parts_are_bound_together(server):
    session = server.client("sts").get_session_token()
    credentials = session["Credentials"]
    keys = credentials["AccessKeyId"], credentials["SecretAccessKey"]
    token = credentials["SessionToken"]
    call = CALLS["sts"]
    assert send(server, sign(server, call, "sts", keys=keys, token=token)).status == 200
    assert send(server, sign(server, call, "sts", keys=keys)).status == 403
    assert send(server, sign(server, call, "sts", keys=keys, token=token[:-2] + "AA")).status == 403
    assert send(server, sign(server, call, "sts", token=token)).status == 403


@pytest.mark.parametrize("version", ["s3v4", "s3"])
class TestPresigned:
    """Presigned URLs of both versions, as boto3 makes them."""

    @pytest.fixture
    def signer(self, server, version):
        return server.client("s3", signature_version=version, s3={"addressing_style": "path"})

    @pytest.fixture
    def key(self, client, bucket):
        client("s3").put_object(Bucket=bucket, Key="a b/ü+(1).txt", Body=b"hello")
        return "a b/ü+(1).txt"

    def fetch(self, server, url, method="GET", body=b"", headers=None):
        parts = urlsplit(url)
        return send(server, Request(method, f"{parts.path}?{parts.query}", dict(headers or {}), body))

    def test_an_object_is_got(self, server, signer, bucket, key):
        url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        assert self.fetch(server, url).body == b"hello"

    def test_an_answer_header_may_be_signed(self, server, signer, bucket, key):
        params = {"Bucket": bucket, "Key": key, "ResponseContentType": "text/x-own"}
        url = signer.generate_presigned_url("get_object", Params=params)
        assert self.fetch(server, url).headers["content-type"] == "text/x-own"

    def test_an_object_is_put(self, server, client, signer, bucket):
        url = signer.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "new"})
        assert self.fetch(server, url, "PUT", b"body").status == 200
        assert client("s3").get_object(Bucket=bucket, Key="new")["Body"].read() == b"body"

    def test_another_key_or_method_or_bucket_is_refused(self, server, signer, bucket, key):
        url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        assert self.fetch(server, url.replace("a%20b", "other")).code == "SignatureDoesNotMatch"
        assert self.fetch(server, url, "DELETE").code == "SignatureDoesNotMatch"
        assert self.fetch(server, url.replace(bucket, "x" + bucket)).code == "SignatureDoesNotMatch"

    def test_a_longer_life_is_refused(self, server, signer, bucket, key):
        url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
        longer = re.sub(r"Expires=(\d+)", lambda found: f"Expires={int(found[1]) + 60}", url)
        assert longer != url
        assert self.fetch(server, longer).code == "SignatureDoesNotMatch"

    def test_an_expired_url_is_refused(self, server, signer, bucket, key):
        url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=1)
        deadline = time.monotonic() + 10
        while (answer := self.fetch(server, url)).status == 200:
            assert time.monotonic() < deadline, "the URL still works after 10 s"
        assert (answer.status, answer.code, answer.message) == (403, "AccessDenied", "Request has expired")

    def test_a_form_uploads_what_its_policy_allows(self, server, client, signer, bucket):
        conditions = [["content-length-range", 1, 10], ["starts-with", "$key", "up/"], {"acl": "private"}]
        post = signer.generate_presigned_post(
            bucket, "up/${filename}", Fields={"acl": "private"}, Conditions=conditions
        )

        def upload(fields, body=b"posted", filename="f.txt"):
            boundary = uuid.uuid4().hex
            lines = [
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in fields.items()
            ]
            file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
            data = "".join(lines).encode() + file.encode() + body + f"\r\n--{boundary}--\r\n".encode()
            content = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
            return send(server, Request("POST", urlsplit(post["url"]).path, content, data))

        fields = post["fields"]
        assert upload(fields).status == 204
        assert client("s3").get_object(Bucket=bucket, Key="up/f.txt")["Body"].read() == b"posted"
        assert upload(fields, b"x" * 11).code == "EntityTooLarge"
        assert upload(fields, b"").code == "EntityTooSmall"
        assert upload({**fields, "acl": "public-read"}).code == "AccessDenied"
        assert upload({**fields, "key": "down/x"}).code == "AccessDenied"
        assert upload({**fields, "x-amz-meta-a": "b"}).code == "AccessDenied"
        name = "x-amz-signature" if "x-amz-signature" in fields else "signature"
        assert upload({**fields, name: "0" * 64}).code == "SignatureDoesNotMatch"
        unsigned = {key: value for key, value in fields.items() if key != "policy"}
        assert upload(unsigned).code == "AccessDenied"


def test_a_presigned_url_lives_a_week_at_most(server, client, bucket):
    signer = server.client("s3", signature_version="s3v4", s3={"addressing_style": "path"})
    url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=604_801)
    parts = urlsplit(url)
    answer = send(server, Request("GET", f"{parts.path}?{parts.query}", {}))
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


def test_a_presigned_call_of_another_service_is_taken(server):
    request = sign(server, Request("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", {}), "sts", presign=60)
    assert b"<GetCallerIdentityResult>" in send(server, request).body


def test_buckets_are_called_by_signature_version_2(client, fresh):
    name = fresh("version2")
    s3 = client("s3", signature_version="s3")
    s3.create_bucket(Bucket=name, ACL="private")
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0
    assert s3.get_bucket_acl(Bucket=name)["Grants"]
    s3.delete_bucket(Bucket=name)


#: How a body is broken on its way.
BROKEN = {
    "a cut": lambda body: body[:-40],
    "a chunk's size": lambda body: body.replace(b"10000", b"0ffff", 1),
    "noise": lambda body: b"\0" * 100,
    "nothing": lambda body: b"",
    "an early end": lambda body: body[body.rindex(b"\r\n0") + 2 :],
}


@pytest.mark.parametrize("mode", [*MODES, UNSIGNED])
class TestChunked:
    def trailer(self, mode):
        return CHECKSUM if mode.endswith("TRAILER") else None

    def put(self, server, bucket, mode, change=lambda body: body, **more):
        request = chunked(server, f"/{bucket}/chunked", CHUNKS, mode, self.trailer(mode), **more)
        return send(server, dataclasses.replace(request, body=change(request.body)))

    def test_the_object_has_the_decoded_bytes(self, server, client, bucket, mode):
        assert self.put(server, bucket, mode).status == 200
        stored = client("s3").get_object(Bucket=bucket, Key="chunked")
        assert stored["Body"].read() == b"".join(CHUNKS)
        assert "ContentEncoding" not in stored

    @pytest.mark.parametrize("change", BROKEN)
    def test_a_broken_body_leaves_no_object(self, server, client, bucket, mode, change):
        answer = self.put(server, bucket, mode, BROKEN[change])
        assert answer.status // 100 == 4 and answer.code, answer
        assert client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    def test_a_changed_byte_leaves_no_object(self, server, client, bucket, mode):
        answer = self.put(server, bucket, mode, lambda body: body.replace(b"aaaa", b"aaab", 1))
        assert answer.status // 100 == 4, "the chunk's signature or the trailing checksum tells"
        assert client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    def test_another_announced_length_leaves_no_object(self, server, client, bucket, mode):
        answer = self.put(server, bucket, mode, announced=len(b"".join(CHUNKS)) + 1)
        assert answer.code == "IncompleteBody"
        assert client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_body_other_than_the_signed_hash_leaves_no_object(server, client, bucket):
    request = sign(server, Request("PUT", f"/{bucket}/hashed", {}, b"right"), "s3")
    answer = send(server, dataclasses.replace(request, body=b"wrong"))
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_client_that_waits_is_told_to_send_only_when_its_signature_is_right(server, bucket):
    request = sign(server, Request("PUT", f"/{bucket}/waiting", {}, b"body"), "s3")
    for forged, expected in [(request, 100), (authorization(request, r".{8}$", "00000000"), 403)]:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
        connection.putrequest("PUT", forged.path, skip_host=True)
        for name, value in {**forged.headers, "Expect": "100-continue", "Content-Length": "4"}.items():
            connection.putheader(name, value)
        connection.putheader("Host", urlsplit(server.url).netloc)
        connection.endheaders()
        first = connection.sock.recv(1000)
        assert first.startswith(f"HTTP/1.1 {expected}".encode())
        connection.close()
