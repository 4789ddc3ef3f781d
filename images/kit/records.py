"""The protobuf message of the built-in algorithms, package `aialgs.data`: a record's features and label as arrays.

Fields and types as the SageMaker developer guide prints them ("Common data formats for training"); wire format:
"Protocol Buffers: Encoding". The fields are few and mostly long lists of numbers, which numpy reads where they lie; a
general decoder would make a Python object of each.
"""

from dataclasses import dataclass, field

import numpy as np

FEATURES, LABEL, UID, METADATA, CONFIGURATION = 1, 2, 3, 4, 5
MAP_KEY, MAP_VALUE = 1, 2
VALUES, KEYS, SHAPE = 1, 2, 3
BYTES_VALUE, BYTES_CONTENT_TYPE = 1, 2
FLOAT32, FLOAT64, INT32, BYTES = 2, 3, 7, 9
"""Fields of Value, of which one is set."""

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types."""

FLOATS = {FLOAT32: np.dtype("<f4"), FLOAT64: np.dtype("<f8")}
LONGEST_VARINT = 10
SEVEN = np.uint64(7)
"""Bits of a number in each byte."""


@dataclass(frozen=True)
class Tensor:
    """values: float32, float64 or int32 (n,). keys: uint64 (n,), flat position of each value in row-major order, or
    None if all values are there. shape: tuple, empty if not sent. span: where values lie in the message, as offsets of
    bytes, if they lie there as one array.
    """

    values: np.ndarray
    keys: np.ndarray | None = None
    shape: tuple[int, ...] = ()
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Blob:
    """Bytes of any kind, such as an encoded image, with their content type."""

    values: tuple[bytes, ...]
    content_type: str | None = None


@dataclass(frozen=True)
class Record:
    """One example. texts: uid, metadata and configuration, by field number; opaque: their spans in the message."""

    features: dict[str, Tensor | Blob]
    label: dict[str, Tensor | Blob]
    texts: dict[int, str] = field(default_factory=dict)
    opaque: tuple[tuple[int, int], ...] = ()


def decode_record(data, start=0, end=None):
    """Record of a message in data[start:end]; arrays are views of data. Raises ValueError if it is no such message."""
    features, label, texts, opaque = {}, {}, {}, []
    for number, kind, low, high in _fields(data, start, len(data) if end is None else end):
        if number in (FEATURES, LABEL) and kind == LENGTH:
            name, value = _entry(data, low, high)
            (features if number == FEATURES else label)[name] = value
        elif number in (UID, METADATA, CONFIGURATION) and kind == LENGTH:
            texts[number] = bytes(data[low:high]).decode("utf-8", errors="replace")
            opaque.append((low, high))
    return Record(features, label, texts, tuple(opaque))


def encode_record(features, label):
    """Message of a record. features, label: name to an array, sent dense with its own type float32, float64 or int32,
    or to a Tensor.
    """
    parts = [(FEATURES, name, value) for name, value in features.items()]
    parts += [(LABEL, name, value) for name, value in label.items()]
    return b"".join(
        _delimited(number, _delimited(MAP_KEY, name.encode()) + _delimited(MAP_VALUE, _encode_value(value)))
        for number, name, value in parts
    )


def _fields(data, position, end):
    """Yields (field number, wire type, start, end) of a message's fields; start and end enclose a field's payload."""
    while position < end:
        key, position = _varint(data, position, end)
        kind, low = key & 7, position
        if kind == LENGTH:
            length, low = _varint(data, position, end)
            position = low + length
        elif kind == VARINT:
            position = _varint(data, position, end)[1]
        elif kind in (FIXED32, FIXED64):
            position += 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"no protobuf message of a record: wire type {kind}")
        if position > end or key < 8:
            raise ValueError("no protobuf message of a record: a field is cut short")
        yield key >> 3, kind, low, position


def _varint(data, position, end):
    value = shift = 0
    while position < end and shift < 7 * LONGEST_VARINT:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
    raise ValueError("no protobuf message of a record: a number is cut short")


def _entry(data, start, end):
    name, value = "", None
    for number, kind, low, high in _fields(data, start, end):
        if number == MAP_KEY and kind == LENGTH:
            name = bytes(data[low:high]).decode("utf-8", errors="replace")
        elif number == MAP_VALUE and kind == LENGTH:
            value = _value(data, low, high)
    if value is None:
        raise ValueError(f"{name!r} has no value")
    return name, value


def _value(data, start, end):
    value = None
    for number, kind, low, high in _fields(data, start, end):
        if kind != LENGTH:
            continue
        if number in FLOATS or number == INT32:
            value = _tensor(data, number, low, high)
        elif number == BYTES:
            value = _blob(data, low, high)
    return value


def _blob(data, start, end):
    values, content_type = [], None
    for number, kind, low, high in _fields(data, start, end):
        if number == BYTES_VALUE and kind == LENGTH:
            values.append(bytes(data[low:high]))
        elif number == BYTES_CONTENT_TYPE and kind == LENGTH:
            content_type = bytes(data[low:high]).decode("utf-8", errors="replace")
    return Blob(tuple(values), content_type)


def _tensor(data, type_, start, end):
    values, keys, shape = [], [], []
    for number, kind, low, high in _fields(data, start, end):
        if number == VALUES:
            values.append((low, high))
        elif number == KEYS:
            keys.append(_integers(data, kind, low, high))
        elif number == SHAPE:
            shape += _few_integers(data, kind, low, high)
    read = _read_floats if type_ in FLOATS else _read_int32
    arrays = [read(data, type_, low, high) for low, high in values]
    return Tensor(
        _joined(arrays, FLOATS.get(type_, np.dtype(np.int32))),
        _joined(keys, np.dtype(np.uint64)) if keys else None,
        tuple(shape),
        values[0] if len(values) == 1 and type_ in FLOATS else None,
    )


def _joined(arrays, dtype):
    return arrays[0] if len(arrays) == 1 else np.concatenate([np.empty(0, dtype), *arrays]).astype(dtype)


def _read_floats(data, type_, start, end):
    """Packed or single numbers: both lie there as they are in memory."""
    dtype = FLOATS[type_]
    if (end - start) % dtype.itemsize:
        raise ValueError(f"{end - start} bytes are no list of {dtype.name}")
    return np.frombuffer(data, dtype, (end - start) // dtype.itemsize, start)


def _read_int32(data, _type, start, end):
    # A negative number is sent as a whole of 64 bits.
    return read_varints(data, start, end).view(np.int64).astype(np.int32)


def _integers(data, kind, start, end):
    if kind not in (LENGTH, VARINT):
        raise ValueError("keys must be whole numbers")
    return read_varints(data, start, end)


def _few_integers(data, kind, start, end):
    """As _integers, as a list: faster for a few."""
    if kind not in (LENGTH, VARINT):
        raise ValueError("a shape must be whole numbers")
    numbers = []
    while start < end:
        number, start = _varint(data, start, end)
        numbers.append(number)
    return numbers


def read_varints(data, start, end):
    """All numbers of 7 bits a byte, lowest first, between two offsets, as uint64 (n,). Raises ValueError if the last
    one is cut short.
    """
    raw = np.frombuffer(data, np.uint8, end - start, start)
    ends = np.flatnonzero(raw < 128)
    if ends.size == raw.size:
        return raw.astype(np.uint64)
    if raw[-1] >= 128:
        raise ValueError("no protobuf message of a record: a number is cut short")
    lengths = ends + 1
    lengths[1:] -= lengths[:-1].copy()
    longest = int(lengths.max())
    if longest > LONGEST_VARINT:
        raise ValueError("no protobuf message of a record: a number is too long")
    # The last byte of a number is its highest; the ones before it follow.
    numbers = raw[ends].astype(np.uint64)
    for back in range(1, longest):
        numbers = np.where(lengths > back, numbers << SEVEN | (raw[ends - back] & 127), numbers)
    return numbers


def _encode_value(value):
    tensor = value if isinstance(value, Tensor) else Tensor(np.asarray(value))
    number = {"float32": FLOAT32, "float64": FLOAT64, "int32": INT32}[tensor.values.dtype.name]
    if number == INT32:
        values = b"".join(_encode_varint(item & (2**64 - 1)) for item in tensor.values.tolist())
    else:
        values = tensor.values.astype(FLOATS[number]).tobytes()
    body = _delimited(VALUES, values)
    for part, items in ((KEYS, tensor.keys), (SHAPE, tensor.shape)):
        if items is not None and len(items):
            body += _delimited(part, b"".join(_encode_varint(int(item)) for item in items))
    return _delimited(number, body)


def _delimited(number, payload):
    return _encode_varint(number << 3 | LENGTH) + _encode_varint(len(payload)) + payload


def _encode_varint(value):
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    data.append(value)
    return bytes(data)
