"""Version 4 of AWS's signatures made by hand, in the header and in the query, so that each part can be made wrong.
AWS General Reference, "Signature Version 4".
"""

import datetime
import functools
import hashlib
import hmac
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_plus

UNSIGNED = "UNSIGNED-PAYLOAD"


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
