"""The functions of an inference script: model_fn, input_fn, predict_fn, output_fn, transform_fn.

Signatures and defaults follow the SageMaker Python SDK's pages on serving and aws/sagemaker-inference-toolkit.
"""

import importlib.util
import inspect
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from images.kit.container import model_folder
from images.kit.content import choose_accept
from images.kit.errors import RequestError, UserError

from . import codecs

HANDLERS = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
LEAST_ERROR, LARGEST_ERROR = 400, 599


class Defaults:
    """What stands for handlers that a script does not define; a framework overrides what it knows better."""

    def model_fn(self, model_dir):
        """There is none: only the script knows how its model is stored. Raises UserError."""
        raise UserError(
            "The script defines no model_fn(model_dir). Please provide one: it loads the model that training left in "
            f"model_dir ({model_dir}) and returns it."
        )

    def input_fn(self, body, content_type):
        """Array of a JSON, CSV or NPY body."""
        return codecs.decode(body, content_type)

    def predict_fn(self, data, model):
        """model(data)"""
        return model(data)

    def output_fn(self, prediction, accept):
        """Bytes and content type of a prediction, in the first type of Accept that is known."""
        kind = choose_accept(accept, codecs.ENCODED, codecs.JSON)
        if kind is None:
            raise codecs.UnsupportedTypeError(accept, 406)
        return codecs.encode(prediction, kind), kind


@dataclass(frozen=True)
class Request:
    """One invocation. attributes: X-Amzn-SageMaker-Custom-Attributes, "" if there are none."""

    body: bytes
    content_type: str | None
    accept: str | None
    attributes: str = ""


@dataclass(frozen=True)
class Reply:
    """Its answer."""

    status: int
    body: bytes
    content_type: str


def import_script(path):
    """The module of a script, whose folder is on sys.path already. Raises whatever the script raises."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


class Answer:
    """Answers requests with a script's handlers and its model, which is loaded by making this.

    Raises UserError if the handlers do not go together, and whatever model_fn raises.
    """

    def __init__(self, script, defaults, environment):
        self._script = script
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or codecs.JSON
        own = {name: getattr(script, name) for name in HANDLERS if hasattr(script, name)}
        if "transform_fn" in own and own.keys() & {"input_fn", "predict_fn", "output_fn"}:
            raise UserError(
                "Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn "
                "implementation."
            )
        self._handlers = {name: own.get(name) or getattr(defaults, name, None) for name in HANDLERS}
        self._context = SimpleNamespace(system_properties={"model_dir": str(model_folder()), "gpu_id": None})
        self._model = self._call("model_fn", str(model_folder()))

    def __call__(self, request):
        """The reply to a request. Raises whatever the script raises."""
        content_type = request.content_type or codecs.JSON
        accept = request.accept
        if not accept or accept.strip() == "*/*":
            accept = self._default_accept
        body = request.body
        if codecs.kind_of(content_type) in codecs.TEXTS:
            body = _text(body)
        if self._handlers["transform_fn"]:
            result = self._call("transform_fn", self._model, body, content_type, accept)
        else:
            data = self._call_input(body, content_type)
            prediction = self._call("predict_fn", data, self._model)
            result = self._call("output_fn", prediction, accept)
        return as_reply(result, accept)

    def _call_input(self, body, content_type):
        """MXNet's handlers for Modules may ask for the model too, by its name."""
        handler = self._handlers["input_fn"]
        if "model" in inspect.signature(handler).parameters:
            return handler(body, content_type, model=self._model)
        return self._call("input_fn", body, content_type)

    def _call(self, name, *arguments):
        """Calls a handler; one that takes an argument more gets the context, as in today's toolkit."""
        handler = self._handlers[name]
        try:
            positional = [
                parameter
                for parameter in inspect.signature(handler).parameters.values()
                if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            ]
        except ValueError:
            positional = []  # written in C
        if len(positional) == len(arguments) + 1:
            last = positional[-1]
            if last.name == "context" or last.default is last.empty:
                arguments = (*arguments, self._context)
        return handler(*arguments)


def _text(body):
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(400, f"The request is no text in UTF-8: {error}") from error


def as_reply(result, accept):
    """Reply of what output_fn or transform_fn returned: bytes or text, with or without a content type, or a response.

    Raises TypeError for anything else.
    """
    content_type = accept.split(",")[0].strip()
    if isinstance(result, tuple) and len(result) == 2:
        result, content_type = result
    elif hasattr(result, "get_data"):  # Flask's and the old toolkit's Response
        return Reply(result.status_code, result.get_data(), result.mimetype or content_type)
    if isinstance(result, str):
        result = result.encode("utf-8")
    if not isinstance(result, bytes | bytearray | memoryview):
        raise TypeError(
            f"output_fn must return bytes or text, or a pair of it and its content type; got {type(result).__name__}."
        )
    return Reply(200, bytes(result), content_type)


def failure(error):
    """Reply for an error: its own status if it has one, else 500; the traceback goes to the log."""
    status = getattr(error, "status", None) or getattr(error, "status_code", None)
    if not isinstance(status, int) or not LEAST_ERROR <= status <= LARGEST_ERROR:
        status = 500
    if isinstance(error, RequestError):
        print(f"ERROR: {status}: {error}", file=sys.stderr, flush=True)
        text = str(error)
    else:
        traceback.print_exception(error)
        sys.stderr.flush()
        text = f"{type(error).__name__}: {error}{_place(error)}"
    return Reply(status, text.encode("utf-8", errors="replace"), "text/plain; charset=utf-8")


def _place(error):
    """` (inference.py, line 12, in predict_fn)`: the last place in the script's own folder."""
    here = str(Path.cwd())
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(here)]
    if not own:
        return ""
    return f" ({os.path.relpath(own[-1].filename, here)}, line {own[-1].lineno}, in {own[-1].name})"
