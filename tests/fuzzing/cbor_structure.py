"""Mutations of CBOR (RFC 8949): read, changed at some items, and written again."""

import struct

from odd_values import a_depth, a_text

_ODD = (
    b"\xf6",
    b"\xf7",
    b"\xf5",
    b"\xff",
    b"\x00",
    b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x1b\x00\x20\x00\x00\x00\x00\x00\x01",
    b"\xf9\x7e\x00",
    b"\xf9\x7c\x00",
    b"\xf9\x00\x01",
    b"\xfa\x7f\xc0\x00\x00",
    b"\xfb\xff\xf0\x00\x00\x00\x00\x00\x00",
    b"\xfb\x7f\xef\xff\xff\xff\xff\xff\xff",
    b"\xc1\xfb\x7f\xef\xff\xff\xff\xff\xff\xff",
    b"\xc1\xf9\x7e\x00",
    b"\xc1\x1b\x00\x7f\xff\xff\xff\xff\xff\xff",
    b"\xc1\x61a",
    b"\xc0\x74" + b"2013-03-21T20:04:00Z",
    b"\xc2\x49\x01" + b"\0" * 8,
    b"\xd9\xd9\xf7\x01",
    b"\xdb\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x7b\x00\x00\x00\x01\x00\x00\x00\x00",
    b"\x9b\x00\x00\x00\x01\x00\x00\x00\x00",
    b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x9a\x7f\xff\xff\xff",
    b"\x9f\xff",
    b"\xbf\xff",
    b"\x7f\x61a\x61b\xff",
    b"\x5f\x41a\xff",
    b"\x9f",
    b"\xbf",
    b"\x7f",
    b"\x62\xff\xfe",
    b"\x63\xed\xa0\x80",
    b"\x44\x00\x01\x02\x03",
    b"\x80",
    b"\xa0",
    b"\x1c",
    b"\xfc",
    b"\xf8\x18",
    b"\xf8\xff",
    b"\x18\x01",
    b"\xa2\x61a\x01\x61a\x02",
    b"\xa1\x69__proto__\xa1\x61a\x01",
    b"\xa1\x01\x02",
)


def mutate(body, chance):
    try:
        document, _ = _read(body or b"\xa0", 0)
    except (IndexError, struct.error, UnicodeDecodeError):
        return body
    written = _write(document, chance, 0.15)
    return written + (chance.choice([b"\0", b"\xff", written]) if chance.random() < 0.03 else b"")


def _read(data, place):
    major, low = data[place] >> 5, data[place] & 31
    place += 1
    if major == 7 and low >= 25:
        size = {25: 2, 26: 4, 27: 8}[low]
        return data[place - 1 : place + size], place + size
    if low >= 24:
        size = 1 << (low - 24)
        low = int.from_bytes(data[place : place + size])
        place += size
    if major in (2, 3):
        value = data[place : place + low]
        return (value if major == 2 else value.decode()), place + low
    if major == 4:
        items = []
        for _ in range(low):
            item, place = _read(data, place)
            items.append(item)
        return items, place
    if major == 5:
        pairs = []
        for _ in range(low):
            key, place = _read(data, place)
            item, place = _read(data, place)
            pairs.append((key, item))
        return dict(pairs), place
    if major == 6:
        item, place = _read(data, place)
        return ("tag", low, item), place
    return (low if major == 0 else -1 - low if major == 1 else ("simple", low)), place


def _head(major, size):
    if size < 24:
        return bytes([major << 5 | size])
    width = next(width for width in (1, 2, 4, 8) if size < 1 << (8 * width))
    return bytes([major << 5 | (23 + width.bit_length())]) + size.to_bytes(width)


def _write(value, chance, often):
    if chance.random() < often:
        return _an_odd_item(value, chance)
    if isinstance(value, dict):
        pairs = [_write(key, chance, often / 5) + _write(item, chance, often) for key, item in value.items()]
        if chance.random() < often / 3:
            return b"\xbf" + b"".join(pairs) + b"\xff"
        if pairs and chance.random() < often / 3:
            pairs.append(pairs[0])
        return _head(5, len(pairs)) + b"".join(pairs)
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(_write(item, chance, often) for item in value)
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return value if value[:1] in (b"\xf9", b"\xfa", b"\xfb") else _head(2, len(value)) + value
    if isinstance(value, tuple):
        kind, number, *item = value
        return _head(6, number) + _write(item[0], chance, often) if kind == "tag" else _head(7, number)
    return _head(0, value) if value >= 0 else _head(1, -1 - value)


def _an_odd_item(value, chance):
    kind = chance.randrange(6)
    if kind == 0:
        text = a_text(chance).encode()
        return _head(3, len(text)) + text
    if kind == 1:
        depth = a_depth(chance)
        return chance.choice([b"\x81" * depth + b"\x00", b"\xa1\x61a" * depth + b"\x00", b"\xc1" * depth + b"\x00"])
    if kind == 2:
        many = chance.choice([10, 1000])
        return _head(4, many) + _write(value, chance, 0) * many if not isinstance(value, dict | list) else b"\x80"
    if kind == 3:
        return b"\xfb" + chance.randbytes(8)
    return chance.choice(_ODD)
