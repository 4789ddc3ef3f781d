"""Serving through a real socket: replies, content types, status codes, connections, stop."""

import contextlib
import http.client
import io
import json
import os
import pickle
import re
import signal
import socket
from pathlib import Path

import numpy as np
import pytest
import xgboost

from images.kit.recordio import frame, read_records
from images.kit.records import Tensor, decode_record, encode_record

from .containers import Serving

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(200, 4)).astype(np.float32)
LABELS = (FEATURES[:, 0] > 0).astype(np.float32)
CLASSES = (FEATURES[:, 0] > 0).astype(np.float32) + (FEATURES[:, 1] > 0)
QUESTION = FEATURES[:3]
CSV = b"\n".join(",".join(map(repr, row)).encode() for row in QUESTION.tolist())


def model_folder(folder, labels=LABELS, save=pickle.dumps, name="xgboost-model", **parameters):
    booster = xgboost.train(parameters, xgboost.DMatrix(FEATURES, label=labels), 5)
    (folder / "model").mkdir(parents=True)
    (folder / "model" / name).write_bytes(save(booster))
    return booster.predict(xgboost.DMatrix(QUESTION))


@contextlib.contextmanager
def serving(folder, **environment):
    container = Serving(folder, {"SAGEMAKER_MODEL_SERVER_WORKERS": "1", **environment})
    try:
        yield container.wait()
    finally:
        container.stop()


@pytest.fixture(scope="module")
def logistic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logistic")
    expected = model_folder(folder, objective="binary:logistic")
    with serving(folder) as container:
        container.expected = expected
        yield container


PROTOBUF = "application/x-recordio-protobuf"


def record(features, **sparse):
    tensor = Tensor(np.array(features, np.float32), **sparse)
    return frame(encode_record({"values": tensor}, {}))


def answers(body, key):
    """Values under a key of each record's label."""
    return np.concatenate([decode_record(payload).label[key].values for payload in read_records(io.BytesIO(body), "a")])


def test_a_csv_reply_joins_the_predictions_with_commas(logistic):
    status, content_type, body = logistic.invoke(CSV + b"\n")
    assert (status, content_type) == (200, "text/csv")
    assert body.count(b",") == 2
    assert b"\n" not in body
    np.testing.assert_array_equal(np.array(body.split(b","), np.float32), logistic.expected)


def test_json_and_json_lines(logistic):
    status, content_type, body = logistic.invoke(CSV, Accept="application/json")
    assert (status, content_type) == (200, "application/json")
    scores = [entry["score"] for entry in json.loads(body)["predictions"]]
    np.testing.assert_array_equal(np.array(scores, np.float32), logistic.expected)
    status, content_type, body = logistic.invoke(CSV, Accept="application/jsonlines; charset=utf-8")
    assert (status, content_type) == (200, "application/jsonlines")
    assert [json.loads(line)["score"] for line in body.splitlines()] == scores


def test_libsvm_with_and_without_labels(logistic):
    rows = [" ".join(f"{index}:{value!r}" for index, value in enumerate(row)) for row in QUESTION.tolist()]
    for body in ("\n".join(rows), "\n".join(f"1 {row}" for row in rows)):
        for content_type in ("text/libsvm", "text/x-libsvm", "text/libsvm ;charset=utf8"):
            reply = logistic.invoke(body.encode(), content_type)[2]
            np.testing.assert_array_equal(np.array(reply.split(b","), np.float32), logistic.expected)


def test_records_dense_and_sparse(logistic):
    keys = np.arange(QUESTION.shape[1], dtype=np.uint64)
    dense = b"".join(record(row) for row in QUESTION)
    sparse = b"".join(record(row, keys=keys, shape=(len(row),)) for row in QUESTION)
    for body in (dense, sparse):
        status, content_type, reply = logistic.invoke(body, PROTOBUF, Accept=PROTOBUF)
        assert (status, content_type) == (200, PROTOBUF)
        np.testing.assert_array_equal(answers(reply, "score"), logistic.expected)
    reply = logistic.invoke(dense, PROTOBUF)[2]
    np.testing.assert_array_equal(np.array(reply.split(b","), np.float32), logistic.expected)


def test_libsvm_is_the_default_content_type(logistic):
    assert logistic.call("POST", "/invocations", b"0:1 1:2")[0] == 200


def test_empty_cells_and_a_missing_last_column_are_missing_values(logistic):
    assert logistic.invoke(b"1,,3,4")[0] == 200
    assert logistic.invoke(b"1,2,3")[2] == logistic.invoke(b"1,2,3,")[2]


