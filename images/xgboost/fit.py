"""Boosted trees by the XGBoost library: Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System" (2016).

Arrays in, a model out; nothing here knows of containers or files of data. With several hosts the same calls are made on
each one, with its own rows, inside a communicator (together.py); XGBoost adds up what has to be added up.
"""

from dataclasses import dataclass

import numpy as np
import xgboost
from scipy.sparse import issparse

from images.kit.errors import UserError

from .metrics import MAXIMIZED, auc, evaluate
from .model import first_line
from .rows import Rows
from .together import all_rows, is_distributed, largest, total

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
    "used with binary labels",
    "Relevance degree",
    "monotone",
    "interaction",
)
"""Beginnings or parts of XGBoost's messages that mean the data or the parameters are wrong, not the program."""


@dataclass(frozen=True)
class Start:
    """Where an earlier run left off. model: bytes of a model that XGBoost saved. next_round: int, from 0."""

    model: bytes
    next_round: int


def fit(train, validation, settings, after_round, threads, start=None, repeatable=False):
    """Trains and returns a Booster; with early stopping it holds the rounds up to the best one.

    train, validation: DataSet, validation may be None. settings: hyperparameters.Settings. threads: int, used unless
    the settings say otherwise. after_round(booster, round, results) is called after each round with
    {data set: {metric: value}}; training ends when it returns True. start: Start to go on from, or None. repeatable:
    whether each round draws its random numbers anew from the seed, so that one can start again after any of them.
    Raises UserError if the data or the parameters cannot be used together.
    """
    parameters = _parameters(settings, threads)
    if repeatable:
        parameters["seed_per_iteration"] = True
    named = {"train": train} if validation is None else {"train": train, "validation": validation}
    for name, data in named.items():
        _check_labels(data, name, parameters)
    try:
        columns = max(data.columns for data in named.values())
        sets = [(_matrix(data, columns, parameters, name == "train"), name) for name, data in named.items()]
        booster = xgboost.Booster(
            parameters, [matrix for matrix, _ in sets], model_file=None if start is None else bytearray(start.model)
        )
        measure = _own_metrics(settings, parameters)
        return _boost(booster, sets, settings, measure, after_round, 0 if start is None else start.next_round)
    except (xgboost.core.XGBoostError, ValueError) as error:
        if any(fault in str(error) for fault in USER_FAULTS):
            raise UserError(first_line(error)) from error
        raise


def _parameters(settings, threads):
    """What XGBoost is given. On several hosts it would give the mean of each host's AUC: that metric is ours there."""
    parameters = {"nthread": threads, **settings.booster}
    if is_distributed() and "auc" in settings.metrics and parameters["objective"].startswith("binary:"):
        parameters["eval_metric"] = [name for name in parameters["eval_metric"] if name != "auc"]
        if not parameters["eval_metric"]:
            parameters["disable_default_eval_metric"] = True
    return parameters


def _boost(booster, sets, settings, measure, after_round, first_round):
    """Adds rounds to a booster. sets: (DMatrix, name), the first one to learn from, the last one to stop by."""
    stopping = EarlyStopping(settings, sets[-1][1]) if settings.early_stopping_rounds else None
    if stopping is not None and stopping.is_over(booster, first_round - 1):
        return stopping.best(booster).reset()
    for number in range(first_round, settings.num_round):
        booster.update(sets[0][0], number)
        results = _results(booster.eval_set(sets, number, measure, output_margin=False))
        if stopping is not None:
            stopping.note(booster, number, results)
        is_over = stopping is not None and stopping.is_over(booster, number)
        if after_round(booster, number, results) or is_over:
            break
    # Without what it learnt from: a model is kept, data are not.
    return (booster if stopping is None else stopping.best(booster)).reset()


def _results(text):
    """{data set: {metric: value}} of XGBoost's line `[3]<tab>train-rmse:0.5<tab>validation-rmse:0.6`."""
    results = {}
    for part in text.split()[1:]:
        label, _, value = part.rpartition(":")
        name, _, metric = label.partition("-")
        results.setdefault(name, {})[metric] = float(value)
    return results


