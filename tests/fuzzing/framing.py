"""Mutations of the bytes on the line: lengths, transfer codings, cut bodies, broken heads. Some get no answer."""

import re


def _head(data):
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


def _length(head, value):
    return re.sub(rb"(?i)\r\nContent-Length: [^\r]*", value, head)


def another_length(data, chance):
    head, body = _head(data)
    sizes = [len(body) - 1, len(body) + 1, 0, -1, 2**31, 2**63, 2**64]
    texts = [*map(str, sizes), f"+{len(body)}", f"{len(body)} ", f"0x{len(body):x}", "", "x", "1e3", f"{len(body)}, 1"]
    return _length(head, b"\r\nContent-Length: " + chance.choice(texts).encode()) + b"\r\n\r\n" + body


def two_lengths(data, chance):
    head, body = _head(data)
    other = chance.choice([len(body), len(body) + 1, 0])
    return head + b"\r\nContent-Length: %d\r\n\r\n" % other + body


def in_chunks(data, chance):
    head, body = _head(data)
    half = len(body) // 2
    good = b"%x\r\n%b\r\n" % (half, body[:half]) if half else b""
    good += b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) - half, body[half:]) if body else b"0\r\n\r\n"
    bad = [
        good,
        good.replace(b"\r\n", b"\n"),
        b"ffffffffffffffff\r\n" + body,
        b"-1\r\n" + body,
        b"x\r\n" + body,
        b"%x;%b=1\r\n" % (len(body), b"a" * 20_000) + body + b"\r\n0\r\n\r\n",
        good[:-2],
        good[: len(good) // 2],
        good.replace(b"0\r\n\r\n", b"0\r\nX-Amz-Meta-A: b\r\n\r\n"),
        b"1\r\n{\r\n" * 50,
        b"",
    ]
    coding = chance.choice([b"chunked", b"chunked", b"chunked", b"gzip, chunked", b"chunked, chunked", b"xchunked"])
    framing = b"\r\nTransfer-Encoding: " + coding
    if chance.random() < 0.2:
        framing += b"\r\nContent-Length: %d" % len(body)
    return _length(head, framing) + b"\r\n\r\n" + chance.choice(bad)


def cut(data, chance):
    return data[: chance.randrange(1, len(data))]


def a_broken_head(data, chance):
    head, body = _head(data)
    lines = head.split(b"\r\n")
    place = chance.randrange(len(lines))
    odd = [
        b"",
        b" folded",
        b"no colon",
        b": no name",
        b"a b: c",
        b"a\0: c",
        b"a: \0",
        b"a: \r",
        b"x" * 40_000,
        b"a: " + b"x" * 33_000,
        b"Host: other",
        b"Connection: close, upgrade",
        b"Connection: keep-alive\r\nKeep-Alive: timeout=99999999",
        b"Expect: 100-continue",
    ]
    lines.insert(place, chance.choice(odd))
    if chance.random() < 0.3:
        first = lines[0].split(b" ")
        versions = [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.1 x", b"", b"http/1.1"]
        lines[0] = b" ".join([*first[:2], chance.choice(versions)])
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def bytes_of_the_head(data, chance):
    head, body = _head(data)
    changed = bytearray(head)
    for _ in range(chance.choice([1, 1, 4])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed) + b"\r\n\r\n" + body


KINDS = (another_length, two_lengths, in_chunks, in_chunks, cut, a_broken_head, bytes_of_the_head)