# One case a line reads best, however long.
# ruff: noqa: E501
REFUSED = {
    "an empty body": (b"", "text/csv", "text/csv", 204, ""),
    "an unknown content type": (b"1,2,3,4", "text/html", "text/csv", 415, "text/html is not an accepted ContentType"),
    "a content type of training": (b"PAR1", "application/x-parquet", "text/csv", 415, "application/x-parquet is for training only"),
    "broken RecordIO": (b"1,2,3,4\n1,2,3,4\n", "application/x-recordio-protobuf", "text/csv", 415, "request, record 1: expected RecordIO's magic number"),
    "too few features in a record": (record([1, 2]), "application/x-recordio-protobuf", "text/csv", 400, "Feature size of protobuf inference data 2"),
    "broken CSV": (b"1,2,3,4\n1,2,x,4", "text/csv", "text/csv", 415, "request, line 2, column 3: expected a number, got 'x'"),
    "only blank lines": (b"\n\n", "text/csv", "text/csv", 415, "no line of data"),
    "broken libsvm": (b"0:1 1-2", "text/libsvm", "text/csv", 415, "request, line 1: expected index:value, got '1-2'"),
    "too few features": (b"1,2", "text/csv", "text/csv", 400, "Feature size of csv inference data 2 is not consistent with feature size of trained model 4"),
    "too many features": (b"1,2,3,4,5", "text/csv", "text/csv", 400, "Feature size of csv inference data 5"),
    "too large an index": (b"9:1", "text/libsvm", "text/csv", 400, "Feature size of libsvm inference data 10 is larger than feature size of trained model 4"),
    "an unknown reply type": (b"1,2,3,4", "text/csv", "image/png", 406, "Accept type image/png is not supported"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "content_type", "accept", "status", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_the_documented_status(body, content_type, accept, status, message, logistic):
    answer = logistic.invoke(body, content_type, Accept=accept)
    assert (answer[0], message in answer[2].decode()) == (status, True), answer


def test_a_body_over_the_limit_is_refused(tmp_path):
    model_folder(tmp_path)
    with serving(tmp_path, MAX_CONTENT_LENGTH="100") as container:
        assert container.invoke(b"1,2,3,4\n" * 12)[0] == 200
        status, _, body = container.invoke(b"1,2,3,4\n" * 13)
        assert (status, b"larger than 100 bytes" in body) == (413, True)


def test_ping_and_execution_parameters(logistic):
    assert logistic.call("GET", "/ping")[::2] == (200, b"")
    status, content_type, body = logistic.call("GET", "/execution-parameters")
    assert (status, content_type) == (200, "application/json")
    assert json.loads(body) == {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
    assert logistic.call("GET", "/models")[0] == 404


def test_one_connection_carries_many_requests_and_chunked_bodies(logistic):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", logistic.port, timeout=30)) as connection:
        bodies = []
        for _ in range(5):
            parts = iter([CSV[:10], CSV[10:]])
            connection.request("POST", "/invocations", parts, {"Content-Type": "text/csv"}, encode_chunked=True)
            answer = connection.getresponse()
            bodies.append((answer.status, answer.read()))
            local = connection.sock.getsockname()
        assert bodies == [(200, logistic.invoke(CSV)[2])] * 5
        assert connection.sock.getsockname() == local


def test_a_large_request_does_not_hold_up_the_health_check(logistic):
    with contextlib.closing(socket.create_connection(("127.0.0.1", logistic.port))) as slow:
        slow.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n1,2")
        assert logistic.call("GET", "/ping")[0] == 200


BATCH = {"SAGEMAKER_BATCH": "true"}


def test_a_batch_reply_has_one_prediction_a_line(tmp_path):
    expected = model_folder(tmp_path)
    with serving(tmp_path, **BATCH) as container:
        body = container.invoke(CSV)[2]
        assert body.endswith(b"\n")
        np.testing.assert_array_equal(np.array(body.splitlines(), np.float32), expected)


def test_rows_of_class_probabilities_are_lists(tmp_path):
    expected = model_folder(tmp_path, CLASSES, objective="multi:softprob", num_class=3)
    with serving(tmp_path, **BATCH) as container:
        lines = container.invoke(CSV)[2].splitlines()
        np.testing.assert_array_equal(np.array([json.loads(line) for line in lines], np.float32), expected)
        scores = json.loads(container.invoke(CSV, Accept="application/json")[2])["predictions"]
        np.testing.assert_array_equal(np.array([entry["score"] for entry in scores], np.float32), expected)


def test_softmax_answers_the_class(tmp_path):
    expected = model_folder(tmp_path, CLASSES, objective="multi:softmax", num_class=3)
    with serving(tmp_path) as container:
        assert container.invoke(CSV)[2] == ",".join(map(str, expected.tolist())).encode()


SELECTED = "predicted_label, labels,probability,probabilities,raw_score,raw_scores,predicted_score"


def test_chosen_keys_of_a_binary_model(tmp_path):
    probability = float(model_folder(tmp_path, objective="binary:logistic")[0])
    with serving(tmp_path, SAGEMAKER_INFERENCE_OUTPUT=SELECTED) as container:
        first = json.loads(container.invoke(CSV, Accept="application/json")[2])["predictions"][0]
        assert np.isnan(first.pop("predicted_score"))
        pair = [1 - probability, probability]
        assert first == {
            "predicted_label": int(probability > 0.5),
            "labels": [0, 1],
            "probability": probability,
            "probabilities": pair,
            "raw_score": probability,
            "raw_scores": pair,
        }
        line = container.invoke(CSV)[2].decode().splitlines()[0]
        assert line == f'{int(probability > 0.5)},"[0, 1]",{probability},"{pair}",{probability},"{pair}",nan'


def test_chosen_keys_of_a_model_of_classes(tmp_path):
    expected = model_folder(tmp_path, CLASSES, objective="multi:softprob", num_class=3)[0]
    with serving(tmp_path, SAGEMAKER_INFERENCE_OUTPUT="predicted_label,labels,probability,probabilities") as container:
        first = json.loads(container.invoke(CSV, Accept="application/jsonlines")[2].splitlines()[0])
        assert first == {
            "predicted_label": int(expected.argmax()),
            "labels": [0, 1, 2],
            "probability": float(expected.max()),
            "probabilities": expected.tolist(),
        }
        records = container.invoke(CSV, Accept=PROTOBUF)[2]
        np.testing.assert_array_equal(answers(records, "probabilities")[:3], np.array(expected, np.float32))
        np.testing.assert_array_equal(answers(records, "labels")[:3], [0, 1, 2])


def test_chosen_keys_of_a_regression(tmp_path):
    expected = model_folder(tmp_path)
    with serving(tmp_path, SAGEMAKER_INFERENCE_OUTPUT="predicted_score") as container:
        predictions = json.loads(container.invoke(CSV, Accept="application/json")[2])["predictions"]
        assert predictions == [{"predicted_score": value} for value in expected.tolist()]


def test_a_model_of_another_name_in_the_librarys_own_format(tmp_path):
    expected = model_folder(tmp_path, name="mine.ubj", save=lambda booster: bytes(booster.save_raw("ubj")))
    with serving(tmp_path) as container:
        np.testing.assert_array_equal(np.array(container.invoke(CSV)[2].split(b","), np.float32), expected)


MODELS = {
    "no model": (None, "Expected a file xgboost-model at the top of model.tar.gz, found nothing"),
    "no booster": (lambda _: pickle.dumps([1]), "xgboost-model: The model is a pickle of list"),
    "a model cut short": (lambda booster: pickle.dumps(booster)[:200], "xgboost-model: The model is a broken pickle"),
}


@pytest.mark.parametrize(("save", "message"), MODELS.values(), ids=MODELS.keys())
def test_a_model_that_cannot_be_loaded_ends_the_container_and_says_why(save, message, tmp_path):
    if save is not None:
        model_folder(tmp_path, save=save)
    container = Serving(tmp_path)
    error = container.process.communicate(timeout=60)[1]
    assert container.process.returncode != 0
    assert re.search(message, error), error


def test_sigterm_ends_every_worker_with_code_0(tmp_path):
    model_folder(tmp_path)
    container = Serving(tmp_path, {"SAGEMAKER_MODEL_SERVER_WORKERS": "3"}).wait()
    assert container.invoke(CSV)[0] == 200
    assert container.stop()[0] == 0
    with pytest.raises(OSError):
        container.call("GET", "/ping")


def test_a_worker_that_is_killed_ends_the_container(tmp_path):
    model_folder(tmp_path)
    container = Serving(tmp_path, {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}).wait()
    children = Path(f"/proc/{container.process.pid}/task/{container.process.pid}/children")
    still, worker = map(int, children.read_text().split())
    # While one stands still, what answers is the other, which has its model then.
    os.kill(still, signal.SIGSTOP)
    assert container.call("GET", "/ping")[0] == 200
    os.kill(worker, signal.SIGKILL)
    os.kill(still, signal.SIGCONT)
    error = container.process.communicate(timeout=60)[1]
    assert container.process.returncode == 128 + signal.SIGKILL
    assert "A worker was ended by SIGKILL while serving" in error
