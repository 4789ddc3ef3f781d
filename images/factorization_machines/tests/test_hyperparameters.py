"""Every hyperparameter of the guide with its default, and each value that is refused."""

import pytest

from images.factorization_machines.hyperparameters import ALGORITHM, Terms, parse
from images.kit.errors import UserError

from .examples import SENT, settings


def test_defaults_are_the_guides():
    found = settings()
    assert found.bias == Terms("normal", 0.01, 0.1, 0.01)
    assert found.linear == Terms("normal", 0.01, 0.001, 0.001)
    assert found.factors == Terms("normal", 0.001, 0.0001, 0.00001)
    assert (found.mini_batch_size, found.epochs, found.eps) == (1000, 1, 1e-8)
    assert (found.clip_gradient, found.rescale_grad) == (None, None)


def test_all_names_of_the_guide_can_be_sent_at_once():
    by_type = {"int": "3", "float": "0.5"}
    sent = {row["name"]: by_type.get(row["type"], row.get("values", ["x"])[-1]) for row in ALGORITHM["hyperparameters"]}
    found = parse(sent)
    assert len(sent) == 26 + 1
    assert found.linear == Terms("constant", 0.5, 0.5, 0.5)
    assert (found.epochs, found.clip_gradient, found.rescale_grad, found.eps) == (3, 0.5, 0.5, 0.5)


REFUSED = {
    "no feature_dim": ({"feature_dim": None}, "Missing required hyperparameter: feature_dim"),
    "no num_factors": ({"num_factors": None}, "Missing required hyperparameter: num_factors"),
    "no predictor_type": ({"predictor_type": None}, "Missing required hyperparameter: predictor_type"),
    "an unknown name": ({"epoch": "1"}, "Extraneous hyperparameter found: epoch"),
    "no features": ({"feature_dim": "0"}, r"feature_dim: 0 is not in \[1"),
    "too many features": ({"feature_dim": "3000000000"}, r"feature_dim: 3000000000 is not in \[1, 2147483647\]"),
    "half a factor": ({"num_factors": "1.5"}, "num_factors: could not parse value '1.5'; expected an integer"),
    "another predictor": ({"predictor_type": "classifier"}, "predictor_type: 'classifier' is not in"),
    "no epochs": ({"epochs": "0"}, "epochs: 0 is not in"),
    "no batch": ({"mini_batch_size": "0"}, "mini_batch_size: 0 is not in"),
    "a negative rate": ({"linear_lr": "-1"}, "linear_lr: -1.0 is not in"),
    "a negative decay": ({"factors_wd": "-1"}, "factors_wd: -1.0 is not in"),
    "no number": ({"bias_lr": "fast"}, "bias_lr: could not parse value 'fast'; expected a number"),
    "an infinite one": ({"clip_gradient": "inf"}, "clip_gradient: inf is not in"),
    "a negative eps": ({"eps": "-1"}, "eps: -1.0 is not in"),
    "another start": ({"bias_init_method": "zero"}, "bias_init_method: 'zero' is not in"),
    "uniform without a scale": ({"linear_init_method": "uniform"}, "uniform needs linear_init_scale, which is not set"),
    "constant without a value": ({"factors_init_method": "constant"}, "constant needs factors_init_value"),
    "a negative sigma": ({"factors_init_sigma": "-0.1"}, "factors_init_sigma: -0.1 is not in"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_in_words(change, message):
    sent = {name: text for name, text in {**SENT, **change}.items() if text is not None}
    with pytest.raises(UserError, match=message):
        parse(sent)
