"""Serving through a real socket: every form of request and reply, and each status of what cannot be answered."""

import io
import json

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from images.factorization_machines import artifact
from images.factorization_machines.model import Machine, predict
from images.kit.predictions import JSON, JSON_LINES, PROTOBUF
from images.kit.recordio import read_records
from images.kit.records import decode_record
from images.kit.tests import jobs

from .examples import SENT, records

DRAW = np.random.default_rng(2)
MACHINE = Machine(np.array([0.2], np.float32), DRAW.normal(size=(4, 3)).astype(np.float32))
ROWS = np.array([[0, 1.5, 0, -2], [1, 0, 0, 0], [3, -1, 0.5, 2]], np.float32)


@pytest.fixture(scope="module", params=["binary_classifier", "regressor"])
def container(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "model").mkdir()
    artifact.save(folder / "model" / artifact.MODEL_FILE, MACHINE, {**SENT, "predictor_type": request.param})
    serving = jobs.Serving("factorization_machines", folder, {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
    serving.expected = expected(request.param)
    yield serving.wait()
    serving.stop()


def expected(kind):
    scores = predict(MACHINE, kind, ROWS).tolist()
    if kind == "regressor":
        return [{"score": score} for score in scores]
    return [{"score": score, "predicted_label": int(score >= 0.5)} for score in scores]


def sparse_form(row):
    keys = np.flatnonzero(row).tolist()
    return {"data": {"features": {"keys": keys, "shape": [4], "values": row[keys].tolist()}}}


FORMS = [
    lambda row: {"features": row.tolist()},
    lambda row: {"data": {"features": {"values": row.tolist()}}, "configuration": {}},
    sparse_form,
]
MIXED = [form(row) for form, row in zip(FORMS, ROWS, strict=True)]
REQUESTS = {
    "one form after another": json.dumps({"instances": MIXED}),
    "short form": json.dumps({"instances": [FORMS[0](row) for row in ROWS]}),
    "long form": json.dumps({"instances": [FORMS[1](row) for row in ROWS]}),
    "sparse": json.dumps({"instances": [FORMS[2](row) for row in ROWS]}),
}


def results(body):
    """What the records of a reply say, as JSON would."""
    found = []
    for payload in read_records(io.BytesIO(body), "reply"):
        record = decode_record(payload)
        assert record.features == {}
        assert {tensor.values.dtype for tensor in record.label.values()} == {np.dtype(np.float32)}
        found.append({name: tensor.values.tolist()[0] for name, tensor in record.label.items()})
    return found


@pytest.mark.parametrize("request_form", REQUESTS)
def test_json_in_every_form(request_form, container):
    status, content_type, body = container.invoke(REQUESTS[request_form].encode(), JSON)
    assert (status, content_type) == (200, JSON)
    assert json.loads(body) == {"predictions": container.expected}


def test_json_lines_and_records_in_and_out(container):
    lines = "".join(json.dumps(entry) + "\n\n" for entry in MIXED).encode()
    bodies = {JSON_LINES: lines, PROTOBUF: records(ROWS), "Application/X-RecordIO-Protobuf": records(csr_matrix(ROWS))}
    for content_type, body in bodies.items():
        answer = container.invoke(body, content_type, Accept=JSON_LINES)
        assert answer[:2] == (200, JSON_LINES), answer
        assert [json.loads(line) for line in answer[2].splitlines()] == container.expected
        answer = container.invoke(body, content_type, Accept=PROTOBUF)
        assert answer[:2] == (200, PROTOBUF)
        assert results(answer[2]) == container.expected
        assert container.invoke(body, content_type, Accept="*/*")[1] == JSON


def json_of(*instances):
    return json.dumps({"instances": instances}).encode()


REFUSED = {
    "an empty body": (b"", JSON, JSON, 204, ""),
    "CSV": (b"1,2,3,4", "text/csv", JSON, 415, "ContentType text/csv is not supported; supported are application/json"),
    "broken JSON": (b"{", JSON, JSON, 400, "The request: no JSON"),
    "no instances": (b"[]", JSON, JSON, 400, 'expected an object with a list "instances"'),
    "an empty list": (b'{"instances": []}', JSON, JSON, 400, "holds no instance"),
    "too few features": (json_of({"features": [1, 2]}), JSON, JSON, 400, "have 2 features, the model has 4"),
    "a sparse shape of another width": (
        json_of({"data": {"features": {"keys": [3], "shape": [9], "values": [1]}}}),
        JSON,
        JSON,
        400,
        "have 9 features, the model has 4",
    ),
    "broken records": (b"1,2,3,4\n1,2,3,4\n", PROTOBUF, JSON, 400, "request, record 1: expected RecordIO"),
    "numbers too large to multiply": (json_of({"features": [1e30] * 4}), JSON, JSON, 400, "Instance 1: its score is"),
    "a reply as CSV": (json_of({"features": [1] * 4}), JSON, "text/csv", 406, "Accept type text/csv is not supported"),
}


@pytest.mark.parametrize(("body", "content_type", "accept", "status", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_a_status_and_in_words(body, content_type, accept, status, message, container):
    answer = container.invoke(body, content_type, Accept=accept)
    assert (answer[0], message in answer[2].decode()) == (status, True), answer


MODELS = {
    "nothing": ({}, "Expected a file model_algo-1 at the top of model.tar.gz, found nothing"),
    "another file": ({"xgboost-model": b"x"}, "found xgboost-model"),
    "a broken file": ({"model_algo-1": b"x"}, "model_algo-1: The model is no zip"),
}


@pytest.mark.parametrize(("files", "message"), MODELS.values(), ids=MODELS.keys())
def test_a_model_that_cannot_be_loaded_ends_the_container_and_says_why(files, message, tmp_path):
    (tmp_path / "model").mkdir()
    for name, data in files.items():
        (tmp_path / "model" / name).write_bytes(data)
    serving = jobs.Serving("factorization_machines", tmp_path, {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
    error = serving.process.communicate(timeout=jobs.DEADLINE_SECONDS)[1]
    assert serving.process.returncode != 0
    assert message in error
