"""Named arrays in MXNet's own file format (`mx.nd.save`), written and read without MXNet: dense float32 only.

All integers are little-endian. A list begins with a magic number, 0 and the number of arrays; then come the arrays,
each with its header; then the number of names and each name with its length. Apache MXNet, `NDArray::Save`, version 2.
"""

import struct

import numpy as np

from images.kit.errors import UserError

LIST_MAGIC, ARRAY_MAGIC = 0x112, 0xF993FAC9
DENSE, CPU, FLOAT32 = 0, 1, 0
MOST_DIMENSIONS = 32
PIECE_ROWS = 65536
"""So many rows of an array are copied at a time."""


def write(file, arrays):
    """Writes arrays, name to float32 (rows, …), to a binary file, without a copy of the whole."""
    file.write(struct.pack("<QQQ", LIST_MAGIC, 0, len(arrays)))
    for array in arrays.values():
        file.write(struct.pack(f"<IiI{array.ndim}q", ARRAY_MAGIC, DENSE, array.ndim, *array.shape))
        file.write(struct.pack("<iii", CPU, 0, FLOAT32))
        for row in range(0, len(array), PIECE_ROWS):
            file.write(np.ascontiguousarray(array[row : row + PIECE_ROWS], "<f4").data)
    file.write(struct.pack("<Q", len(arrays)))
    for name in arrays:
        file.write(struct.pack("<Q", len(name)) + name.encode())


def read(file, size):
    """Name to float32 array, of a binary file of so many bytes. Raises UserError if it is no such file."""
    reader = _Reader(file, size)
    magic, _, count = reader.numbers("<QQQ")
    if magic != LIST_MAGIC:
        raise UserError(f"params is no list of MXNet's arrays: it begins with {magic:#x}, not {LIST_MAGIC:#x}.")
    # An array has a header at least, so that no count can ask for more than there is.
    arrays = [_array(reader) for _ in range(count)]
    (names,) = reader.numbers("<Q")
    if names != count:
        raise UserError(f"params has {count} arrays and {names} names.")
    return {reader.bytes(*reader.numbers("<Q")).decode("utf-8", errors="replace"): array for array in arrays}


def _array(reader):
    magic, storage, dimensions = reader.numbers("<IiI")
    if magic != ARRAY_MAGIC or storage != DENSE or dimensions > MOST_DIMENSIONS:
        raise UserError("params holds an array that is not dense, or of a version of MXNet's format that is not read.")
    shape = reader.numbers(f"<{dimensions}q")
    _, _, kind = reader.numbers("<iii")
    if kind != FLOAT32 or any(length < 0 for length in shape):
        raise UserError("params holds an array that is not float32.")
    count = 1
    for length in shape:
        count *= length
    return np.frombuffer(reader.bytes(4 * count), "<f4").reshape(shape)


class _Reader:
    """Reads a file in order, never asking for more than it says it has."""

    def __init__(self, file, size):
        self._file = file
        self._left = size

    def bytes(self, count):
        data = self._file.read(count) if count <= self._left else b""
        if len(data) != count:
            raise UserError("params is cut short.")
        self._left -= count
        return data

    def numbers(self, form):
        return struct.unpack(form, self.bytes(struct.calcsize(form)))
