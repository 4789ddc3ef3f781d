"""Factorization machines of second order: predictions and gradients, in time proportional to what is not zero.

Rendle (2010), "Factorization Machines": equation 1 is the model, lemma 3.1 computes it in O(k n), equation 4 is its
gradient. Arrays in, arrays out; nothing here knows of containers, files or HTTP.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, issparse
from scipy.special import expit

from .hyperparameters import CLASSIFIER

SEED = 0
"""Weights start from the same draws in each job: the algorithm has no hyperparameter for a seed."""


@dataclass(frozen=True)
class Machine:
    """bias: float32 (1,). weights: float32 (d, 1 + k), of each feature its linear weight and then its k factors."""

    bias: np.ndarray
    weights: np.ndarray


def start(settings, seed=SEED):
    """A machine before it has learned anything. settings: Settings."""
    draw = np.random.default_rng(seed)
    weights = np.empty((settings.feature_dim, 1 + settings.num_factors), np.float32)
    bias = _initial(settings.bias, (1,), draw)
    weights[:, :1] = _initial(settings.linear, (settings.feature_dim, 1), draw)
    weights[:, 1:] = _initial(settings.factors, (settings.feature_dim, settings.num_factors), draw)
    return Machine(bias, weights)


def _initial(terms, shape, draw):
    if terms.method == "constant":
        return np.full(shape, terms.extent, np.float32)
    if terms.method == "uniform":
        return (2 * draw.random(shape, np.float32) - 1) * np.float32(terms.extent)
    return draw.standard_normal(shape, np.float32) * np.float32(terms.extent)


@dataclass(frozen=True)
class Rows:
    """Rows of features, of which only the columns that some row uses are kept.

    features: float32 (n, u), or csr_matrix. columns: int (u,), the feature of each column, ascending; None for all.
    """

    features: np.ndarray | csr_matrix
    columns: np.ndarray | None

    @classmethod
    def of(cls, features):
        """features: float32 (n, d), or csr_matrix, in which a column may be named twice in a row: values add up."""
        if not issparse(features):
            return cls(features, None)
        features = csr_matrix(features)
        features.sum_duplicates()
        columns, places = np.unique(features.indices, return_inverse=True)  # (u,), (stored values,)
        places = places.astype(np.int32, copy=False)
        narrow = csr_matrix((features.data, places, features.indptr), (features.shape[0], columns.size), copy=False)
        return cls(narrow, columns)


def scores(machine, rows):
    """The model's value for each row, before any link: float32 (n,). rows: Rows."""
    return _forward(machine.bias, _used(machine.weights, rows.columns), rows.features)[0]


def predict(machine, predictor_type, features):
    """A regressor's value, or a classifier's probability of label 1, for each row: float32 (n,).

    features: float32 (n, d), or csr_matrix.
    """
    values = scores(machine, Rows.of(features))
    return expit(values) if predictor_type == CLASSIFIER else values


def scores_and_gradient(machine, predictor_type, rows, labels):
    """The model's value for each row, and the gradient of the loss summed over the rows.

    labels: float32 (n,). The loss of a row is (value - label)^2 / 2, or the log loss of the logistic link. Returns
    values float32 (n,), gradient of the bias as float, and of the weights of the rows' columns as float32 (u, 1 + k).
    """
    weights = _used(machine.weights, rows.columns)
    values, sums, squares = _forward(machine.bias, weights, rows.features)
    residuals = (expit(values) if predictor_type == CLASSIFIER else values) - labels  # (n,)
    # d value / d v_if = x_i (sum_j v_jf x_j) - v_if x_i^2; the first column is x_i alone.
    sums *= residuals[:, None]
    sums[:, 0] = residuals
    gradient = rows.features.T @ sums  # (u, 1 + k)
    gradient[:, 1:] -= weights[:, 1:] * (squares.T @ residuals)[:, None]
    return values, float(residuals.sum(dtype=np.float64)), gradient


def _used(weights, columns):
    return weights if columns is None else weights[columns]


def _forward(bias, weights, features):
    """Values float32 (n,); products of rows and weights float32 (n, 1 + k); squares of the features (n, u)."""
    squares = features.multiply(features).tocsr() if issparse(features) else features * features
    sums = features @ weights
    # sum_f (sum_i v_if x_i)^2 - sum_i x_i^2 sum_f v_if^2: the second part needs one number for each feature.
    lengths = np.einsum("uk,uk->u", weights[:, 1:], weights[:, 1:])
    pairs = np.einsum("nk,nk->n", sums[:, 1:], sums[:, 1:]) - squares @ lengths
    return bias + sums[:, 0] + pairs / 2, sums, squares
