"""A data set in memory: features with labels, and row weights and ranking groups where they were given."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, issparse, vstack

PART_BYTES = 64 * 1024 * 1024
"""Parts of a data set are joined up to this size: fewer are faster, and joining needs so much more memory."""


@dataclass(frozen=True)
class Rows:
    """features: float32 (n, d), NaN where missing, or csr_matrix whose absent values are missing. labels: float32 (n,).
    weights: float32 (n,) or None. groups: int64 (n,) query of each row, equal ones adjacent, or None.
    """

    features: np.ndarray | csr_matrix
    labels: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    @staticmethod
    def concatenate(parts):
        """One data set of several, in order. Sparse parts get as many columns as the widest.

        Raises ValueError if only some have weights or groups. parts: at least one.
        """
        return Rows(
            stack([part.features for part in parts]),
            np.concatenate([part.labels for part in parts]),
            _join([part.weights for part in parts], "weights"),
            _join([part.groups for part in parts], "groups (qid)"),
        )

    def is_finite(self):
        """Whether no value is infinite, as numbers too large for float32 become."""
        values = self.features.data if issparse(self.features) else self.features
        arrays = (values, self.labels, self.weights)
        return not any(np.isinf(array).any() for array in arrays if array is not None)

    def size_bytes(self):
        """Bytes of the features."""
        features = self.features
        return features.data.nbytes + features.indices.nbytes if issparse(features) else features.nbytes

    def take(self, which):
        """Some of the rows. which: bool (n,) or a slice."""
        return Rows(*(None if array is None else array[which] for array in self._arrays()))

    def _arrays(self):
        return self.features, self.labels, self.weights, self.groups


@dataclass(frozen=True)
class DataSet:
    """Rows in parts, so that they are never copied as a whole. parts: all dense or all sparse, all with weights or
    none, all with groups or none. columns: number of features; sparse parts may use fewer, and so may dense ones that
    are empty.
    """

    parts: tuple[Rows, ...]
    columns: int

    @staticmethod
    def of(parts):
        """Data set of the rows that an iterable gives, some of which may be empty.

        Raises ValueError if only some have weights or groups.
        """
        joined, waiting, size = [], [], 0
        for part in parts:
            if part.labels.size == 0:
                continue
            waiting.append(part)
            size += part.size_bytes()
            if size >= PART_BYTES:
                joined.append(Rows.concatenate(waiting))
                waiting, size = [], 0
        if waiting:
            joined.append(Rows.concatenate(waiting))
        for name in ("weights", "groups"):
            _check_all_or_none([getattr(part, name) for part in joined], NAMES[name])
        return DataSet(tuple(joined), max((part.features.shape[1] for part in joined), default=0))

    @property
    def row_count(self):
        """Number of rows."""
        return sum(part.labels.size for part in self.parts)

    def form(self):
        """What data sets must have in common to be trained on together; None for what is not known without rows."""
        if not self.parts:
            return None
        first = self.parts[0]
        return {
            "sparse": bool(issparse(first.features)),
            "weights": first.weights is not None,
            "groups": first.groups is not None,
        }

    def in_form(self, form, columns):
        """The same rows with so many columns; if there are none, an empty part of the form."""
        if self.parts:
            return DataSet(self.parts, columns)
        features = csr_matrix((0, columns), dtype=np.float32) if form["sparse"] else np.empty((0, columns), np.float32)
        empty = np.empty(0, np.float32)
        groups = np.empty(0, np.int64) if form["groups"] else None
        return DataSet((Rows(features, empty, empty if form["weights"] else None, groups),), columns)


NAMES = {"weights": "weights", "groups": "groups (qid)"}


def stack(matrices):
    """One matrix of several, all dense or all sparse, one below the other. Sparse ones are widened to the widest."""
    if not issparse(matrices[0]):
        return matrices[0] if len(matrices) == 1 else np.concatenate(matrices)
    columns = max(matrix.shape[1] for matrix in matrices)
    for matrix in matrices:
        matrix.resize(matrix.shape[0], columns)
    return matrices[0] if len(matrices) == 1 else vstack(matrices, format="csr")


def _join(arrays, name):
    _check_all_or_none(arrays, name)
    if arrays[0] is None:
        return None
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _check_all_or_none(arrays, name):
    if len({array is None for array in arrays}) > 1:
        raise ValueError(f"Only some of the rows have {name}; give them to all or to none.")
