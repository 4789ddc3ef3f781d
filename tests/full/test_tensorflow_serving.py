"""TensorFlow Serving's REST bodies, as the image of TensorFlow answers them: its own process, real SavedModels."""

import base64
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from server_process import FLAGS, NODE, ROOT, wait_until
from stories import HERE

ENVIRONMENT = (
    'import { ensureEnvironment } from "./server/src/engine/images/environments.ts";'
    'import { environmentLock } from "./server/src/engine/images/prepare.ts";'
    "const options = { variables: process.env, progress: console.error };"
    'console.log((await ensureEnvironment(environmentLock("tensorflow"), options)).folder);'
)


@pytest.fixture(scope="module")
def python():
    """The interpreter of TensorFlow's environment, installed if need be."""
    command = [NODE, *FLAGS[:1], "--input-type=module", "-e", ENVIRONMENT]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=900)
    return Path(done.stdout.strip()) / "bin/python"


@pytest.fixture(scope="module")
def ask(python, tmp_path_factory):
    """ask(body, attributes, content_type): status and JSON of an answer of the container."""
    folder = tmp_path_factory.mktemp("ml")
    subprocess.run([python, HERE / "programs/saved_models.py", folder / "model"], check=True, capture_output=True)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    told = {"PYTHONPATH": str(ROOT), "SAGEBRUSH_ML_ROOT": str(folder), "SAGEMAKER_BIND_TO_PORT": str(port)}
    process = subprocess.Popen(
        [python, "-m", "images.kit", "tensorflow", "serve"],
        env={**os.environ, **told, "SAGEMAKER_TFS_DEFAULT_MODEL_NAME": "sum"},
    )

    def call(method, path, body=None, headers=None):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def is_ready():
        assert process.poll() is None
        with contextlib.suppress(OSError):
            return call("GET", "/ping")[0] == 200

    wait_until(is_ready, 200, "/ping answers 200")

    def invoke(body, attributes="", content_type="application/json"):
        headers = {"Content-Type": content_type, "X-Amzn-SageMaker-Custom-Attributes": attributes}
        status, answer = call("POST", "/invocations", body if isinstance(body, str) else json.dumps(body), headers)
        return status, json.loads(answer)

    yield invoke
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


WORDS, EXAMPLES = "tfs-model-name=words", "tfs-model-name=examples"
EXAMPLE = {"examples": [{"x": 1.0}, {"x": 0.0}]}
ANSWERS = {
    "rows of several inputs": (
        ({"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},),
        {"predictions": [{"sum": 103.0, "product": 2.0}, {"sum": 107.0, "product": 12.0}]},
    ),
    "an earlier version": (
        ({"instances": [{"a": 1, "b": 2}]}, "tfs-model-version=1"),
        {"predictions": [{"sum": 3.0, "product": 2.0}]},
    ),
    "columns": (
        ({"inputs": {"a": [1, 3], "b": [2, 4]}},),
        {"outputs": {"sum": [103.0, 107.0], "product": [2.0, 12.0]}},
    ),
    "texts": (({"instances": ["oak", "rye"]}, WORDS), {"predictions": ["OAK", "RYE"]}),
    "texts in base64": (
        ({"instances": [{"b64": base64.b64encode(b"oak").decode()}]}, WORDS),
        {"predictions": ["OAK"]},
    ),
    "bytes out": (
        ({"signature_name": "raw", "instances": ["oak"]}, WORDS),
        {"predictions": [{"b64": base64.b64encode(b"oak").decode()}]},
    ),
    "regress": ((EXAMPLE, f"{EXAMPLES},tfs-method=regress"), {"results": [3.5, 3.0]}),
    "classify": (
        ({"signature_name": "classes", **EXAMPLE}, f"{EXAMPLES},tfs-method=classify"),
        {"results": [[["low", 0.0], ["high", 1.0]], [["low", 1.0], ["high", 0.0]]]},
    ),
    "lines of JSON": (('"oak"\n"rye"\n', WORDS, "application/jsonlines"), {"predictions": ["OAK", "RYE"]}),
    "plain JSON": (('"oak"', WORDS), {"predictions": ["OAK"]}),
    "CSV": (("oak\nrye\n", WORDS, "text/csv"), {"predictions": ["OAK", "RYE"]}),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("request_", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_the_image_answers(ask, request_, expected):
    assert ask(*request_) == (200, expected)


REFUSALS = {
    "a model that is not there": (
        ({"instances": [1]}, "tfs-model-name=elm"),
        404,
        "Servable not found for request: Latest(elm)",
    ),
    "a version that is not there": (({"instances": [1]}, "tfs-model-version=9"), 404, "Specific(sum, 9)"),
    "a signature that is not there": (({"signature_name": "x", "instances": ["a"]}, WORDS), 400, '"x" not found'),
    "no instances": (({"rows": [1], "inputs": 1, "instances": []},), 400, "not both"),
    "other inputs": (({"instances": [{"a": 1}]},), 400, "The model takes the inputs ['a', 'b']"),
    "values of another type": (({"instances": [{"a": "x", "b": 1}]},), 400, "could not convert"),
    "rows of several lengths": (({"inputs": {"a": [1, 2], "b": [1, 2, 3]}},), 400, ""),
    "broken JSON": (("{'instances':",), 400, "The request is no application/json"),
    "another content type": (("x", "", "image/png"), 415, "Unsupported Media Type: image/png"),
}


@pytest.mark.parametrize(("request_", "status", "text"), REFUSALS.values(), ids=REFUSALS.keys())
def test_the_image_refuses(ask, request_, status, text):
    code, answer = ask(*request_)
    assert (code, text in answer["error"]) == (status, True), answer
