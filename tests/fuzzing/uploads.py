"""Mutations of the two bodies that carry a signature of their own: browsers' forms, and chunks."""

from dataclasses import replace

from bytes_and_tokens import ANY
from line import Call
from odd_values import BYTES, a_text
from s3_signer import SIGNED_CHUNKS, SIGNED_TRAILER, UNSIGNED_TRAILER, sign_chunks, sign_form
from samples import BUCKETS
from signer import Scope

_BOUNDARIES = ("x", "----form", "a b", "'", "=", "x" * 70, "x" * 300, "")
_TYPES = (
    "text/plain",
    "",
    "multipart/mixed; boundary=y",
    "text/plain; charset=utf-16",
    "application/x-www-form-urlencoded",
)
_FILES = ("f.txt", "", "../x", "a;b", "\u00e9", "x" * 500)
_TRAILERS = (
    ("x-amz-checksum-crc32", "AAAAAA=="),
    ("x-amz-checksum-sha256", "x"),
    ("x-amz-checksum-made-up", "x"),
    ("x-amz-meta-a", "\u00e9"),
    ("content-type", "a" * 3000),
    ("x-amz-trailer", ""),
    ("__proto__", "x"),
)


def an_upload_form(host, keys, chance):
    """A form whose policy is right; names, values, headers of its parts and their order are not."""
    fields = {
        "key": chance.choice(["k", "up/${filename}", "${filename}" * 500, a_text(chance)[:300]]),
        "acl": "private",
    }
    for _ in range(chance.choice([0, 1, 1, 3])):
        name = chance.choice(["x-amz-meta-a", "tagging", "success_action_redirect", "success_action_status", "Expires"])
        fields[chance.choice([name, name, name.upper(), a_text(chance)[:200]])] = a_text(chance)[:20_000]
    ranges = ([0, 10**6], [5, 1], ["a", 2], [1, None], [0, 10**30])
    conditions = [["content-length-range", *chance.choice(ranges)], ["starts-with", "$x-amz-meta-a", ""]]
    conditions += chance.choice([[], [], [["eq", "$key"]], [{"a": {}}], [None], [[]], [["in", "$key", ["k"]]], [5]])
    signed = sign_form(fields, conditions, Scope(keys, "s3"), chance.choice([2, 4]))
    boundary = chance.choice(_BOUNDARIES)
    parts = [_part(f'form-data; name="{name}"', value, chance) for name, value in signed.items()]
    file = _part(f'form-data; name="file"; filename="{chance.choice(_FILES)}"', "data", chance)
    parts.insert(len(parts) if chance.random() < 0.9 else chance.randrange(len(parts)), file)
    if chance.random() < 0.1:
        parts *= chance.choice([2, 60])
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts) + b"--%b--\r\n" % boundary.encode()
    if chance.random() < 0.3:
        body = chance.choice(ANY)(body, chance)
    kind = chance.choice([f"multipart/form-data; boundary={boundary}", f'multipart/form-data; boundary="{boundary}"'])
    headers = (("Host", host), ("Content-Type", kind))
    return Call("POST", chance.choice([f"/{BUCKETS[0]}", f"/{BUCKETS[0]}/", "/nobody-has-this"]), headers, body)


def _part(disposition, value, chance):
    head = f"Content-Disposition: {disposition}\r\n"
    if chance.random() < 0.1:
        more = [
            f"Content-Type: {chance.choice(_TYPES)}",
            "Content-Transfer-Encoding: base64",
            "X: " + "y" * 20_000,
            "x",
            ":",
        ]
        head += chance.choice(more) + "\r\n"
    if chance.random() < 0.03:
        head = chance.choice(
            ["", "Content-Disposition: form-data\r\n", head * 60, head.replace("form-data", "attachment")]
        )
    return f"{head}\r\n{value}".encode("utf-8", "replace") + (chance.choice(BYTES) if chance.random() < 0.02 else b"")


def a_chunked_body(host, keys, chance):
    """Chunks that are signed as they should be, of odd sizes, with trailers nobody expects, and then changed."""
    mode = chance.choice([SIGNED_CHUNKS, SIGNED_TRAILER, UNSIGNED_TRAILER])
    chunks = [bytes(chance.choice([1, 5, 8192, 70_000])) for _ in range(chance.choice([0, 1, 2, 40]))]
    trailer = None if mode == SIGNED_CHUNKS and chance.random() < 0.8 else chance.choice(_TRAILERS)
    path = chance.choice([f"/{BUCKETS[0]}/chunked", f"/{BUCKETS[0]}?tagging", f"/{BUCKETS[0]}?policy"])
    path, _, query = path.partition("?")
    call = Call("PUT", path, (("Host", host),), query=(query,) if query else ())
    signed = sign_chunks(call, Scope(keys, "s3"), mode, chunks, trailer)
    if chance.random() < 0.7:
        changes = [
            chance.choice(ANY)(signed.body, chance),
            signed.body.replace(b"\r\n", b"\n"),
            b"0\r\n\r\n",
            b"\r\n" * 50,
        ]
        changes += [signed.body.replace(b"\r\n", b";a=b\r\n", 1), signed.body[:-2], b"f" * 5000, b"FFFFFFFFFFFF\r\n"]
        signed = replace(signed, body=chance.choice(changes))
    return signed


KINDS = (an_upload_form, an_upload_form, a_chunked_body)
