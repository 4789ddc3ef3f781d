"""RecordIO-protobuf as the built-in algorithm reads it: a vector and a label a record (kit/vectors.py)."""

import numpy as np
from scipy.sparse import issparse

from images.kit.errors import UserError
from images.kit.vectors import VectorReader

from .rows import Rows, stack


def read_training(files):
    """Yields Rows of binary files, given as (file, name in errors), whose records all have the same form.

    Raises UserError with file and record.
    """
    reader = VectorReader()
    for file, name in files:
        for vectors in reader.read(file, name):
            yield _rows(vectors, name)


def read_features(file, source):
    """Features of a request as float32 (n, d) or csr_matrix; labels are ignored.

    Raises UserError with the record's number.
    """
    parts = []
    for vectors in VectorReader().read(file, source):
        _check_features(vectors, source)
        parts.append(vectors.features)
    if not parts:
        raise UserError(f"The {source} holds no record.")
    return stack(parts)


def _rows(vectors, source):
    labels = vectors.labels
    count = 0 if labels is None else labels.shape[1]
    if count != 1:
        raise UserError(f"{source}, record {vectors.first}: expected one label under 'values', got {count}.")
    _refuse(~np.isfinite(labels[:, 0]), vectors, source, "the label is missing or too large")
    _check_features(vectors, source)
    return Rows(vectors.features, labels[:, 0])


def _check_features(vectors, source):
    features = vectors.features
    if issparse(features):
        which = np.zeros(features.shape[0], bool)
        which[np.repeat(np.arange(features.shape[0]), np.diff(features.indptr))[np.isinf(features.data)]] = True
    else:
        which = np.isinf(features).any(axis=1)
    _refuse(which, vectors, source, "a feature is infinite or too large; numbers are held as float32")


def _refuse(which, vectors, source, problem):
    """Raises UserError for the first record that `which`, bool (n,), is true of."""
    if which.any():
        raise UserError(f"{source}, record {vectors.first + int(np.argmax(which))}: {problem}.")
