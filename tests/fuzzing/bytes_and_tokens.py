"""Mutations of any body, whatever it is: bytes, slices, tokens."""

import re

from odd_values import BYTES, NUMBERS, a_text

_TOKEN = re.compile(rb'"[^"\n]{0,200}"|[A-Za-z0-9_.+-]+|[^\sA-Za-z0-9]')


def bytes_changed(body, chance):
    changed = bytearray(body or b"{}")
    for _ in range(chance.choice([1, 1, 1, 2, 8])):
        place = chance.randrange(len(changed))
        changed[place] = chance.randrange(256) if chance.random() < 0.5 else changed[place] ^ (1 << chance.randrange(8))
    return bytes(changed)


def bytes_put_in(body, chance):
    place = chance.randrange(len(body) + 1)
    more = chance.choice(BYTES) if chance.random() < 0.7 else chance.randbytes(chance.randrange(1, 40))
    return body[:place] + more + body[place:]


def a_slice_gone(body, chance):
    start = chance.randrange(len(body) + 1)
    return body[:start] + body[start + chance.choice([1, 2, 10, len(body)]) :]


def a_slice_twice(body, chance):
    start = chance.randrange(len(body) + 1)
    end = start + chance.choice([1, 5, 50])
    return body[:end] + body[start:end] * chance.choice([1, 2, 100]) + body[end:]


def a_token_changed(body, chance):
    tokens = list(_TOKEN.finditer(body[:20_000]))
    if not tokens:
        return bytes_put_in(body, chance)
    token = chance.choice(tokens)
    other = chance.choice(
        [
            chance.choice(tokens)[0],
            b"",
            chance.choice(NUMBERS).encode(),
            a_text(chance).encode(),
            b'"' + a_text(chance).encode() + b'"',
            chance.choice([b"{", b"}", b"[", b"]", b'"', b",", b":", b"&", b"=", b"<", b">", b"null", b"true", b"\\"]),
        ]
    )
    return body[: token.start()] + other + body[token.end() :]


def nothing(body, chance):
    return chance.choice([b"", b"null", b"0", b'""', b"[]", b"{}", b" ", b"\0", b"<a/>", b"=", b"\xa0", b"\xf6"])


ANY = (bytes_changed, bytes_put_in, a_slice_gone, a_slice_twice, a_token_changed, a_token_changed, nothing)
