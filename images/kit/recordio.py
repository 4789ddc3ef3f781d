"""RecordIO framing: a file or a stream as a sequence of records (magic number, length, payload, padding to 4 bytes).

Format of Apache MXNet's RecordIO, which the built-in algorithms read and which Pipe mode wraps objects in (SageMaker
developer guide, "Common data formats for training"; CreateTrainingJob, RecordWrapperType).
"""

import struct

import numpy as np

from .errors import UserError

MAGIC = 0xCED7230A
HEADER = struct.Struct("<II")
"""Magic number; then the part's kind in the highest 3 bits and its length in bytes in the other 29."""

WHOLE, FIRST, MIDDLE, LAST = range(4)
LENGTH_BITS = 29
LARGEST_RECORD_BYTES = 2**LENGTH_BITS - 1
BLOCK_BYTES = 1024 * 1024
_MAGIC_BYTES = struct.pack("<I", MAGIC)


def frame(payload):
    """One record as bytes. payload: bytes, at most LARGEST_RECORD_BYTES of them."""
    if len(payload) > LARGEST_RECORD_BYTES:
        raise ValueError(f"A record holds at most {LARGEST_RECORD_BYTES} bytes, got {len(payload)}.")
    return HEADER.pack(MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)


def of_request(body, environment):
    """A request's body as a stream of records: a transform job that sends them one by one takes their frames away
    (API reference, TransformInput, SplitType).
    """
    is_bare = environment.get("SAGEMAKER_BATCH_STRATEGY") == "SINGLE_RECORD" and not body.startswith(_MAGIC_BYTES)
    return frame(body) if is_bare else body


def read_records(file, source):
    """Yields the payload of each record of a binary file, as memoryview. source: its name in errors.

    Raises UserError with the record's number if the framing is broken or the file is cut short.
    """
    for block, spans in read_blocks(file, source):
        view = memoryview(block)
        for start, end in spans:
            yield view[start:end]


def read_blocks(file, source):
    """As read_records, many records at a time: yields bytes and int64 (n, 2), start and end of each payload in them.

    A block is about BLOCK_BYTES long, longer if a record is.
    """
    number, data = 1, b""
    while part := file.read(max(BLOCK_BYTES, len(data))):
        data = data + part if data else part
        spans, parts, used = _find_records(data, number, source)
        if spans:
            number += len(spans)
            yield _join_parts(data, spans, parts) if parts else (data, np.array(spans, np.int64))
        data = data[used:]
    if data:
        raise UserError(f"{source}, record {number}: the data end inside it.")


def _find_records(data, number, source):
    """Whole records at the beginning of data: spans, {index: spans of its parts} of split ones, and bytes used."""
    spans, parts_of, position, used, open_parts = [], {}, 0, 0, []
    size, unpack = len(data), HEADER.unpack_from
    while position + HEADER.size <= size:
        magic, word = unpack(data, position)
        if magic != MAGIC:
            raise UserError(
                f"{source}, record {number + len(spans)}: expected RecordIO's magic number {MAGIC:#x}, got {magic:#x}."
            )
        length, kind = word & LARGEST_RECORD_BYTES, word >> LENGTH_BITS
        start = position + HEADER.size
        position = start + length + (-length & 3)
        if position > size:
            break
        if kind > LAST or (kind in (WHOLE, FIRST)) == bool(open_parts):
            raise UserError(f"{source}, record {number + len(spans)}: its parts are not in order.")
        if kind != WHOLE:
            open_parts.append((start, start + length))
            if kind != LAST:
                continue
            parts_of[len(spans)], open_parts = open_parts, []
        spans.append((start, start + length))
        used = position
    return spans, parts_of, used


def _join_parts(data, spans, parts_of):
    """Block and spans with the parts of split records put together, the magic number back between them."""
    payloads = [
        _MAGIC_BYTES.join(data[start:end] for start, end in parts_of.get(index, [span]))
        for index, span in enumerate(spans)
    ]
    ends = np.cumsum([len(payload) for payload in payloads])
    return b"".join(payloads), np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1)