class EarlyStopping:
    """Ends training when a metric has not improved for some rounds; the best round is kept in the model's attributes,
    so that a run that goes on from a saved model knows it too.
    """

    def __init__(self, settings, data_name):
        self._rounds = settings.early_stopping_rounds
        self._metric = settings.metrics[-1] if settings.metrics else None
        self._data = data_name
        self._can_cut = settings.booster.get("booster") != "gblinear"

    def note(self, booster, number, results):
        """Compares a round's value with the best so far. Without a metric in the settings the last one counts."""
        metrics = results[self._data]
        metric = self._metric or list(metrics)[-1]
        value, best = metrics[metric], booster.attr("best_score")
        is_better = best is None or (value > float(best) if _is_maximized(metric) else value < float(best))
        if is_better:
            booster.set_attr(best_score=str(value), best_iteration=str(number))

    def is_over(self, booster, number):
        """Whether the best round is long enough ago after round `number`."""
        best = booster.attr("best_iteration")
        return best is not None and number - int(best) >= self._rounds

    def best(self, booster):
        """The booster up to its best round; a linear one cannot be cut."""
        best = booster.attr("best_iteration")
        if best is None or not self._can_cut:
            return booster
        cut = booster[: int(best) + 1]
        cut.set_attr(best_score=booster.attr("best_score"), best_iteration=best)
        return cut


def _is_maximized(metric):
    return metric in MAXIMIZED or metric.startswith(("auc", "map", "ndcg", "pre"))


def _own_metrics(settings, parameters):
    """What XGBoost calls for metrics that are not its own; None if there are none."""
    names = [name for name in settings.metrics if name not in parameters.get("eval_metric", [])]
    objective = parameters.get("objective", "reg:squarederror")
    if not names:
        return None

    def compute(predictions, matrix):
        labels = matrix.get_label()
        return [
            (name, _whole_auc(predictions, matrix))
            if name == "auc"
            else (name, evaluate(name, objective, labels, predictions, total, largest))
            for name in names
        ]

    return compute


def _whole_auc(predictions, matrix):
    weights = matrix.get_weight()
    labels = matrix.get_label()
    weights = weights if weights.size else np.ones_like(labels)
    return auc(*(all_rows(array.astype(np.float32)) for array in (labels, predictions, weights)))


def _check_labels(data, name, parameters):
    """Refuses labels that the objective has no meaning for; XGBoost's own messages do not say which."""
    loss = parameters.get("objective", "reg:squarederror")
    first = 1
    for part in data.parts:
        labels = part.labels
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
            raise UserError(
                f"label must be {rule} for {loss}; row {first + row} of the {name} data has {labels[row]:g}."
            )
        first += labels.size


UNIT_LABELS = ("binary:logistic", "binary:logitraw", "binary:hinge", "reg:logistic")
POSITIVE_LABELS = ("count:poisson", "reg:gamma", "reg:tweedie")


def _matrix(data, columns, parameters, is_train):
    """XGBoost's own form of a data set. columns: so many for sparse rows that use fewer.

    Several parts to learn from become histogram bins one after another; where that cannot be, they are joined.
    """
    parts = [_widened(part, columns) for part in data.parts]
    if len(parts) > 1 and is_train and _learns_from_bins(parameters):
        return xgboost.QuantileDMatrix(_Parts(parts), max_bin=parameters.get("max_bin"), nthread=parameters["nthread"])
    rows = parts[0] if len(parts) == 1 else Rows.concatenate(parts)
    return xgboost.DMatrix(rows.features, label=rows.labels, weight=rows.weights, qid=rows.groups)


def _learns_from_bins(parameters):
    return (
        parameters.get("booster", "gbtree") != "gblinear"
        and parameters.get("tree_method", "auto") in ("auto", "hist")
        and "updater" not in parameters
    )


class _Parts(xgboost.DataIter):
    """Gives XGBoost a data set part by part, as often as it asks."""

    def __init__(self, parts):
        super().__init__()
        self._parts = parts
        self._next = 0

    def next(self, input_data):
        if self._next == len(self._parts):
            return False
        rows = self._parts[self._next]
        self._next += 1
        input_data(data=rows.features, label=rows.labels, weight=rows.weights, qid=rows.groups)
        return True

    def reset(self):
        self._next = 0


def _widened(rows, columns):
    features = rows.features
    if issparse(features) and features.shape[1] < columns:
        features = features.copy()
        features.resize(features.shape[0], columns)
        return Rows(features, rows.labels, rows.weights, rows.groups)
    return rows
