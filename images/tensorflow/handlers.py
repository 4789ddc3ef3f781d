"""The answers of the inference image: TensorFlow Serving's own, or those of a script with `handler` or its two halves.

Handlers and context follow aws/sagemaker-tensorflow-serving-container, "Pre/Post-Processing".
"""

import io
import json
import os
import re
from collections import namedtuple

from images.kit.container import model_folder
from images.kit.errors import RequestError, UserError
from images.kit.script.handlers import Reply, as_reply
from images.kit.script.serving import load_script

from .bodies import to_request
from .framework import keras_variables
from .local_server import start

ATTRIBUTE = re.compile(r"(tfs-[a-z-]+)=([^,]+)")
JSON = "application/json"

Context = namedtuple(
    "Context",
    "model_name, model_version, method, rest_uri, grpc_port, channel, custom_attributes, request_content_type, "
    "accept_header, content_length",
)
"""What a handler is given besides the body."""


def load(code, program, framework):
    """The answers of a container: loads all SavedModels, and the script if there is one.

    Raises UserError if there is no model, or if the script has no handlers.
    """
    # Read where Keras is imported, which is no earlier than here.
    os.environ.update(keras_variables())
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    from .models import Models

    script = load_script(code, program, framework) if program else None
    models = Models(model_folder(), os.environ.get("SAGEMAKER_TFS_DEFAULT_MODEL_NAME"))
    return Scripted(models, script) if script else Served(models)


class Served:
    """Answers as TensorFlow Serving."""

    def __init__(self, models):
        self._models = models

    def __call__(self, request):
        """Reply to a request in JSON, lines of JSON or CSV."""
        try:
            name, version, method = target(request.attributes, self._models.default)
            return self.ask(name, version, method, to_request(request.body, request.content_type))
        except RequestError as error:
            return refusal(error)

    def ask(self, name, version, method, text):
        """Reply to a JSON text of TensorFlow Serving's."""
        from . import rest

        try:
            return Reply(200, rest.answer(self._models, name, version, method, text).encode(), JSON)
        except RequestError as error:
            return refusal(error)


class Scripted(Served):
    """Answers with a script's handler, or its input_handler and output_handler around the model."""

    def __init__(self, models, script):
        super().__init__(models)
        self._script = script
        self._has_both = hasattr(script, "input_handler") and hasattr(script, "output_handler")
        if not hasattr(script, "handler") and not self._has_both:
            raise UserError(
                "Handlers are not implemented correctly in user script: inference.py must define handler(data, "
                "context), or both input_handler(data, context) and output_handler(response, context)."
            )
        self._port = start(self.ask)

    def __call__(self, request):
        """Reply to a request, whatever its content type. Raises whatever the script raises."""
        name, version, method = target(request.attributes, self._models.default)
        context = self._context(request, name, version, method)
        data = io.BytesIO(request.body)
        if hasattr(self._script, "handler"):
            result = self._script.handler(data, context)
        else:
            text = self._script.input_handler(data, context)
            reply = self.ask(name, version, method, text if isinstance(text, str | bytes) else json.dumps(text))
            result = self._script.output_handler(_response(reply, context.rest_uri), context)
        return as_reply(result, context.accept_header)

    def _context(self, request, name, version, method):
        place = f"http://127.0.0.1:{self._port}/v1/models/{name}"
        return Context(
            model_name=name,
            model_version=None if version is None else str(version),
            method=method,
            rest_uri=f"{place}{'' if version is None else f'/versions/{version}'}:{method}",
            grpc_port=None,
            channel=None,
            custom_attributes=request.attributes or None,
            request_content_type=request.content_type or JSON,
            accept_header=request.accept or JSON,
            content_length=len(request.body),
        )


def target(attributes, default):
    """Model, version or None, and method that custom attributes name: `tfs-model-name=m,tfs-method=classify`.

    Raises RequestError 400 if the version is no number.
    """
    found = dict(ATTRIBUTE.findall(attributes or ""))
    version = found.get("tfs-model-version")
    if version is not None and not version.isdecimal():
        raise RequestError(400, f"tfs-model-version must be a number, got {version!r}.")
    return found.get("tfs-model-name", default), version and int(version), found.get("tfs-method", "predict")


def refusal(error):
    """Reply in TensorFlow Serving's form."""
    return Reply(error.status, json.dumps({"error": str(error)}).encode(), JSON)


def _response(reply, url):
    """What output_handler is given: a response of the library requests."""
    import requests

    response = requests.Response()
    response.status_code = reply.status
    response.headers["Content-Type"] = reply.content_type
    response.url = url
    response.encoding = "utf-8"
    response.raw = io.BytesIO(reply.body)
    return response
