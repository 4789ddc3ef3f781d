"""Hyperparameters: what each text becomes, and every refusal."""

import pytest

from images.kit.errors import UserError
from images.xgboost.hyperparameters import ALGORITHM, parse

REFUSED = {
    "a required one is missing": ({"num_round": None}, "Missing required hyperparameter: num_round"),
    "an unknown name": ({"num_rounds": "3"}, "Extraneous hyperparameter found: num_rounds"),
    "text for a number": ({"max_depth": "deep"}, "max_depth: could not parse value 'deep'; expected an integer"),
    "a fraction for an integer": ({"max_depth": "3.5"}, "max_depth: could not parse value '3.5'"),
    "below the range": ({"num_round": "0"}, r"num_round: 0 is not in \[1, inf\)"),
    "above the range": ({"eta": "1.5"}, r"eta: 1.5 is not in \[0, 1\]"),
    "an open end of a range": ({"subsample": "0"}, r"subsample: 0.0 is not in \(0, 1\]"),
    "not a number": ({"gamma": "nan"}, r"gamma: nan is not in \[0, inf\)"),
    "a word not in the list": ({"booster": "forest"}, r"booster: 'forest' is not in \['gbtree', 'gblinear', 'dart'\]"),
    "a number not in the list": ({"csv_weights": "2"}, r"csv_weights: 2 is not in \[0, 1\]"),
    "an unknown metric": ({"eval_metric": "rmse,best"}, "eval_metric: 'best' is not in"),
    "a metric that takes no threshold": ({"eval_metric": "rmse@3"}, "eval_metric: 'rmse@3' is not in"),
    "a threshold that is no number": ({"eval_metric": "error@x"}, "'error@x' needs a number after the @"),
    "auc for regression": ({"eval_metric": "auc"}, "Metric 'auc' can only be applied for classification and ranking"),
    "classes without their number": ({"objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
    "the same one under two names": ({"eta": "0.1", "learning_rate": "0.2"}, "eta: sent under two names"),
    "two growing updaters": ({"updater": "grow_colmaker,grow_histmaker"}, "Only one tree grow plugin"),
    "a tree updater for a linear booster": (
        {"booster": "gblinear", "updater": "prune"},
        "Linear updater should be one",
    ),
    "updating by a growing updater": (
        {"process_type": "update", "updater": "grow_colmaker"},
        "process_type 'update' can only be used with updater 'refresh' and 'prune'",
    ),
    "constraints of the wrong tree method": (
        {"monotone_constraints": "(1,0)", "tree_method": "approx"},
        "monotone_constraints can be used only when the tree_method parameter is set to one of",
    ),
    "constraints that are no tuple": ({"monotone_constraints": "up", "tree_method": "hist"}, "expected integers"),
    "code in a tuple": ({"monotone_constraints": "__import__('os')", "tree_method": "hist"}, "could not parse value"),
}


@pytest.mark.parametrize(("texts", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(texts, message):
    merged = {"num_round": "1", **texts}
    with pytest.raises(UserError, match=message):
        parse({name: text for name, text in merged.items() if text is not None})


def test_only_what_was_sent_reaches_the_library():
    assert parse({"num_round": "7"}).booster == {}


def test_values_have_their_types_and_aliases_their_names():
    settings = parse(
        {
            "num_round": "7",
            "learning_rate": "0.5",
            "max_depth": "3",
            "objective": "reg:linear",
            "monotone_constraints": "(1,0,-1)",
            "interaction_constraints": "[[0, 1], [2]]",
            "tree_method": "hist",
            "silent": "1",
            "early_stopping_rounds": "5",
            "save_model_on_termination": "True",
            "predictor": "cpu_predictor",
        }
    )
    assert settings.num_round == 7
    assert settings.early_stopping_rounds == 5
    assert settings.save_model_on_termination
    assert settings.booster == {
        "eta": 0.5,
        "max_depth": 3,
        "objective": "reg:squarederror",
        "monotone_constraints": "(1,0,-1)",
        "interaction_constraints": "[[0, 1], [2]]",
        "tree_method": "hist",
        "verbosity": 0,
    }


def test_a_tuning_jobs_metric_is_logged_and_decides_about_stopping():
    settings = parse(
        {
            "num_round": "1",
            "objective": "binary:logistic",
            "eval_metric": "f1,logloss",
            "_tuning_objective_metric": "validation:f1",
        }
    )
    assert settings.metrics == ("logloss", "f1")
    assert settings.booster["eval_metric"] == ["logloss"]


@pytest.mark.parametrize("row", ALGORITHM["hyperparameters"], ids=lambda row: row["name"])
def test_every_default_of_the_table_is_a_legal_value(row):
    texts = {"num_round": "1"}
    if "default" in row and row["name"] not in ("grow_policy",):
        value = row["default"]
        texts[row["name"]] = str(value).lower() if isinstance(value, bool) else str(value)
    parse(texts)
