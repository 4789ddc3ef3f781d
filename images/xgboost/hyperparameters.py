"""XGBoost's hyperparameters: algorithm.json is the table; here are the rules that cross rows and what XGBoost is given.

Follows the SageMaker developer guide, "XGBoost hyperparameters", and the messages of aws/sagemaker-xgboost-container.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from images.kit.errors import UserError
from images.kit.hyperparameters import INTERNAL, parse_hyperparameters

ALGORITHM = json.loads((Path(__file__).parent / "algorithm.json").read_text(encoding="utf-8"))

OWN_METRICS = ("accuracy", "f1", "mse")
"""Metrics computed here (metrics.py); XGBoost has no such names."""

GROWERS = ("grow_colmaker", "distcol", "grow_histmaker", "grow_quantile_histmaker")
LINEAR_UPDATERS = ("shotgun", "coord_descent")
GONE_UPDATERS = ("distcol", "grow_local_histmaker", "grow_skmaker")
"""In the table, but no longer in XGBoost."""

NOT_FOR_XGBOOST = ("num_round", "csv_weights", "early_stopping_rounds", "save_model_on_termination", "eval_metric")
IGNORED = ("predictor", "sketch_eps", "dsplit")
"""Accepted for old callers; XGBoost has dropped them and they never changed a result."""


@dataclass(frozen=True)
class Settings:
    """Checked hyperparameters of one training job."""

    num_round: int
    booster: dict
    """Parameters as xgboost.train takes them; only what was sent, so that XGBoost's own defaults hold."""
    metrics: tuple[str, ...]
    """Metrics to log each round, the last one decides about early stopping; empty means the objective's own."""
    early_stopping_rounds: int | None
    csv_weights: bool
    save_model_on_termination: bool


def parse(texts):
    """Settings from the map of texts in hyperparameters.json. Raises UserError for anything the table forbids."""
    values = parse_hyperparameters(ALGORITHM["hyperparameters"], texts)
    _check_objective(values)
    _check_metrics(values)
    _check_updater(values)
    _check_constraints(values)
    return Settings(
        num_round=values["num_round"],
        booster=_booster_parameters(values),
        metrics=_metrics(values),
        early_stopping_rounds=values.get("early_stopping_rounds"),
        csv_weights=values.get("csv_weights", 0) == 1,
        save_model_on_termination=values.get("save_model_on_termination", False),
    )


def _check_objective(values):
    multiclass = values.get("objective", "").startswith("multi:")
    if multiclass and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    if not multiclass and "num_class" in values:
        raise UserError("Do not need to setup parameter 'num_class' for learning task other than multi-classification.")


def _check_metrics(values):
    objective = values.get("objective", "reg:squarederror")
    if "auc" in _metrics(values) and not objective.startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")


def _check_updater(values):
    if "updater" not in values:
        return
    updaters = values["updater"]
    gone = [name for name in updaters if name in GONE_UPDATERS]
    if gone:
        raise UserError(f"Hyperparameter updater: XGBoost no longer has {gone}; leave updater out or use tree_method.")
    if values.get("booster") == "gblinear":
        if len(updaters) != 1 or updaters[0] not in LINEAR_UPDATERS:
            raise UserError(f"Linear updater should be one of these options: {', '.join(LINEAR_UPDATERS)}.")
    elif values.get("process_type") == "update":
        if not set(updaters) <= {"refresh", "prune"}:
            raise UserError("process_type 'update' can only be used with updater 'refresh' and 'prune'")
    elif set(updaters) & set(LINEAR_UPDATERS):
        raise UserError(f"Hyperparameter updater: {', '.join(LINEAR_UPDATERS)} need booster gblinear.")
    elif sum(name in GROWERS for name in updaters) > 1:
        raise UserError(f"Only one tree grow plugin can be selected. Choose one from: {', '.join(GROWERS)}")


def _check_constraints(values):
    for name, methods in CONSTRAINED_METHODS.items():
        if name in values and values.get("tree_method", "auto") not in methods:
            raise UserError(f"{name} can be used only when the tree_method parameter is set to one of {methods}.")


CONSTRAINED_METHODS = {
    "monotone_constraints": ("exact", "hist"),
    "interaction_constraints": ("exact", "hist", "approx"),
}


def _metrics(values):
    """Requested metrics and the tuning job's own, once each; the tuning job's last, since it decides about stopping."""
    wanted = list(values.get("eval_metric", []))
    objective = values.get(INTERNAL)
    if objective is not None:
        name = objective.removeprefix("validation:").removeprefix("train:")
        wanted = [metric for metric in wanted if metric != name] + [name]
    return tuple(dict.fromkeys(wanted))


def _booster_parameters(values):
    parameters = {
        name: value
        for name, value in values.items()
        if name not in NOT_FOR_XGBOOST and name not in IGNORED and name != INTERNAL
    }
    if "updater" in parameters:
        parameters["updater"] = ",".join(parameters["updater"])
    if parameters.get("objective") == "reg:linear":
        parameters["objective"] = "reg:squarederror"
    if "interaction_constraints" in parameters:
        parameters["interaction_constraints"] = json.dumps(parameters["interaction_constraints"])
    if "monotone_constraints" in parameters:
        parameters["monotone_constraints"] = f"({','.join(map(str, parameters['monotone_constraints']))})"
    if parameters.pop("silent", 0) == 1:
        parameters.setdefault("verbosity", 0)
    library_metrics = [name for name in _metrics(values) if name not in OWN_METRICS]
    if library_metrics:
        parameters["eval_metric"] = library_metrics
    return parameters
