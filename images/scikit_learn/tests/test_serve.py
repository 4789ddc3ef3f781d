"""Inference scripts: their handlers, the defaults, and what becomes of workers that end."""

import io
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from .containers import Serving

SUM = """
class Sum:
    def predict(self, rows):
        return rows.sum(axis=1)

def model_fn(model_dir):
    return Sum()
"""


@pytest.fixture
def serve(tmp_path):
    """serve(script, files, **options): a container that answers with a script."""
    started = []

    def start(script, files=None, **options):
        folder = tmp_path / str(len(started))
        container = Serving(folder, {"code/inference.py": script, **(files or {})}, **options)
        started.append(container)
        return container

    yield start
    for container in started:
        container.end()


def npy(rows):
    file = io.BytesIO()
    np.save(file, np.array(rows))
    return file.getvalue()


ANSWERS = {
    "JSON": (b"[[1, 2], [3, 4]]", "application/json", None, b"[3.0, 7.0]"),
    "one row in JSON": (b"[1, 2]", "application/json; charset=utf-8", "*/*", b"[3.0]"),
    "CSV to CSV": (b"1,2\n3,4\n", "text/csv", "text/csv", b"3.0\n7.0\n"),
    "NPY to JSON": (npy([[1, 2]]), "application/x-npy", "application/json", b"[3]"),
    "the first type that is known": (b"1,2\n", "text/csv", "image/png, text/csv", b"3.0\n"),
}
REFUSALS = {
    "a content type": (b"x", "image/png", None, 415, b"Content type image/png is not supported by this framework"),
    "an accept type": (b"[[1]]", "application/json", "image/png", 406, b"Content type image/png is not supported"),
    "a broken body": (b"[[1, ", "application/json", None, 400, b"The request is no application/json"),
    "text in CSV": (b"a,b\n", "text/csv", None, 400, b"could not convert string to float"),
    "a pickle in NPY": (npy([{"a": 1}]), "application/x-npy", None, 400, b"allow_pickle"),
}


def test_default_handlers_answer_in_the_types_asked_for_and_refuse_others(serve):
    container = serve(SUM).wait()
    for name, (body, content_type, accept, expected) in ANSWERS.items():
        status, kind, answer = container.invoke(body, content_type, accept)
        assert (status, answer) == (200, expected), name
        assert kind == ("text/csv" if accept and "csv" in accept else "application/json"), name
    for name, (body, content_type, accept, code, text) in REFUSALS.items():
        status, _, answer = container.invoke(body, content_type, accept)
        assert status == code, name
        assert text in answer, name
    status, kind, answer = container.invoke(b"[[1, 2]]", accept="application/x-npy")
    assert (kind, np.load(io.BytesIO(answer)).tolist()) == ("application/x-npy", [3.0])
    assert container.call("GET", "/execution-parameters")[0] == 200
    assert container.call("GET", "/nothing")[0] == 404
    assert container.end() == 0, container.log()


HANDLERS = {
    "input_fn and output_fn": (
        "def input_fn(body, content_type): return body.decode().upper()\n"
        "def predict_fn(data, model): return model + data\n"
        "def output_fn(prediction, accept): return prediction, 'text/plain'\n",
        ("text/plain", b"a-X"),
    ),
    "transform_fn": (
        "def transform_fn(model, body, kind, accept): return f'{model}{body.decode()} {kind} {accept}'\n",
        ("application/json", b"a-x text/words application/json"),
    ),
    "handlers that take the context": (
        "def input_fn(body, content_type, context): return body.decode()\n"
        "def predict_fn(data, model, context): return context.system_properties['model_dir'][-5:]\n"
        "def output_fn(prediction, accept): return prediction\n",
        ("application/json", b"model"),
    ),
    "a Response of the old toolkit": (
        "from sagemaker_containers.beta.framework import worker\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    return worker.Response(model, accept, mimetype='text/x-tree')\n",
        ("text/x-tree", b"a-"),
    ),
}


@pytest.mark.parametrize(("script", "expected"), HANDLERS.values(), ids=HANDLERS.keys())
def test_a_script_may_define(serve, script, expected):
    script = "def model_fn(model_dir): return 'a-'\n" + script
    status, kind, answer = serve(script).wait().invoke(b"x", "text/words")
    assert (status, (kind, answer)) == (200, expected)


def test_an_error_of_the_script_is_told_with_its_place_and_its_traceback_is_in_the_log(serve):
    container = serve(SUM + "def predict_fn(data, model):\n    return {}['maize']\n").wait()
    status, _, answer = container.invoke(b"[[1]]")
    assert (status, answer) == (500, b"KeyError: 'maize' (inference.py, line 9, in predict_fn)")
    assert "Traceback (most recent call last)" in container.log()
    raises = "class Busy(Exception):\n    status_code = 429\ndef predict_fn(data, model):\n    raise Busy('later')\n"
    assert serve(SUM + raises).wait().invoke(b"[[1]]")[0] == 429


