"""Signatures of AWS made by hand, so that each part can be made wrong: Version 4 in the header, in the query and of
chunks; S3's Version 2; upload forms. AWS General Reference, "Signature Version 4"; S3 API Reference, "POST Policy".
"""

import base64
import datetime
import functools
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_plus

UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Keys:
    access: str
    secret: str
    token: str | None = None


@dataclass(frozen=True)
class Scope:
    """Who signs, when and for what."""

    keys: Keys
    service: str
    region: str = "us-east-1"
    at: datetime.datetime | None = None
    #: Of a presigned request.
    expires: int = 300
    #: Replaces the hash of the body.
    payload: str | None = None
    #: Names left out of the signed headers.
    unsigned: tuple = ()
    #: The names are given for another path than the one that is sent.
    path: str | None = None

    @property
    def time(self):
        return (self.at or datetime.datetime.now(datetime.UTC)).strftime("%Y%m%dT%H%M%SZ")

    def at_time(self):
        """The same with its time fixed, for the several steps of one signature."""
        return self if self.at else replace(self, at=datetime.datetime.now(datetime.UTC))

    @property
    def credential(self):
        return f"{self.time[:8]}/{self.region}/{self.service}/aws4_request"


def encode(text):
    return quote(text, safe="-_.~", errors="surrogateescape")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@functools.lru_cache(1000)
def _key(secret, credential):
    return functools.reduce(_mac, credential.split("/"), f"AWS4{secret}".encode())


def sign_text(scope, text):
    return _mac(_key(scope.keys.secret, scope.credential), text).hex()


def canonical_query(pairs):
    split = [pair.partition("=") for pair in pairs if pair]
    return "&".join("=".join(one) for one in sorted((again(name), again(value)) for name, _, value in split))


def again(text):
    """Encoded as canonical requests want it, whatever way it came."""
    return encode(unquote_plus(text, errors="surrogateescape")) if set(text) & set("%+!*'()$@,;:/ ") else text


def _signed_names(call, scope):
    names = {name.lower() for name, _ in call.headers}
    return sorted(
        name
        for name in names
        if (name in ("host", "content-type", "content-md5") or name.startswith("x-amz")) and name not in scope.unsigned
    )


def _signature(call, scope, names, payload):
    values = {name: ",".join(v.strip(" \t") for n, v in call.headers if n.lower() == name) for name in names}
    lines = "".join(f"{name}:{' '.join(part for part in value.split(' ') if part)}\n" for name, value in values.items())
    path = scope.path or call.path
    if scope.service != "s3" and path != "/":
        path = quote(path, safe="/-_.~")
    request = "\n".join([call.method, path, canonical_query(call.query), lines, ";".join(names), payload])
    digest = sha256(request.encode("utf-8", "surrogateescape"))
    return sign_text(scope, f"AWS4-HMAC-SHA256\n{scope.time}\n{scope.credential}\n{digest}")


def sign_header(call, scope):
    """Version 4 in the Authorization header."""
    scope = scope.at_time()
    payload = scope.payload or sha256(call.body)
    signed = call.having("X-Amz-Date", scope.time)
    if scope.service == "s3" or scope.payload:
        signed = signed.having("X-Amz-Content-SHA256", payload)
    if scope.keys.token:
        signed = signed.having("X-Amz-Security-Token", scope.keys.token)
    names = _signed_names(signed, scope)
    return signed.having(
        "Authorization",
        f"AWS4-HMAC-SHA256 Credential={scope.keys.access}/{scope.credential}, SignedHeaders={';'.join(names)}, "
        f"Signature={_signature(signed, scope, names, payload)}",
    )


def sign_query(call, scope):
    """Version 4 in the query: a presigned address."""
    scope = scope.at_time()
    names = _signed_names(call, scope)
    more = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{scope.keys.access}/{scope.credential}",
        "X-Amz-Date": scope.time,
        "X-Amz-Expires": str(scope.expires),
        "X-Amz-SignedHeaders": ";".join(names),
        **({"X-Amz-Security-Token": scope.keys.token} if scope.keys.token else {}),
    }
    signed = replace(call, query=(*call.query, *(f"{name}={encode(value)}" for name, value in more.items())))
    payload = scope.payload or (UNSIGNED if scope.service == "s3" else sha256(call.body))
    return replace(signed, query=(*signed.query, f"X-Amz-Signature={_signature(signed, scope, names, payload)}"))


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
