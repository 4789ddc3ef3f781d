"""Forgeries of bodies: other bytes than were signed, and chunks of which something was changed."""

import base64
import re
from dataclasses import replace

from forms import CHUNKS, CRC32
from s3_signer import UNSIGNED_TRAILER
from signer import UNSIGNED, sign_header
from world import CANARY

_CHUNKED = ("chunks", "chunks and trailer", "unsigned trailer")


def another_body(signed, world, random):
    """Where the body's hash is signed: in headers, and in presigned calls of all but S3."""
    if signed.form != "header" and (signed.form != "presigned" or signed.is_s3):
        return None
    body = signed.call.body
    changed = [body + b" ", b"", body[:-1], body.replace(CANARY.encode(), b"canary-of-another"), body[:-1] + b"\0"]
    return replace(signed.call, body=random.choice([one for one in changed if one != body]))


def an_unsigned_body_where_it_must_be_signed(signed, world, random):
    """The owner signed UNSIGNED-PAYLOAD, or chunks that nobody signed, for a service that wants the body's hash."""
    if signed.form != "header" or signed.is_s3:
        return None
    call = signed.again(payload=random.choice([UNSIGNED, UNSIGNED_TRAILER, "STREAMING-UNSIGNED-PAYLOAD"]))
    return random.choice([call, replace(call, body=call.body.replace(CANARY.encode(), b"canary-of-another"))])


def a_signed_body_said_to_be_unsigned(signed, world, random):
    if signed.form not in ("header", "chunks", "chunks and trailer"):
        return None
    return signed.call.having("X-Amz-Content-SHA256", random.choice([UNSIGNED, UNSIGNED_TRAILER]))


def chunks_of_no_mode_that_exists(signed, world, random):
    if signed.form not in _CHUNKED:
        return None
    mode = random.choice(["STREAMING-UNSIGNED-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING"])
    return sign_header(signed.call.without("Authorization"), replace(signed.scope, payload=mode))


_CHUNK = re.compile(rb"([0-9a-f]+)(;chunk-signature=[0-9a-f]{64})?\r\n")


def _pieces(body):
    """Heads and contents of the chunks, and what follows the last one."""
    pieces, place = [], 0
    while True:
        head = _CHUNK.match(body, place)
        size = int(head[1], 16)
        pieces.append((head[0], body[head.end() : head.end() + size]))
        place = head.end() + size + (2 if size else 0)
        if size == 0:
            return pieces, body[place:]


def _joined(pieces, rest):
    return b"".join(head + data + (b"\r\n" if data else b"") for head, data in pieces) + rest


def _map_chunks(signed, change):
    if signed.form not in _CHUNKED:
        return None
    pieces, rest = _pieces(signed.call.body)
    changed = change(pieces, rest)
    return changed and replace(signed.call, body=_joined(*changed))