ENDINGS = {
    "no model_fn": ("x = 1", "defines no model_fn(model_dir). Please provide one"),
    "transform_fn beside predict_fn": (
        SUM + "def transform_fn(*a): pass\ndef predict_fn(*a): pass\n",
        "Cannot use transform_fn implementation in conjunction",
    ),
    "a model that cannot be loaded": ("def model_fn(model_dir): return open('wheat')", "No such file or directory"),
    "a script that cannot be imported": ("import no_such_thing", "No module named 'no_such_thing'"),
    "a library that crashes": (
        "import os\ndef model_fn(model_dir): os.abort()",
        "ended by SIGABRT while loading the model",
    ),
}


@pytest.mark.parametrize(("script", "text"), ENDINGS.values(), ids=ENDINGS.keys())
def test_a_container_ends_for(serve, script, text):
    container = serve(script)
    assert container.process.wait(60) != 0
    assert text in container.log()


def test_a_container_without_a_script_says_what_is_missing(tmp_path):
    container = Serving(tmp_path, {"model.joblib": ""})
    assert container.process.wait(60) == 1
    assert "There is no script to answer with: SAGEMAKER_PROGRAM names none" in container.log()
    named = Serving(tmp_path / "b", {"code/x.py": ""}, {"SAGEMAKER_PROGRAM": "serve.py"})
    assert named.process.wait(60) == 1
    assert "The code has no file 'serve.py' (SAGEMAKER_PROGRAM); it has x.py." in named.log()


def test_workers_that_end_are_named_and_started_again_and_others_answer_meanwhile(serve):
    crash = (
        SUM
        + "import os\ndef input_fn(body, content_type):\n    os.abort() if b'end' in body else None\n    return body\n"
    )
    crash += "def predict_fn(data, model): return os.getpid()\ndef output_fn(p, accept): return str(p)\n"
    container = serve(crash, workers=2).wait()
    status, _, answer = container.invoke(b"end", "text/words")
    assert status == 500
    assert b"ended before it had answered" in answer
    assert container.invoke(b"go on", "text/words")[0] == 200
    container.until(lambda: "ended by SIGABRT while serving. It is started again." in container.log(), "it is named")
    pid = int(container.invoke(b"who", "text/words")[2])
    os.kill(pid, signal.SIGKILL)
    container.until(lambda: "ended by SIGKILL while serving" in container.log(), "an idle one is named")
    container.until(lambda: container.invoke(b"who", "text/words")[0] == 200, "it answers")


def test_ping_fails_until_the_model_is_loaded_and_a_slow_request_does_not_hold_it(serve):
    slow = SUM.replace("return Sum()", "import time; time.sleep(1); return Sum()")
    slow += "def input_fn(body, content_type):\n    import time, numpy\n    time.sleep(30 if 'slow' in body else 0)\n"
    slow += "    return numpy.ones((1, 2))\n"
    container = serve(slow, more={"SAGEMAKER_MODEL_SERVER_TIMEOUT": "1"})
    container.until(lambda: container.ping() == 503, "/ping answers 503")
    container.wait()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(container.invoke, b"slow")
        container.until(first.running, "the first request is under way")
        waiting = pool.submit(container.invoke, b"quick")
    status, _, answer = first.result()
    assert (status, answer) == (504, b"The script did not answer within 1 s (SAGEMAKER_MODEL_SERVER_TIMEOUT).")
    # What waited meanwhile is answered by the worker that is started again.
    assert waiting.result()[::2] == (200, b"[2.0]")
    container.until(lambda: "ended by SIGKILL while serving. It is started again." in container.log(), "it is ended")


def test_the_script_and_its_code_may_lie_elsewhere(serve, tmp_path):
    sources = tmp_path / "sources"
    (sources / "src").mkdir(parents=True)
    (sources / "src/answer.py").write_text(SUM + "import words\ndef predict_fn(data, model): return words.ALL\n")
    (sources / "src/words.py").write_text("ALL = ['rye']\n")
    told = {"SAGEMAKER_PROGRAM": "src/answer.py", "SAGEMAKER_SUBMIT_DIRECTORY": str(sources)}
    container = serve("raise SystemExit(1)", more=told).wait()
    assert json.loads(container.invoke(b"[[1]]")[2]) == ["rye"]
    library = {"code/lib/words.py": "ALL = ['oats']\n"}
    told = {"SAGEMAKER_PROGRAM": "/home/me/inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/k/model.tar.gz"}
    script = SUM + "import words\ndef predict_fn(data, model): return words.ALL\n"
    assert json.loads(serve(script, library, more=told).wait().invoke(b"[[1]]")[2]) == ["oats"]
