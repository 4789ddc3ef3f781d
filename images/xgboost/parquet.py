"""Parquet as the built-in algorithm reads it: the first column is the label, the others are features.

The Rust reader of Apache Arrow, by its small Python package arro3 (docs/decisions/0003-images.md). Columns are taken
from it by the Arrow C data interface, since it gives numpy no column with nulls.
"""

import ctypes
import io

import numpy as np

from images.kit.errors import UserError
from images.kit.recordio import read_records

from .rows import Rows

MAGIC = b"PAR1"
"""Begins and ends a Parquet file (Apache Parquet, "File Format")."""

FOOTER_BYTES = 8
"""Length of the metadata before it, and the magic again."""

READ_BYTES = 1024 * 1024


def read_training(files):
    """Yields Rows of Parquet files, given as (seekable binary file, name in errors), that all have as many columns.

    A null in a feature is a missing value. Raises UserError with file, row and column.
    """
    columns = None
    for file, name in files:
        for first, batch in _batches(file, name):
            columns = columns or batch.num_columns
            if batch.num_columns != columns:
                raise UserError(f"{name}: expected {columns} columns, got {batch.num_columns}.")
            if columns < 2:
                raise UserError(f"{name}: expected a label and at least one feature, got {columns} column(s).")
            yield _rows(batch, first, name)


def split_records(stream, source):
    """Yields (file, name in errors) of Parquet files that a stream wraps in a RecordIO record each."""
    for number, payload in enumerate(read_records(stream, source), 1):
        yield io.BytesIO(payload), f"{source}, object {number}"


def split_stream(stream, source):
    """Yields (file, name in errors) of Parquet files that follow each other in a stream; each is held in memory."""
    data, looked, number = bytearray(), 0, 1
    while part := stream.read(READ_BYTES):
        data += part
        while (cut := _border(data, looked)) is not None:
            yield io.BytesIO(data[:cut]), f"{source}, object {number}"
            del data[:cut]
            looked, number = 0, number + 1
        looked = max(0, len(data) - 2 * len(MAGIC))
    if data:
        yield io.BytesIO(data), f"{source}, object {number}"


def _border(data, start):
    """Where the first file in data ends and another begins, or None; where no footer fits, it is part of the file."""
    while (found := data.find(MAGIC + MAGIC, start)) != -1:
        end = found + len(MAGIC)
        if _has_footer(data[end - FOOTER_BYTES : end], end):
            return end
        start = found + 1
    return None


def _has_footer(tail, size):
    """Whether a file of so many bytes can end in these."""
    metadata_bytes = int.from_bytes(tail[:4], "little")
    return tail[4:] == MAGIC and 0 < metadata_bytes <= size - FOOTER_BYTES - len(MAGIC)


def _batches(file, name):
    """Yields (number of its first row, record batch) of one file."""
    # Imported only for a job that has such data: others start without it.
    from arro3.io import read_parquet

    _check_file(file, name)
    first = 1
    try:
        for batch in read_parquet(file):
            yield first, batch
            first += batch.num_rows
    except BaseException as error:
        # The reader panics on files that are broken inside, which Python sees as a BaseException of that name.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise UserError(f"{name}: this Parquet file cannot be read: {error}") from error
        raise


def _check_file(file, name):
    head = file.read(len(MAGIC))
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - FOOTER_BYTES))
    if head != MAGIC or not _has_footer(file.read(), size):
        raise UserError(f"{name}: expected a Parquet file, which begins and ends with PAR1.")
    file.seek(0)


def _rows(batch, first, name):
    cells = np.empty((batch.num_rows, batch.num_columns), np.float32)
    for index, column in enumerate(batch.columns):
        title = batch.schema.field(index).name
        if not _is_number(column.type):
            raise UserError(f"{name}, column {title}: expected numbers, got {column.type}.")
        _copy(column, cells[:, index])
        wrong = np.flatnonzero(~np.isfinite(cells[:, 0]) if index == 0 else np.isinf(cells[:, index]))
        if wrong.size:
            problem = "the label is missing or too large" if index == 0 else "a number is infinite or too large"
            raise UserError(f"{name}, row {first + int(wrong[0])}, column {title}: {problem} for float32.")
    return Rows(cells[:, 1:], cells[:, 0].copy())


def _is_number(type_):
    from arro3.core import DataType

    return DataType.is_numeric(type_) or DataType.is_boolean(type_)


class _Array(ctypes.Structure):
    """ArrowArray (Apache Arrow, "The Arrow C data interface"), its first fields."""

    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    )


_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype, _pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def _copy(column, target):
    """Copies a column of numbers to float32 (n,), NaN for nulls."""
    from arro3.core import DataType

    numbers = column.cast(DataType.float32())
    if not numbers.null_count:
        target[:] = numbers.to_numpy()
        return
    _, capsule = numbers.__arrow_c_array__()
    array = _Array.from_address(_pointer_of(capsule, b"arrow_array"))
    end = array.offset + array.length
    bits = (ctypes.c_uint8 * ((end + 7) // 8)).from_address(array.buffers[0])
    values = (ctypes.c_float * end).from_address(array.buffers[1])
    is_valid = np.unpackbits(np.frombuffer(bits, np.uint8), count=end, bitorder="little")[array.offset :]
    target[:] = np.where(is_valid, np.frombuffer(values, np.float32)[array.offset :], np.nan)
