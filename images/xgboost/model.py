"""A trained model: predictions, and the bytes it is kept in. Training is in fit.py.

Arrays in, arrays out; nothing here knows of containers, files of data or HTTP.
"""

import io
import json
import pickle

import numpy as np
import xgboost
from scipy.sparse import issparse

from images.kit.errors import UserError

MODEL_FILE = "xgboost-model"
"""Name of the model's file in the model folder."""


def predict(booster, features):
    """What XGBoost predicts for each row: float32 (n,), or (n, classes) for multi:softprob.

    features: float32 (n, d) with NaN where missing, or csr_matrix; d at most the booster's number of features, missing
    columns at the end count as missing values. Raises ValueError if there are more.
    """
    features = _widened(features, booster.num_features())
    try:
        return booster.inplace_predict(features, validate_features=False)
    except (xgboost.core.XGBoostError, NotImplementedError):
        # gblinear has no prediction in place.
        return booster.predict(xgboost.DMatrix(features, nthread=1), validate_features=False)


def objective(booster):
    """Name of the loss the booster was trained with, and its number of classes (0 if it has none)."""
    learner = json.loads(booster.save_config())["learner"]
    return learner["objective"]["name"], int(learner["learner_model_param"].get("num_class", 0))


def dump(booster):
    """The booster as bytes: a pickle of xgboost.Booster, as the built-in algorithm's artifact is documented."""
    return pickle.dumps(booster, protocol=4)


def load(data):
    """A Booster from bytes of `dump`, or from a model that XGBoost saved itself (JSON, UBJSON or older binary).

    A pickle may hold nothing but a Booster made of plain values: any other class is refused, since unpickling it could
    run code. Raises UserError if the bytes are none of these.
    """
    if not data:
        raise UserError("The model is an empty file.")
    if data[:1] == b"\x80":
        try:
            booster = _BoosterUnpickler(io.BytesIO(data)).load()
        except UserError:
            raise
        except Exception as error:
            raise UserError(f"The model is a broken pickle: {type(error).__name__}: {first_line(error)}") from error
        if not isinstance(booster, xgboost.Booster):
            raise UserError(f"The model is a pickle of {type(booster).__name__}; expected an xgboost.Booster.")
    else:
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(data))
        except (xgboost.core.XGBoostError, ValueError) as error:
            raise UserError(f"The model is no pickle and XGBoost cannot read it: {first_line(error)}") from error
    booster.set_param({"nthread": 1})
    return booster


class _BoosterUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in IN_A_PICKLE:
            raise UserError(
                f"The model's pickle asks for {module}.{name}; only xgboost.core.Booster may be in it. "
                "Save the booster itself, with pickle or with save_model."
            )
        return IN_A_PICKLE[(module, name)]


def _latin1(text, encoding):
    """Stands for _codecs.encode, by which pickles of protocol 2 and older carry bytes."""
    if encoding != "latin1":
        raise UserError(f"The model's pickle holds text in {encoding!r}; expected latin1.")
    return text.encode("latin1")


IN_A_PICKLE = {
    ("xgboost.core", "Booster"): xgboost.Booster,
    ("builtins", "bytearray"): bytearray,
    ("builtins", "bytes"): bytes,
    ("_codecs", "encode"): _latin1,
}
"""All that a model's pickle may name."""


def _widened(features, columns):
    missing = columns - features.shape[1]
    if missing < 0:
        raise ValueError(f"{features.shape[1]} features, but the model has {columns}.")
    if missing == 0:
        return features
    if issparse(features):
        features.resize(features.shape[0], columns)
        return features
    return np.pad(features, ((0, 0), (0, missing)), constant_values=np.nan)


def first_line(error):
    """XGBoost's message without the time, place and stack it wraps around it."""
    line = str(error).strip().split("\n")[0]
    return line.split(": ", 1)[1] if line.startswith("[") and ": " in line else line
