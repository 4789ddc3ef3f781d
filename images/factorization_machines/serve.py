"""Serving as a container: the model file to an answer function from request bytes to reply bytes.

Formats as in the SageMaker developer guide, "Common data formats for inference" and "Factorization Machine Response
Formats". 415: a type that is not read; 406: one that is not written; 400: a body or rows that cannot be answered.
"""

import os

import numpy as np

from images.kit import instances, predictions
from images.kit.container import model_folder
from images.kit.content import JSON, choose_accept
from images.kit.errors import RequestError, UserError

from . import artifact
from .hyperparameters import CLASSIFIER
from .metrics import label_of
from .model import predict


def load():
    """Loads the model of this container and returns answer(body, content_type, accept) -> (body, content type).

    Raises UserError if there is no model or if it cannot be read.
    """
    path = model_folder() / artifact.MODEL_FILE
    if not path.is_file():
        found = ", ".join(sorted(entry.name for entry in model_folder().glob("*"))) or "nothing"
        raise UserError(f"Expected a file {artifact.MODEL_FILE} at the top of model.tar.gz, found {found}.")
    try:
        machine, settings = artifact.load(path)
    except UserError as error:
        raise UserError(f"{path.name}: {error}") from error
    return Answer(machine, settings, os.environ)


class Answer:
    """Answers requests with one machine; safe to call from several threads."""

    def __init__(self, machine, settings, environment):
        self._machine = machine
        self._settings = settings
        self._environment = environment
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)

    def __call__(self, body, content_type, accept):
        """Reply and its content type. Raises RequestError with the status to answer."""
        features = instances.decode(body, content_type, self._environment)
        reply_type = choose_accept(accept, predictions.ACCEPTED, self._default_accept)
        if reply_type not in predictions.ACCEPTED:
            raise RequestError(
                406,
                f"Accept type {accept or self._default_accept} is not supported; "
                f"supported are {', '.join(predictions.ACCEPTED)}.",
            )
        return predictions.encode(self._predict(features), reply_type), reply_type

    def _predict(self, features):
        """Name to array (n,) of what is predicted. features: float32 (n, d), or csr_matrix."""
        known = self._settings.feature_dim
        if features.shape[1] != known:
            raise RequestError(400, f"The instances have {features.shape[1]} features, the model has {known}.")
        with np.errstate(over="ignore", invalid="ignore"):
            values = predict(self._machine, self._settings.predictor_type, features)
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values)))
            raise RequestError(400, f"Instance {row + 1}: its score is no finite number; the features are too large.")
        if self._settings.predictor_type != CLASSIFIER:
            return {"score": values}
        return {"score": values, "predicted_label": label_of(values).astype(np.int64)}
