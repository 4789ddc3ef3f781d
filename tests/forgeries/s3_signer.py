"""The signatures that S3 has beside Version 4's own: of chunks, Version 2, and of upload forms.
S3 API Reference, "Transferring payload in multiple chunks" and "POST Policy"; developer guide, "Signing REST requests".
"""

import base64
import datetime
import hashlib
import hmac
import json
from dataclasses import replace
from urllib.parse import unquote_plus

from signer import encode, sha256, sign_header, sign_text

SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY = sha256(b"")


def sign_chunks(call, scope, mode, chunks, trailer=None):
    """The aws-chunked encoding; `trailer` is a pair of name and value."""
    scope = scope.at_time()
    head = call.having("X-Amz-Decoded-Content-Length", str(sum(map(len, chunks))))
    head = head.having("Content-Encoding", "aws-chunked")
    if trailer:
        head = head.having("X-Amz-Trailer", trailer[0])
    signed = sign_header(head, replace(scope, payload=mode))
    previous = signed.header("Authorization").rsplit("=", 1)[1]

    def next_signature(kind, *hashes):
        nonlocal previous
        text = "\n".join([f"AWS4-HMAC-SHA256-{kind}", scope.time, scope.credential, previous, *hashes])
        previous = sign_text(scope, text)
        return previous

    is_signed = mode != UNSIGNED_TRAILER
    body = b""
    for chunk in [*chunks, b""]:
        extension = f";chunk-signature={next_signature('PAYLOAD', EMPTY, sha256(chunk))}" if is_signed else ""
        body += f"{len(chunk):x}{extension}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
    if trailer:
        line = f"{trailer[0]}:{trailer[1]}"
        body += f"{line}\r\n".encode()
        if is_signed:
            digest = sha256(f"{line}\n".encode())
            body += f"x-amz-trailer-signature:{next_signature('TRAILER', digest)}\r\n".encode()
    return replace(signed, body=body + b"\r\n")


#: Query parameters that Version 2 counts to the resource; those that the tests use.
_RESOURCE = ("acl", "partNumber", "response-content-type", "tagging", "uploadId", "uploads", "versionId", "versions")


def _text2(call, scope, date):
    """`date` is empty where an x-amz-date stands for it; a date in numbers is that of an address."""
    fields = {name.lower(): value for name, value in call.headers}
    if date:
        moved = (pair.partition("=") for pair in call.query)
        fields = {**{name.lower(): unquote_plus(value) for name, _, value in moved}, **fields}
    amazon = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields) if name.startswith("x-amz-"))
    parts = sorted(unquote_plus(pair) for pair in call.query if pair.split("=")[0] in _RESOURCE)
    resource = (scope.path or call.path) + ("?" + "&".join(parts) if parts else "")
    md5, kind = fields.get("content-md5", ""), fields.get("content-type", "")
    return f"{call.method}\n{md5}\n{kind}\n{date}\n{amazon}{resource}"


def sign_text2(keys, text):
    return base64.b64encode(hmac.new(keys.secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def sign_query2(call, scope):
    """S3's Version 2 in the query, as boto3 presigns by default."""
    scope = scope.at_time()
    if scope.keys.token:
        call = replace(call, query=(*call.query, f"x-amz-security-token={encode(scope.keys.token)}"))
    expires = int(scope.at.timestamp()) + scope.expires
    signature = sign_text2(scope.keys, _text2(call, scope, expires))
    more = {"AWSAccessKeyId": scope.keys.access, "Signature": signature, "Expires": str(expires)}
    return replace(call, query=(*call.query, *(f"{name}={encode(value)}" for name, value in more.items())))


def sign_header2(call, scope):
    """S3's Version 2 in the Authorization header."""
    scope = scope.at_time()
    signed = call.having("X-Amz-Date", scope.at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    if scope.keys.token:
        signed = signed.having("X-Amz-Security-Token", scope.keys.token)
    signature = sign_text2(scope.keys, _text2(signed, scope, ""))
    return signed.having("Authorization", f"AWS {scope.keys.access}:{signature}")


def sign_form(fields, conditions, scope, version=4, algorithm="AWS4-HMAC-SHA256"):
    """Fields of an upload form with its signed policy; every field gets its condition, and `conditions` more."""
    scope = scope.at_time()
    if version == 4:
        credential = f"{scope.keys.access}/{scope.credential}"
        more = {"x-amz-algorithm": algorithm, "x-amz-credential": credential, "x-amz-date": scope.time}
        fields = {**fields, **more}
    if scope.keys.token:
        fields = {**fields, "x-amz-security-token": scope.keys.token}
    end = (scope.at + datetime.timedelta(seconds=scope.expires)).strftime("%Y-%m-%dT%H:%M:%SZ")
    exact = [{name: value} for name, value in fields.items()]
    document = json.dumps({"expiration": end, "conditions": [*exact, *conditions]})
    policy = base64.b64encode(document.encode()).decode()
    if version == 4:
        return {**fields, "policy": policy, "x-amz-signature": sign_text(scope, policy)}
    return {
        **fields,
        "policy": policy,
        "AWSAccessKeyId": scope.keys.access,
        "signature": sign_text2(scope.keys, policy),
    }
