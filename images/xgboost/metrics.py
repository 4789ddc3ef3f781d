"""The evaluation metrics that the built-in algorithm adds to XGBoost's own: accuracy, f1 (macro average) and mse."""

import numpy as np

MAXIMIZED = ("accuracy", "f1")


def classes(objective, predictions):
    """Predicted class of each row as int64 (n,).

    predictions: float32 (n,) or (n, classes), as XGBoost transforms them for the objective.
    """
    if predictions.ndim == 2:
        return predictions.argmax(axis=1)
    if objective.startswith("multi:"):
        return predictions.astype(np.int64)
    return (predictions > (0.0 if objective == "binary:logitraw" else 0.5)).astype(np.int64)


def accuracy(labels, predicted):
    """Share of rows whose class is right. labels: float32 (n,). predicted: int64 (n,)."""
    return float((labels == predicted).mean())


def f1(labels, predicted):
    """Mean over all classes, present or predicted, of 2 TP / (2 TP + FP + FN); van Rijsbergen (1979), macro average.

    labels: float32 (n,). predicted: int64 (n,).
    """
    truth = labels.astype(np.int64)
    size = int(max(truth.max(), predicted.max())) + 1
    hits = np.bincount(truth[truth == predicted], minlength=size)
    counts = np.bincount(truth, minlength=size) + np.bincount(predicted, minlength=size)
    present = counts > 0
    return float((2 * hits[present] / counts[present]).mean())


def mse(labels, predictions):
    """Mean squared error. labels, predictions: float32 (n,)."""
    return float(((labels - predictions) ** 2).mean())


def evaluate(name, objective, labels, predictions):
    """Value of one of the metrics above."""
    if name == "mse":
        return mse(labels, predictions)
    return {"accuracy": accuracy, "f1": f1}[name](labels, classes(objective, predictions))
