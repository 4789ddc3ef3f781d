"""Boosted trees by the XGBoost library: Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System" (2016).

Arrays in, arrays out; nothing here knows of containers, files of data or HTTP.
"""

import io
import json
import pickle

import numpy as np
import xgboost
from scipy.sparse import issparse

from images.kit.errors import UserError

from .metrics import MAXIMIZED, evaluate

USER_FAULTS = (
    "label must be",
    "Label set is empty",
    "base_score must be",
    "feature_names mismatch",
    "must be nonnegative",
    "contains `inf`",
    "Invalid Parameter format",
    "Parameter ",
    "Unknown objective",
    "Unknown metric",
    "Unknown updater",
    "Unknown tree method",
    "num_class",
    "preds.size() == info.labels",
    "no model is provided",
    "can't be used",
    "not supported",
    "relevance degress",
    "Relevance degree",
    "monotone",
    "interaction",
)
"""Beginnings or parts of XGBoost's messages that mean the data or the parameters are wrong, not the program."""


def fit(train, validation, settings, after_round, threads, begun=None):
    """Trains and returns a Booster; with early stopping it holds the rounds up to the best one.

    train, validation: Rows, validation may be None. settings: hyperparameters.Settings. threads: int, used unless the
    settings say otherwise. after_round(booster, round, results) is called after each round with
    {data set: {metric: value}}; training ends when it returns True. begun: Booster whose rounds are taken as
    done, or None; early stopping counts, and rows are drawn, as if training began after them.
    Raises UserError if the data or the parameters cannot be used together.
    """
    parameters = {"nthread": threads, **settings.booster}
    for rows, name in ((train, "train"), (validation, "validation")):
        if rows is not None:
            _check_labels(rows.labels, name, parameters)
    own = [name for name in settings.metrics if name not in parameters.get("eval_metric", [])]
    try:
        named = [(rows, name) for rows, name in ((train, "train"), (validation, "validation")) if rows is not None]
        columns = max(rows.features.shape[1] for rows, _ in named)
        sets = [(_matrix(rows, columns), name) for rows, name in named]
        done = 0 if begun is None else begun.num_boosted_rounds()
        if begun is not None and begun.num_features() != columns:
            raise UserError(f"The checkpoint has {begun.num_features()} features, the data {columns}.")
        callbacks = [_Rounds(after_round, done), *_early_stopping(settings, sets[-1][1])]
        booster = xgboost.train(
            parameters,
            sets[0][0],
            num_boost_round=max(0, settings.num_round - done),
            xgb_model=begun,
            evals=sets,
            custom_metric=_own_metrics(own, parameters.get("objective", "reg:squarederror")) if own else None,
            callbacks=callbacks,
            verbose_eval=False,
        )
    except (xgboost.core.XGBoostError, ValueError) as error:
        if any(fault in str(error) for fault in USER_FAULTS):
            raise UserError(_first_line(error)) from error
        raise
    return booster


def _check_labels(labels, name, parameters):
    """Refuses labels that the objective has no meaning for; XGBoost's own messages do not say which."""
    loss = parameters.get("objective", "reg:squarederror")
    if loss.startswith("multi:"):
        rule, legal = f"a class number in [0, {parameters['num_class']})", labels < parameters["num_class"]
        legal &= (labels >= 0) & (labels % 1 == 0)
    elif loss in UNIT_LABELS:
        rule, legal = "in [0,1]", (labels >= 0) & (labels <= 1)
    elif loss in POSITIVE_LABELS:
        rule, legal = "0 or more", labels >= 0
    else:
        return
    wrong = np.flatnonzero(~legal)
    if wrong.size:
        row = int(wrong[0])
        raise UserError(f"label must be {rule} for {loss}; row {row + 1} of the {name} data has {labels[row]:g}.")


UNIT_LABELS = ("binary:logistic", "binary:logitraw", "binary:hinge", "reg:logistic")
POSITIVE_LABELS = ("count:poisson", "reg:gamma", "reg:tweedie")


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
            raise UserError(f"The model is a broken pickle: {type(error).__name__}: {_first_line(error)}") from error
        if not isinstance(booster, xgboost.Booster):
            raise UserError(f"The model is a pickle of {type(booster).__name__}; expected an xgboost.Booster.")
    else:
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(data))
        except (xgboost.core.XGBoostError, ValueError) as error:
            raise UserError(f"The model is no pickle and XGBoost cannot read it: {_first_line(error)}") from error
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


class _Rounds(xgboost.callback.TrainingCallback):
    def __init__(self, after_round, done):
        super().__init__()
        self._after_round = after_round
        self._done = done

    def after_iteration(self, model, epoch, evals_log):
        results = {data: {name: values[-1] for name, values in metrics.items()} for data, metrics in evals_log.items()}
        return bool(self._after_round(model, self._done + epoch, results))


def _early_stopping(settings, data_name):
    if settings.early_stopping_rounds is None:
        return []
    metric = settings.metrics[-1] if settings.metrics else None
    return [
        xgboost.callback.EarlyStopping(
            rounds=settings.early_stopping_rounds,
            metric_name=metric,
            data_name=data_name,
            maximize=True if metric in MAXIMIZED else None,
            save_best=settings.booster.get("booster") != "gblinear",
        )
    ]


def _own_metrics(names, objective_name):
    def compute(predictions, matrix):
        labels = matrix.get_label()
        return [(name, evaluate(name, objective_name, labels, predictions)) for name in names]

    return compute


def _matrix(rows, columns):
    """XGBoost's own form of a data set. columns: so many for sparse rows that use fewer."""
    features = rows.features
    if issparse(features) and features.shape[1] < columns:
        features = features.copy()
        features.resize(features.shape[0], columns)
    return xgboost.DMatrix(features, label=rows.labels, weight=rows.weights, qid=rows.groups)


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


def _first_line(error):
    """XGBoost's message without the time, place and stack it wraps around it."""
    line = str(error).strip().split("\n")[0]
    return line.split(": ", 1)[1] if line.startswith("[") and ": " in line else line
