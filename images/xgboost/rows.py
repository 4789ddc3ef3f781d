"""A data set in memory: features with labels, and row weights and ranking groups where they were given."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, issparse, vstack


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
            _stack([part.features for part in parts]),
            np.concatenate([part.labels for part in parts]),
            _join([part.weights for part in parts], "weights"),
            _join([part.groups for part in parts], "groups (qid)"),
        )

    def is_finite(self):
        """Whether no value is infinite, as numbers too large for float32 become."""
        values = self.features.data if issparse(self.features) else self.features
        arrays = (values, self.labels, self.weights)
        return not any(np.isinf(array).any() for array in arrays if array is not None)


def _stack(matrices):
    if not issparse(matrices[0]):
        return matrices[0] if len(matrices) == 1 else np.concatenate(matrices)
    columns = max(matrix.shape[1] for matrix in matrices)
    for matrix in matrices:
        matrix.resize(matrix.shape[0], columns)
    return matrices[0] if len(matrices) == 1 else vstack(matrices, format="csr")


def _join(arrays, name):
    present = [array for array in arrays if array is not None]
    if not present:
        return None
    if len(present) < len(arrays):
        raise ValueError(f"Only some of the rows have {name}; give them to all or to none.")
    return present[0] if len(present) == 1 else np.concatenate(present)
