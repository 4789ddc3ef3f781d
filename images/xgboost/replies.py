"""Predictions as the built-in algorithm writes them: CSV, JSON, JSON Lines or RecordIO-protobuf, whole or by keys.

Follows aws/sagemaker-xgboost-container 1.0-1; the guide does not describe replies. Numbers are written so that they
read back as the same float32.
"""

import json

import numpy as np

from images.kit import content
from images.kit.content import JSON, JSON_LINES
from images.kit.recordio import frame
from images.kit.records import encode_record

CSV = "text/csv"
PROTOBUF = (content.PROTOBUF, "recordio-protobuf")

BINARY = ("binary:logistic", "binary:logitraw", "binary:hinge")
MULTICLASS = ("multi:softmax", "multi:softprob")
WITH_PROBABILITY = ("binary:logistic", "multi:softprob")

LABEL_KEYS = ("predicted_label", "labels", "raw_score", "raw_scores")
PROBABILITY_KEYS = ("probability", "probabilities")
SCORE_KEYS = ("predicted_score",)


def encode(predictions, accept, batch):
    """Reply body for predictions: float32 (n,) or (n, classes).

    text/csv: all in one line joined by commas, with batch one a line; several classes of a row are a list in brackets.
    """
    if accept in PROTOBUF:
        return _records({"score": prediction} for prediction in predictions)
    values = predictions.tolist()
    if accept == JSON:
        return json.dumps({"predictions": [{"score": value} for value in values]}).encode()
    if accept == JSON_LINES:
        return "".join(json.dumps({"score": value}) + "\n" for value in values).encode()
    if batch:
        return ("\n".join(map(str, values)) + "\n").encode()
    return ",".join(map(str, values)).encode()


def encode_selected(predictions, keys, objective, accept, batch):
    """Reply body with an object, or a CSV line, of the chosen keys for each row.

    predictions: float32 (n,) or (n, classes). keys: names from SAGEMAKER_INFERENCE_OUTPUT; one that the objective has
    no value for is NaN. objective: name and number of classes.
    """
    rows = [_select(prediction, keys, *objective) for prediction in predictions]
    if accept in PROTOBUF:
        return _records(rows)
    if accept == JSON:
        return json.dumps({"predictions": rows}).encode()
    if accept == JSON_LINES:
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    lines = "\n".join(",".join(_cell(row[key]) for key in keys) for row in rows)
    return (lines + "\n" if batch else lines).encode()


def _records(rows):
    """A record for each row: no features, and as label the values of each key as float32."""
    return b"".join(
        frame(encode_record({}, {key: np.atleast_1d(np.asarray(value, np.float32)) for key, value in row.items()}))
        for row in rows
    )


def available_keys(objective):
    """Keys that have a value for an objective."""
    if objective in WITH_PROBABILITY:
        return LABEL_KEYS + PROBABILITY_KEYS
    if objective in BINARY + MULTICLASS:
        return LABEL_KEYS
    return SCORE_KEYS


def _cell(value):
    return f'"{value}"' if isinstance(value, list) else str(value)


def _select(prediction, keys, objective, class_count):
    """prediction: float32 () or (classes,)."""
    available = available_keys(objective)
    return {key: VALUES[key](prediction, objective, class_count) if key in available else float("nan") for key in keys}


def _label(prediction, objective, _count):
    if objective == "multi:softprob":
        return int(prediction.argmax())
    if objective in ("multi:softmax", "binary:hinge"):
        return prediction.item()
    return int(prediction > (0.0 if objective == "binary:logitraw" else 0.5))


def _labels(_prediction, objective, count):
    return list(range(count if objective in MULTICLASS else 2))


def _best(prediction, _objective, _count):
    return prediction.max().item() if prediction.ndim else prediction.item()


def _all(prediction, _objective, _count):
    return prediction.tolist() if prediction.ndim else [1.0 - prediction.item(), prediction.item()]


def _score(prediction, _objective, _count):
    return np.asarray(prediction).item()


VALUES = {
    "predicted_label": _label,
    "labels": _labels,
    "probability": _best,
    "probabilities": _all,
    "raw_score": _best,
    "raw_scores": _all,
    "predicted_score": _score,
}
