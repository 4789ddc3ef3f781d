"""Requests signed by botocore's own signers, which a test can change before they are sent."""

import hashlib
import hmac
import http.client
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

JSON = "application/x-amz-json-1.1"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass
class Request:
    """What goes over the line. Tests change it after signing."""

    method: str
    path: str
    headers: dict
    body: bytes = b""


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict = field(repr=False)

    @property
    def code(self):
        """The error's code, wherever the protocol puts it."""
        if self.body.startswith(b"{"):
            document = json.loads(self.body)
            return document.get("__type") or self.headers.get("x-amzn-errortype")
        found = re.search(rb"<Code>(.*?)</Code>", self.body)
        return found and found[1].decode()

    @property
    def message(self):
        if self.body.startswith(b"{"):
            document = json.loads(self.body)
            return document.get("message") or document.get("Message")
        found = re.search(rb"<Message>(.*?)</Message>", self.body, re.DOTALL)
        return found and found[1].decode()


def json_call(target, document=None):
    return Request("POST", "/", {"X-Amz-Target": target, "Content-Type": JSON}, json.dumps(document or {}).encode())


def form_call(body):
    return Request("POST", "/", {"Content-Type": FORM}, body.encode())


def sign(server, request, service, keys=None, token=None, region="us-east-1", presign=None, context=None):
    """Signs with Version 4, in the header or, with `presign` seconds, in the query."""
    access, secret = keys or server.keys()
    credentials = Credentials(access, secret, token)
    signed = AWSRequest(request.method, server.url + request.path, headers=request.headers, data=request.body)
    signed.context.update(context or {})
    header, query = (S3SigV4Auth, S3SigV4QueryAuth) if service == "s3" else (SigV4Auth, SigV4QueryAuth)
    signer = query(credentials, service, region, expires=presign) if presign else header(credentials, service, region)
    signer.add_auth(signed)
    url = urlsplit(signed.url)
    path = url.path + (f"?{url.query}" if url.query else "")
    return Request(request.method, path, dict(signed.headers.items()), request.body)


def send(server, request):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.request(request.method, request.path, body=request.body, headers=request.headers)
    response = connection.getresponse()
    answer = Answer(response.status, response.read(), {name.lower(): value for name, value in response.getheaders()})
    connection.close()
    return answer


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def chunked(server, path, chunks, mode, trailer=None, announced=None):
    """A PUT in the aws-chunked encoding; botocore signs the head, the chunks are signed here as S3 describes it."""
    headers = {
        "x-amz-content-sha256": mode,
        "x-amz-decoded-content-length": str(announced or sum(map(len, chunks))),
        "content-encoding": "aws-chunked",
    }
    if trailer:
        headers["x-amz-trailer"] = trailer[0]
    signer = type("Chunked", (S3SigV4Auth,), {"payload": lambda self, request: mode})
    access, secret = server.keys()
    signed = AWSRequest("PUT", server.url + path, headers=headers)
    signer._modify_request_before_signing = lambda self, request: request.headers.__setitem__(
        "X-Amz-Date", request.context["timestamp"]
    )
    signer(Credentials(access, secret), "s3", "us-east-1").add_auth(signed)
    date = signed.headers["X-Amz-Date"]
    previous = signed.headers["Authorization"].split("Signature=")[1]
    scope = f"{date[:8]}/us-east-1/s3/aws4_request"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)

    def signature(kind, *hashes):
        nonlocal previous
        previous = _hmac(key, "\n".join([f"AWS4-HMAC-SHA256-{kind}", date, scope, previous, *hashes])).hex()
        return previous

    is_signed = "UNSIGNED" not in mode
    empty = hashlib.sha256(b"").hexdigest()
    body = b""
    for chunk in [*chunks, b""]:
        digest = hashlib.sha256(chunk).hexdigest()
        extension = f";chunk-signature={signature('PAYLOAD', empty, digest)}" if is_signed else ""
        body += f"{len(chunk):x}{extension}\r\n".encode() + (chunk + b"\r\n" if chunk else b"")
    if trailer:
        line = f"{trailer[0]}:{trailer[1]}"
        body += f"{line}\r\n".encode()
        if is_signed:
            digest = hashlib.sha256(f"{line}\n".encode()).hexdigest()
            body += f"x-amz-trailer-signature:{signature('TRAILER', digest)}\r\n".encode()
    return Request("PUT", path, dict(signed.headers.items()), body + b"\r\n")
