"""Serving as a container: the model file to an answer function from request bytes to reply bytes.

Status codes as of aws/sagemaker-xgboost-container: 415 for a type or a body that cannot be read, 400 for a prediction
that fails, 406 for a reply type that is not offered.
"""

import io
import os

from scipy.sparse import issparse

from images.kit.container import model_folder
from images.kit.content import choose_accept
from images.kit.errors import RequestError, UserError
from images.kit.numbers import CsvReader
from images.kit.recordio import of_request

from . import libsvm, model, protobuf, replies
from .channels import content_kind
from .model import MODEL_FILE

ACCEPTED = (replies.CSV, replies.JSON, replies.JSON_LINES, *replies.PROTOBUF)


def load():
    """Loads the model of this container and returns answer(body, content_type, accept) -> (body, content type).

    Raises UserError if there is no model or if it cannot be read.
    """
    path = _model_path()
    try:
        booster = model.load(path.read_bytes())
    except UserError as error:
        raise UserError(f"{path.name}: {error}") from error
    return Answer(booster, os.environ)


class Answer:
    """Answers requests with one booster; safe to call from several threads."""

    def __init__(self, booster, environment):
        self._booster = booster
        self._features = booster.num_features()
        self._objective = model.objective(booster)
        self._batch = environment.get("SAGEMAKER_BATCH", "").lower() == "true"
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", replies.CSV)
        self._keys = _output_keys(environment)
        self._environment = environment

    def __call__(self, body, content_type, accept):
        """Reply and its content type. Raises RequestError with the status to answer."""
        features, kind = _decode(body, content_type, self._environment)
        predictions = self._predict(features, kind)
        reply_type = choose_accept(accept, ACCEPTED, self._default_accept)
        if reply_type not in ACCEPTED:
            raise RequestError(
                406,
                f"Accept type {accept or self._default_accept} is not supported. "
                f"Please use supported accept types: {', '.join(ACCEPTED)}.",
            )
        if self._keys:
            reply = replies.encode_selected(predictions, self._keys, self._objective, reply_type, self._batch)
        else:
            reply = replies.encode(predictions, reply_type, self._batch)
        return reply, reply_type

    def _predict(self, features, kind):
        """features: float32 (n, d). A dense row may lack its last value; a sparse row may list one feature too many."""
        given, known = features.shape[1], self._features
        is_dense = not issparse(features)
        if is_dense and given not in (known, known - 1):
            raise RequestError(
                400,
                f"Unable to evaluate payload provided: Feature size of {kind} inference data {given} is not consistent "
                f"with feature size of trained model {known}.",
            )
        if not is_dense and given > known + 1:
            raise RequestError(
                400,
                f"Unable to evaluate payload provided: Feature size of {kind} inference data {given} is larger than "
                f"feature size of trained model {known}.",
            )
        try:
            return model.predict(self._booster, features[:, :known])
        except ValueError as error:
            raise RequestError(400, f"Unable to evaluate payload provided: {error}") from error


def _decode(body, content_type, environment):
    """Features float32 (n, d) of a request, dense or csr_matrix, and which format it had."""
    try:
        kind = content_kind(content_type)
        file = io.BytesIO(body)
        if kind == "libsvm":
            return libsvm.read_features(file, "request"), kind
        if kind == "protobuf":
            return protobuf.read_features(io.BytesIO(of_request(body, environment)), "request"), kind
        if kind != "csv":
            raise UserError(f"{content_type} is for training only; send text/csv, text/libsvm or RecordIO-protobuf.")
        features = CsvReader().read(file, "request")
    except UserError as error:
        raise RequestError(415, str(error)) from error
    if features.shape[0] == 0:
        raise RequestError(415, "The request holds no line of data.")
    return features, kind


def _model_path():
    """The file named xgboost-model, else the only other file: users pack models under their own names.

    Raises UserError if there is none or more than one.
    """
    folder = model_folder()
    if (folder / MODEL_FILE).is_file():
        return folder / MODEL_FILE
    files = (
        [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
        if folder.is_dir()
        else []
    )
    if len(files) != 1:
        found = ", ".join(path.name for path in files) or "nothing"
        raise UserError(f"Expected a file {MODEL_FILE} at the top of model.tar.gz, found {found}.")
    return files[0]


def _output_keys(environment):
    text = environment.get("SAGEMAKER_INFERENCE_OUTPUT", "").replace(" ", "").lower()
    keys = [key for key in text.split(",") if key]
    unknown = [key for key in keys if key not in replies.VALUES]
    if unknown:
        raise UserError(f"SAGEMAKER_INFERENCE_OUTPUT: {unknown} are not among {list(replies.VALUES)}.")
    return keys
