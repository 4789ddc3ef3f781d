"""How good predictions are, as sums that add up over batches and hosts, and the metrics that follow from them.

Names and kinds as the built-in algorithm prints them; SageMaker developer guide, "Tune a Factorization Machines Model".
"""

import numpy as np
from scipy.special import expit

from .hyperparameters import CLASSIFIER

LOSS, SCORE = "loss", "score"
THRESHOLD = 0.5

SUMS = 6
"""How many sums there are; of a regressor some stay 0."""


def label_of(probabilities):
    """Which rows are predicted to be 1: bool (n,)."""
    return probabilities >= THRESHOLD


def sums(predictor_type, values, labels):
    """What the metrics need of some rows, float64 (6,); of a classifier rows, hits, log loss, and true positives,
    predicted and actual ones; of a regressor rows, squared and absolute errors. values: float32 (n,), before any link.
    """
    if predictor_type != CLASSIFIER:
        errors = values.astype(np.float64) - labels
        return np.array([labels.size, (errors**2).sum(), np.abs(errors).sum(), 0, 0, 0])
    ones, predicted = labels == 1, label_of(expit(values))
    values = values.astype(np.float64)
    log_loss = (np.logaddexp(0, values) - labels * values).sum()
    hits = (ones == predicted).sum()
    return np.array([labels.size, hits, log_loss, (ones & predicted).sum(), predicted.sum(), ones.sum()], np.float64)


def metrics(predictor_type, total):
    """List of (name, kind, value) from added sums. F1 of no one at all is 0."""
    rows = total[0]
    if predictor_type != CLASSIFIER:
        mse = float(total[1] / rows)
        return [("rmse", LOSS, mse**0.5), ("mse", LOSS, mse), ("absolute_loss", LOSS, float(total[2] / rows))]
    both = total[4] + total[5]
    return [
        ("binary_classification_accuracy", SCORE, float(total[1] / rows)),
        ("binary_classification_cross_entropy", LOSS, float(total[2] / rows)),
        ("binary_f_1.000", SCORE, float(2 * total[3] / both) if both else 0.0),
    ]