def a_byte_of_a_chunk_changed(signed, world, random):
    def change(pieces, rest):
        number = random.randrange(len(CHUNKS))
        head, data = pieces[number]
        place = random.randrange(len(data))
        pieces[number] = (head, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        return pieces, rest

    return _map_chunks(signed, change)


def chunks_in_another_order(signed, world, random):
    def change(pieces, rest):
        one, two = random.sample(range(len(CHUNKS)), 2)
        pieces[one], pieces[two] = pieces[two], pieces[one]
        return pieces, rest

    return _map_chunks(signed, change)


def a_chunk_left_out_or_sent_twice(signed, world, random):
    def change(pieces, rest):
        number = random.randrange(len(CHUNKS))
        return pieces[:number] + random.choice([[], [pieces[number]] * 2]) + pieces[number + 1 :], rest

    return _map_chunks(signed, change)


def chunks_cut_otherwise(signed, world, random):
    """The bytes of the body are the same; what was signed are its chunks."""

    def change(pieces, rest):
        if signed.form == "unsigned trailer":
            return None
        head, data = pieces[0]
        cut = random.randrange(1, len(data))
        signature = head.rstrip().partition(b";")[2]
        first = f"{cut:x};".encode() + signature + b"\r\n", data[:cut]
        second = f"{len(data) - cut:x};".encode() + signature + b"\r\n", data[cut:]
        return [first, second, *pieces[1:]], rest

    return _map_chunks(signed, change)


def a_chunk_of_another_size(signed, world, random):
    def change(pieces, rest):
        number = random.randrange(len(CHUNKS))
        head, data = pieces[number]
        size = len(data) + random.choice([-1, 1, 16, -len(data)])
        pieces[number] = (re.sub(rb"^[0-9a-f]+", f"{size:x}".encode(), head), data)
        return pieces, rest

    return _map_chunks(signed, change)


def an_early_end(signed, world, random):
    def change(pieces, rest):
        number = random.randrange(len(CHUNKS))
        return random.choice([(pieces[:number] + pieces[-1:], rest), (pieces[:-1], b""), (pieces[:-1], rest)])

    return _map_chunks(signed, change)


def a_chunk_signature_changed(signed, world, random):
    def change(pieces, rest):
        if signed.form == "unsigned trailer":
            return None
        number = random.randrange(len(pieces))
        head, data = pieces[number]
        size, signature = head.split(b";")
        last = b"0" if signature[-3:-2] != b"0" else b"1"
        other = [signature[:-3] + last + b"\r\n", signature.upper().replace(b"CHUNK-SIGNATURE", b"chunk-signature")]
        other += [pieces[number - 1][0].split(b";")[1], b"chunk-signature=" + b"0" * 64 + b"\r\n"]
        changed = random.choice(other)
        pieces[number] = (size + b";" + changed if random.random() < 0.9 else size + b"\r\n", data)
        return pieces, rest

    return _map_chunks(signed, change)


def bytes_behind_the_end(signed, world, random):
    return _map_chunks(
        signed, lambda pieces, rest: (pieces, rest + random.choice([b"more", b"4\r\nmore\r\n0\r\n\r\n"]))
    )


def another_trailer(signed, world, random):
    def change(pieces, rest):
        if signed.form == "chunks":
            return None
        value = CRC32[1].encode()
        other = base64.b64encode(random.randbytes(4))
        changes = [rest.replace(value, other), rest.replace(CRC32[0].encode(), b"x-amz-checksum-sha1"), b"\r\n"]
        changes.append(b"x-amz-meta-evil:1\r\n" + rest)
        if signed.form == "chunks and trailer":
            signature = re.search(rb"signature:([0-9a-f]{64})", rest)[1]
            changes += [rest.replace(signature, b"0" * 64), rest.replace(signature, signature.upper())]
            changes.append(re.sub(rb"x-amz-trailer-signature:.*?\r\n", b"", rest))
            changes.append(rest.replace(value, other + b"\r\n" + CRC32[0].encode() + b":" + value))
        return pieces, random.choice(changes)

    return _map_chunks(signed, change)


def another_decoded_length(signed, world, random):
    if signed.form not in _CHUNKED:
        return None
    size = sum(map(len, CHUNKS))
    return signed.call.having("X-Amz-Decoded-Content-Length", str(size + random.choice([-1, 1, -size])))


KINDS = {
    function.__name__.replace("_", " "): function
    for function in (
        another_body,
        an_unsigned_body_where_it_must_be_signed,
        a_signed_body_said_to_be_unsigned,
        chunks_of_no_mode_that_exists,
        a_byte_of_a_chunk_changed,
        chunks_in_another_order,
        a_chunk_left_out_or_sent_twice,
        chunks_cut_otherwise,
        a_chunk_of_another_size,
        an_early_end,
        a_chunk_signature_changed,
        bytes_behind_the_end,
        another_trailer,
        another_decoded_length,
    )
}
