"""The evaluation metrics that the built-in algorithm adds to XGBoost's own: accuracy, f1 (macro average) and mse.

With several hosts each one has some of the rows; `total` and `largest` (together.py) give the sum of an array float64
(n,) and the largest of a whole number over all hosts. Without them the rows at hand are all.
"""

import numpy as np

MAXIMIZED = ("accuracy", "f1")


def _same(value):
    return value


def classes(objective, predictions):
    """Predicted class of each row as int64 (n,).

    predictions: float32 (n,) or (n, classes), as XGBoost transforms them for the objective.
    """
    if predictions.ndim == 2:
        return predictions.argmax(axis=1)
    if objective.startswith("multi:"):
        return predictions.astype(np.int64)
    return (predictions > (0.0 if objective == "binary:logitraw" else 0.5)).astype(np.int64)


def accuracy(labels, predicted, total=_same):
    """Share of rows whose class is right. labels: float32 (n,). predicted: int64 (n,)."""
    hits, count = total(np.array([(labels == predicted).sum(), labels.size], np.float64))
    return float(hits / count)


def f1(labels, predicted, total=_same, largest=_same):
    """Mean over all classes, present or predicted, of 2 TP / (2 TP + FP + FN); van Rijsbergen (1979), macro average.

    labels: float32 (n,). predicted: int64 (n,).
    """
    truth = labels.astype(np.int64)
    size = largest(int(max(truth.max(initial=0), predicted.max(initial=0)))) + 1
    hits = np.bincount(truth[truth == predicted], minlength=size)
    counts = np.bincount(truth, minlength=size) + np.bincount(predicted, minlength=size)
    hits, counts = total(np.concatenate([hits, counts]).astype(np.float64)).reshape(2, size)
    present = counts > 0
    return float((2 * hits[present] / counts[present]).mean())


def mse(labels, predictions, total=_same):
    """Mean squared error. labels, predictions: float32 (n,)."""
    squares, count = total(np.array([((labels - predictions) ** 2).sum(dtype=np.float64), labels.size]))
    return float(squares / count)


def auc(labels, scores, weights):
    """Area under the ROC curve, by trapezoids between different scores (Fawcett, 2006); NaN if one class is absent.

    labels: float32 (n,) of 0 and 1. scores: float32 (n,), higher for class 1. weights: float32 (n,). All rows at once:
    XGBoost's own, on several hosts, is the mean of what each host has for its rows.
    """
    order = np.argsort(-scores, kind="stable")
    labels, scores, weights = labels[order], scores[order], weights[order].astype(np.float64)
    last_of_a_score = np.append(np.flatnonzero(np.diff(scores)), max(scores.size - 1, 0))
    hits, misses = (
        np.concatenate([[0], np.cumsum(weights * of_class)[last_of_a_score]]) if scores.size else np.zeros(1)
        for of_class in (labels, 1 - labels)
    )
    area = (np.diff(misses) * (hits[1:] + hits[:-1]) / 2).sum()
    return float(area / (hits[-1] * misses[-1])) if hits[-1] * misses[-1] > 0 else float("nan")


def evaluate(name, objective, labels, predictions, total=_same, largest=_same):
    """Value of one of the metrics above."""
    if name == "mse":
        return mse(labels, predictions, total)
    predicted = classes(objective, predictions)
    return f1(labels, predicted, total, largest) if name == "f1" else accuracy(labels, predicted, total)
