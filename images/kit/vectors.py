"""Streams of RecordIO-protobuf as matrices: one row of features a record, and its label.

Writers send records of one data set in one form, so most have the same bytes but for their numbers: such a run is read
as one array. All other records are decoded one by one.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from .errors import UserError
from .recordio import read_blocks
from .records import Blob, Tensor, decode_record

NAME = "values"
"""Key of plain vectors, in features and in label."""

LARGEST_WIDTH = 2**31 - 1

PATIENCE = 64
"""After a record that no other one is like, so many are decoded before a run is looked for again."""


@dataclass(frozen=True)
class Vectors:
    """Consecutive records. features: float32 (n, d), or csr_matrix whose absent values were not sent.
    labels: float32 (n, k), or None if the records have none. first: number of the first record in its file, from 1.
    """

    features: np.ndarray | csr_matrix
    labels: np.ndarray | None
    first: int


class VectorReader:
    """Reads files of records of one data set; all records must be in the form of the first one."""

    def __init__(self, only=None):
        """only: the one type of numbers that the algorithm takes, such as np.float32; any by default."""
        self._before = None
        self._only = None if only is None else np.dtype(only)

    def read(self, file, source):
        """Yields Vectors of a binary file of records, many rows at a time. source: the file's name in errors.

        Values too large for float32 become infinite. Raises UserError with the record's number if one is no record, has
        no vector of numbers under `values`, or differs in form from the one before.
        """
        number = 1
        for block, spans in read_blocks(file, source):
            yield from self._read_block(block, spans, source, number)
            number += len(spans)

    def _read_block(self, block, spans, source, number):
        singles, position, wait = [], 0, 0
        while position < len(spans):
            vector = self._decode(block, spans[position], f"{source}, record {number + position}")
            rows = _alike(block, spans[position:], vector) if wait == 0 else None
            if rows is None:
                wait = wait - 1 if wait else PATIENCE
                singles.append(vector)
                position += 1
                continue
            if singles:
                yield _stacked(singles, number + position - len(singles))
                singles = []
            features, labels = (_columns(rows, vector, tensor) for tensor in (vector.features, vector.label))
            yield Vectors(features, labels, number + position)
            position += len(rows)
        if singles:
            yield _stacked(singles, number + position - len(singles))

    def _decode(self, block, span, place):
        vector = _decode(block, span, place)
        for tensor in (vector.features, vector.label) if self._only else ():
            if tensor is not None and tensor.values.dtype != self._only:
                raise UserError(f"{place}: expected numbers of type {self._only}, got {tensor.values.dtype}.")
        if self._before is not None:
            _check_form(self._before, vector)
        self._before = vector.form()
        return vector


@dataclass(frozen=True)
class _Vector:
    features: Tensor
    label: Tensor | None
    width: int
    opaque: tuple
    start: int
    """Offset of its message in the block."""
    place: str

    def form(self):
        """What all records of a data set have in common, by name."""
        return {
            "features": self.width,
            "labels": 0 if self.label is None else len(self.label.values),
            "form": "dense" if self.features.keys is None else "sparse",
        }


def _decode(block, span, place):
    """The record at a span, checked. Raises UserError."""
    start, end = span.tolist()
    try:
        record = decode_record(block, start, end)
    except ValueError as error:
        raise UserError(f"{place}: {error}.") from error
    features, label = record.features.get(NAME), record.label.get(NAME)
    if not isinstance(features, Tensor):
        found = ", ".join(map(repr, record.features)) or "none"
        raise UserError(f"{place}: expected numbers as the feature {NAME!r}; its features are {found}.")
    if isinstance(label, Blob):
        raise UserError(f"{place}: expected numbers as label, got bytes.")
    if features.keys is None and features.shape and not len(features.values):
        # A sparse row of zeros: an empty list of keys is not sent.
        features = replace(features, keys=np.empty(0, np.uint64))
    return _Vector(features, label, _width(features, place), record.opaque, start, place)


def _width(features, place):
    """Number of features of a vector, with those that were not sent."""
    count = len(features.values)
    if features.keys is None:
        return count
    if len(features.keys) != count:
        raise UserError(f"{place}: {len(features.keys)} keys for {count} values.")
    if not features.shape:
        raise UserError(f"{place}: a sparse vector needs its shape.")
    width = math.prod(features.shape)
    if width > LARGEST_WIDTH:
        raise UserError(f"{place}: the shape {list(features.shape)} is too large.")
    if count and int(features.keys.max()) >= width:
        raise UserError(f"{place}: key {int(features.keys.max())} is outside the shape {list(features.shape)}.")
    return width


def _check_form(before, vector):
    """Refuses a vector that cannot be in one matrix with the one before it."""
    for name, here in vector.form().items():
        if here != before[name]:
            raise UserError(f"{vector.place}: {name} {here}, but {before[name]} in the record before it.")


def _alike(block, spans, vector):
    """Bytes of the first record and of those after it that equal it but for floats and texts, as a view of the block,
    uint8 (n, size); None if there are none after it.
    """
    tensors = [tensor for tensor in (vector.features, vector.label) if tensor is not None]
    if len(spans) < 2 or any(tensor.span is None or tensor.keys is not None for tensor in tensors):
        return None
    sizes, steps = spans[:, 1] - spans[:, 0], spans[:, 0] - vector.start
    size, step = int(sizes[0]), int(steps[1])
    count = _leading((sizes == size) & (steps == step * np.arange(len(spans))))
    data = np.frombuffer(block, np.uint8)[vector.start :]
    rows = np.lib.stride_tricks.as_strided(data, (count, size), (step, 1), writeable=False)
    is_fixed = np.ones(size, bool)
    for low, high in (*vector.opaque, *(tensor.span for tensor in tensors)):
        is_fixed[low - vector.start : high - vector.start] = False
    fixed = rows[:, is_fixed]
    rows = rows[: _leading((fixed == fixed[0]).all(axis=1))]
    return rows if len(rows) > 1 else None


def _leading(truths):
    """How many are true before the first false one."""
    return len(truths) if truths.all() else int(np.argmin(truths))


def _columns(rows, first, tensor):
    """A tensor's numbers in each row, as float32 (n, d); None for no tensor. rows: uint8 (n, size). first: the vector
    that the first row is, and the tensor one of its.
    """
    if tensor is None:
        return None
    low, high = (offset - first.start for offset in tensor.span)
    return _float32(np.ascontiguousarray(rows[:, low:high]).view(tensor.values.dtype))


def _stacked(vectors, first):
    labels = None
    if vectors[0].label is not None:
        labels = _float32(np.stack([vector.label.values for vector in vectors]))
    if vectors[0].features.keys is None:
        return Vectors(_float32(np.stack([vector.features.values for vector in vectors])), labels, first)
    pointers = np.cumsum([0] + [len(vector.features.values) for vector in vectors])
    values = _float32(np.concatenate([vector.features.values for vector in vectors]))
    keys = np.concatenate([vector.features.keys for vector in vectors]).astype(np.int64)
    return Vectors(csr_matrix((values, keys, pointers), shape=(len(vectors), vectors[0].width)), labels, first)


def _float32(array):
    with np.errstate(over="ignore"):
        return array.astype(np.float32)
