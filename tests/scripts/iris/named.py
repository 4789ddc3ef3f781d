"""Serves the same model with names in place of numbers."""

import json
from pathlib import Path

import joblib
import numpy as np
from botany import SPECIES


def model_fn(model_dir):
    return joblib.load(Path(model_dir) / "model.joblib")


def transform_fn(model, body, content_type, accept):
    rows = np.array(json.loads(body))
    return json.dumps([SPECIES[number] for number in model.predict(rows)]), "application/json"
