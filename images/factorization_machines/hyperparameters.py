"""Hyperparameters of factorization machines: algorithm.json is the table; here are the rules that cross rows.

Follows the SageMaker developer guide, "Factorization Machines Hyperparameters".
"""

import json
from dataclasses import dataclass
from pathlib import Path

from images.kit.errors import UserError
from images.kit.hyperparameters import parse_hyperparameters
from images.kit.vectors import LARGEST_WIDTH

ALGORITHM = json.loads((Path(__file__).parent / "algorithm.json").read_text(encoding="utf-8"))

CLASSIFIER, REGRESSOR = "binary_classifier", "regressor"

DEFAULT_EPS = 1e-8
"""Kingma and Ba (2015); the guide names no default."""

NEEDED_BY_METHOD = {"normal": "sigma", "uniform": "scale", "constant": "value"}


@dataclass(frozen=True)
class Terms:
    """How the bias, the linear weights or the factors start and learn."""

    method: str
    """normal, uniform or constant."""
    extent: float
    """Standard deviation, half-width or value, as the method has it."""
    rate: float
    decay: float


@dataclass(frozen=True)
class Settings:
    """Checked hyperparameters of one training job."""

    feature_dim: int
    num_factors: int
    predictor_type: str
    bias: Terms
    linear: Terms
    factors: Terms
    mini_batch_size: int
    epochs: int
    eps: float
    clip_gradient: float | None
    """Gradients are clamped into [-clip_gradient, clip_gradient]; None for no bounds."""
    rescale_grad: float | None
    """None for one divided by the records of a step."""


def parse(texts):
    """Settings from the map of texts in hyperparameters.json. Raises UserError for anything the table forbids."""
    values = parse_hyperparameters(ALGORITHM["hyperparameters"], texts)
    clip = values.get("clip_gradient")
    if values["feature_dim"] > LARGEST_WIDTH:
        raise UserError(f"Hyperparameter feature_dim: {values['feature_dim']} is not in [1, {LARGEST_WIDTH}]")
    return Settings(
        feature_dim=values["feature_dim"],
        num_factors=values["num_factors"],
        predictor_type=values["predictor_type"],
        **{kind: _terms(kind, values) for kind in ("bias", "linear", "factors")},
        mini_batch_size=values.get("mini_batch_size", DEFAULTS["mini_batch_size"]),
        epochs=values.get("epochs", DEFAULTS["epochs"]),
        eps=values.get("eps", DEFAULT_EPS),
        clip_gradient=None if clip is None or clip < 0 else clip,
        rescale_grad=values.get("rescale_grad"),
    )


DEFAULTS = {row["name"]: row["default"] for row in ALGORITHM["hyperparameters"] if "default" in row}


def _terms(kind, values):
    def value(name):
        return values.get(f"{kind}_{name}", DEFAULTS.get(f"{kind}_{name}"))

    method = value("init_method")
    needed = NEEDED_BY_METHOD[method]
    extent = value(f"init_{needed}")
    if extent is None:
        raise UserError(f"Hyperparameter {kind}_init_method: {method} needs {kind}_init_{needed}, which is not set.")
    return Terms(method, extent, value("lr"), value("wd"))
