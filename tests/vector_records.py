"""RecordIO-protobuf as clients of the built-in algorithms write and read it, from the guide's tables alone.

SageMaker developer guide, "Common data formats for training": frames of a magic number and a length, each with a
message whose maps `features` (field 1) and `label` (field 2) hold a Float32Tensor (field 2) under a name.
"""

import struct

import numpy as np

MAGIC = 0xCED7230A


def dense(features, labels=None):
    """A record a row. features: float32 (n, d). labels: (n,), or None for a request."""
    rows = np.ascontiguousarray(features, "<f4")
    return b"".join(_record(_field(1, row.tobytes()), label) for row, label in _each(rows, labels))


def sparse(features, labels=None):
    """A record a row. features: csr_matrix (n, d)."""
    shape = _field(3, _varint(features.shape[1]))
    parts = []
    for row, label in _each(features, labels):
        keys = b"".join(map(_varint, row.indices.tolist()))
        parts.append(_record(_field(1, row.data.astype("<f4").tobytes()) + _field(2, keys) + shape, label))
    return b"".join(parts)


def results(body):
    """{name: number} of each record of a reply: the labels, whose tensors hold one number each."""
    found = []
    while body:
        magic, length = struct.unpack("<II", body[:8])
        assert magic == MAGIC
        message, body = body[8 : 8 + length], body[8 + length + -length % 4 :]
        entries = [dict(_fields(entry)) for number, entry in _fields(message) if number == 2]
        tensors = {entry[1].decode(): dict(_fields(dict(_fields(entry[2]))[2]))[1] for entry in entries}
        found.append({name: struct.unpack("<f", data)[0] for name, data in tensors.items()})
    return found


def _each(rows, labels):
    return zip(rows, [None] * rows.shape[0] if labels is None else labels, strict=True)


def _record(tensor, label):
    message = _entry(1, tensor)
    if label is not None:
        message += _entry(2, _field(1, struct.pack("<f", label)))
    return struct.pack("<II", MAGIC, len(message)) + message + bytes(-len(message) % 4)


def _entry(map_number, tensor):
    return _field(map_number, _field(1, b"values") + _field(2, _field(2, tensor)))


def _field(number, payload):
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value):
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    return bytes([*data, value])


def _fields(message):
    """(number, payload) of a message whose fields all have lengths."""
    position = 0
    while position < len(message):
        key, position = _read_varint(message, position)
        length, position = _read_varint(message, position)
        yield key >> 3, message[position : position + length]
        position += length


def _read_varint(message, position):
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
