"""Valid requests in every form in which a request can be signed, each with what is needed to sign it anew."""

import base64
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from line import Call
from s3_signer import SIGNED_CHUNKS, SIGNED_TRAILER, UNSIGNED_TRAILER, sign_chunks, sign_form, sign_header2, sign_query2
from signer import Scope, sign_header, sign_query
from world import BUCKET, CANARY, KEPT, bodies

#: Bytes enough for three chunks.
CHUNKS = (b"first " * 12, b"second " * 11, b"third " * 10)
CRC32 = ("x-amz-checksum-crc32", base64.b64encode(zlib.crc32(b"".join(CHUNKS)).to_bytes(4)).decode())


@dataclass(frozen=True)
class Signed:
    """A valid signed request. `again` signs the same call for another scope."""

    form: str
    call: Call
    scope: Scope
    again: Callable
    #: Of an upload form.
    fields: dict | None = None

    @property
    def is_s3(self):
        return self.scope.service == "s3"


def _signed(form, call, scope, sign):
    scope = scope.at_time()
    return Signed(form, sign(call, scope), scope, lambda **changes: sign(call, replace(scope, **changes)))


def a_service_call(world, random, prefix, keys, form="header", kind=None):
    """A call of a service other than S3, signed in the header or in the query."""
    made = bodies(world, prefix)
    kind = kind or random.choice(list(made))
    headers, path, body = made[kind]
    call = Call("POST", path, (("Host", world.host), *headers), body if isinstance(body, bytes) else body.encode())
    sign = sign_query if form == "presigned" else sign_header
    return _signed(form, call, Scope(keys, kind.split(" ")[0]), sign)


#: Calls of S3: method, whether the key is new, query, headers.
S3_CALLS = {
    "put": ("PUT", True, (), (("Content-Type", "text/plain"), ("X-Amz-Meta-Told", "by the owner"))),
    "get": ("GET", False, (), ()),
    "get as": ("GET", False, ("response-content-type=text%2Fx-own",), ()),
    "copy": ("PUT", True, (), (("X-Amz-Copy-Source", f"/{BUCKET}/kept-0"),)),
    "list": ("GET", None, ("list-type=2", "prefix=kept-"), ()),
    "upload": ("POST", True, ("uploads",), ()),
    "tag": ("PUT", False, ("tagging",), (("Content-Type", "application/xml"),)),
    "host": ("PUT", True, (), (("X-Amz-Meta-Told", "by the owner"),)),
    "delete": ("DELETE", True, (), ()),
    "put as": ("PUT", True, ("x-amz-acl=private", "content-type=text%2Fplain"), ()),
    "get version": ("GET", False, ("response-content-type=text%2Fx-own", "versionId=null"), ()),
}
_TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"


def an_s3_call(world, random, prefix, keys, form="header", kind=None):
    """A call of S3 in any form but chunks and upload forms."""
    # What "put as" has in its query is signed in addresses only.
    kind = kind or random.choice([one for one in S3_CALLS if one != "put as" or form != "v2 header"])
    method, is_new, query, headers = S3_CALLS[kind]
    key = world.fresh(prefix) if is_new else random.choice(list(KEPT))
    path = f"/{BUCKET}" if is_new is None else f"/{BUCKET}/{key}"
    scope = Scope(keys, "s3", expires=random.choice([60, 300, 604_800]))
    host = world.host
    sent = path
    if kind == "host":
        host, sent = f"{BUCKET}.s3.localhost:{world.host.rsplit(':')[-1]}", f"/{key}"
        if form.startswith("v2"):
            scope = replace(scope, path=path)
    body = {"put": b"written", "put as": b"written", "host": b"written", "tag": _TAGS}.get(kind, b"")
    call = Call(method, sent, (("Host", host), *headers), body, query)
    sign = {"header": sign_header, "presigned": sign_query, "v2 query": sign_query2, "v2 header": sign_header2}[form]
    return _signed(form, call, scope, sign)


def a_chunked_put(world, random, prefix, keys, form=None):
    """A body in the aws-chunked encoding."""
    modes = {"chunks": SIGNED_CHUNKS, "chunks and trailer": SIGNED_TRAILER, "unsigned trailer": UNSIGNED_TRAILER}
    form = form or random.choice(list(modes))
    call = Call("PUT", f"/{BUCKET}/{world.fresh(prefix)}", (("Host", world.host),))
    trailer = None if form == "chunks" else CRC32
    return _signed(
        form, call, Scope(keys, "s3"), lambda call, scope: sign_chunks(call, scope, modes[form], CHUNKS, trailer)
    )


def an_upload_form(world, random, prefix, keys, form=None):
    """A browser's form with a policy signed by either version."""
    form = form or random.choice(["form v4", "form v2"])
    fields = {"key": world.fresh(prefix), "Content-Type": "text/plain", "bucket": BUCKET}
    conditions = [["content-length-range", 1, 100], ["starts-with", "$x-amz-meta-told", ""]]
    scope = Scope(keys, "s3").at_time()

    def sign(scope):
        return {
            **sign_form(fields, conditions, scope, 4 if form == "form v4" else 2),
            "x-amz-meta-told": "anything",
        }

    signed = sign(scope)
    return Signed(
        form,
        form_call(world.host, signed),
        scope,
        lambda **changes: form_call(world.host, sign(replace(scope, **changes))),
        signed,
    )


def form_call(host, fields, file=b"uploaded", more=()):
    """The POST of a form; `more` are fields behind those of the same name."""
    boundary = uuid.UUID(int=0x5EED).hex
    pairs = [*fields.items(), *more]
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in pairs]
    parts.append('Content-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\n')
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts).encode()
    body = body.removesuffix(b"\r\n") + file + f"\r\n--{boundary}--\r\n".encode()
    headers = (("Host", host), ("Content-Type", f"multipart/form-data; boundary={boundary}"))
    return Call("POST", f"/{BUCKET}", headers, body)


def a_request(world, random, prefix=CANARY, form=None):
    """A valid request of any form, service and kind of keys."""
    keys = world.keys[random.choice(["owner", "user", "session"])]
    form = form or random.choice(FORMS)
    if form in ("chunks", "chunks and trailer", "unsigned trailer"):
        return a_chunked_put(world, random, prefix, keys, form)
    if form.startswith("form"):
        return an_upload_form(world, random, prefix, keys, form)
    if form.startswith("v2") or random.random() < 0.4:
        return an_s3_call(world, random, prefix, keys, form)
    return a_service_call(world, random, prefix, keys, form)


FORMS = (
    "header",
    "presigned",
    "v2 query",
    "v2 header",
    "chunks",
    "chunks and trailer",
    "unsigned trailer",
    "form v4",
    "form v2",
)
