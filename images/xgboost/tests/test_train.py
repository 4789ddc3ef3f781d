"""Training as a container: the model file, the log lines, and a failure text for everything that can be wrong."""

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from images.xgboost.hyperparameters import ALGORITHM

from .containers import DEADLINE_SECONDS, command, prepare, train

ROWS = b"1,0.5,2\n0,1.5,3\n1,0.25,4\n0,2,1\n"
LOGISTIC = {"num_round": "3", "objective": "binary:logistic"}


def csv_of(table):
    return b"".join(",".join(repr(float(cell)) for cell in row).encode() + b"\n" for row in table.tolist())


REAL = {
    "breast cancer": (load_breast_cancer, {"objective": "binary:logistic"}),
    "diabetes": (load_diabetes, {"objective": "reg:squarederror"}),
    "wine": (load_wine, {"objective": "multi:softprob", "num_class": "3"}),
    "digits": (load_digits, {"objective": "multi:softmax", "num_class": "10"}),
}


@pytest.mark.parametrize(("load", "parameters"), REAL.values(), ids=REAL.keys())
@pytest.mark.parametrize("content_type", ["text/csv", "text/libsvm"])
def test_real_data_gives_the_model_of_the_plain_library(load, parameters, content_type, tmp_path):
    features, labels = load(return_X_y=True)
    if content_type == "text/csv":
        data = csv_of(np.c_[labels, features].astype(np.float32))
    else:
        lines = [
            f"{label} " + " ".join(f"{index}:{value!r}" for index, value in enumerate(row))
            for label, row in zip(labels.tolist(), features.astype(np.float32).tolist(), strict=True)
        ]
        data = "\n".join(lines).encode()
    half = data.index(b"\n", len(data) // 2) + 1
    sent = {"num_round": "20", "max_depth": "4", "eta": "0.3", "seed": "7", "subsample": "0.8", **parameters}
    prepare(tmp_path, sent, {"train": {"a": data[:half], "sub/b": data[half:]}}, content_type)
    code, _, failure = train(tmp_path)
    assert (code, failure) == (0, None)
    plain = {"max_depth": 4, "eta": 0.3, "seed": 7, "subsample": 0.8, **parameters}
    matrix = xgboost.DMatrix(features.astype(np.float32), label=labels)
    expected = xgboost.train(plain, matrix, 20).predict(matrix)
    hosted = pickle.loads((tmp_path / "model" / "xgboost-model").read_bytes())
    np.testing.assert_allclose(hosted.predict(matrix), expected, atol=1e-4)


def test_pipe_mode_trains_on_a_stream_of_each_channel(tmp_path):
    features, labels = load_breast_cancer(return_X_y=True)
    table = csv_of(np.c_[labels, features].astype(np.float32))
    prepare(
        tmp_path,
        {"num_round": "5", "objective": "binary:logistic"},
        {"train": {}, "validation": {}},
        TrainingInputMode="Pipe",
    )
    (tmp_path / "input" / "data").mkdir()
    for name in ("train", "validation"):
        path = tmp_path / "input" / "data" / f"{name}_0"
        os.mkfifo(path)
        threading.Thread(target=path.write_bytes, args=(table,), daemon=True).start()
    code, output, failure = train(tmp_path)
    assert (code, failure) == (0, None)
    assert "[INFO] validation: 569 rows, 30 features" in output
    matrix = xgboost.DMatrix(features.astype(np.float32), label=labels)
    expected = xgboost.train({"objective": "binary:logistic"}, matrix, 5).predict(matrix)
    hosted = pickle.loads((tmp_path / "model" / "xgboost-model").read_bytes())
    np.testing.assert_allclose(hosted.predict(matrix), expected, atol=1e-4)


def test_every_round_logs_each_metric_as_the_algorithms_expressions_read_it(tmp_path):
    sent = {**LOGISTIC, "eval_metric": "error,auc,accuracy"}
    prepare(tmp_path, sent, {"train": {"a.csv": ROWS}, "validation": {"a.csv": ROWS}})
    code, output, _ = train(tmp_path)
    assert code == 0
    expressions = {metric["name"]: metric["regex"] for metric in ALGORITHM["metrics"]}
    for name in ("validation:error", "validation:auc", "validation:accuracy"):
        found = [match[1] for line in output.splitlines() if (match := re.match(expressions[name], line))]
        assert len(found) == 3, name
        assert all(0 <= float(value) <= 1 for value in found)
    assert re.search(r"^\[2\]#011train-error:\d\.\d+#011validation-error:\d\.\d+$", output, re.MULTILINE)


def test_weights_in_the_second_column(tmp_path):
    sent = {"num_round": "1", "eta": "1", "lambda": "0", "base_score": "0", "csv_weights": "1"}
    prepare(tmp_path, sent, {"train": {"a.csv": b"0,3,1\n10,1,1\n"}})
    assert train(tmp_path)[0] == 0
    booster = pickle.loads((tmp_path / "model" / "xgboost-model").read_bytes())
    np.testing.assert_allclose(booster.predict(xgboost.DMatrix(np.ones((1, 1)))), [2.5], atol=1e-6)


# One case a line reads best, however long.
# ruff: noqa: E501
FAULTS = {
    "a hyperparameter out of range": ({"hyperparameters": {"num_round": "0"}}, "num_round: 0 is not in"),
    "an unknown hyperparameter": ({"hyperparameters": {**LOGISTIC, "depth": "3"}}, "Extraneous hyperparameter found: depth"),
    "no train channel": ({"channels": {"validation": {"a.csv": ROWS}}}, "Missing required channel: train"),
    "a channel nobody reads": ({"channels": {"train": {"a.csv": ROWS}, "test": {"a.csv": ROWS}}}, "Extraneous channel found: test"),
    "an empty channel": ({"channels": {"train": {".hidden": ROWS, "_SUCCESS": b""}}}, "No data in the train channel"),
    "empty files": ({"channels": {"train": {"a.csv": b"\n"}}}, "No data in the train channel"),
    "a broken line": ({"channels": {"train": {"x/b.csv": ROWS + b"1,2,oops\n"}}}, "train/x/b.csv, line 5, column 3: expected a number, got 'oops'"),
    "a missing label": ({"channels": {"train": {"a.csv": ROWS, "b.csv": b"1,1,1\n,2,3\n"}}}, "train/b.csv, line 2, column 1: the label is missing"),
    "a label only": ({"channels": {"train": {"a.csv": b"1\n0\n"}}}, "expected a label and at least one feature, got 1 column"),
    "files of different width": ({"channels": {"train": {"a.csv": ROWS, "b.csv": b"1,2\n"}}}, "train/b.csv, line 1: expected 3 columns, got 2"),
    "validation of different width": ({"channels": {"train": {"a.csv": ROWS}, "validation": {"a.csv": b"1,2\n"}}}, "validation channel has 1 features, the train channel 2"),
    "broken libsvm": ({"content_type": "text/libsvm", "channels": {"train": {"a": b"1 0:1\n1 x:2\n"}}}, "train/a, line 2: expected a whole number"),
    "CSV under the default type libsvm": ({"content_type": None}, "train/a.csv, line 1: expected a number as label"),
    "an unknown content type": ({"content_type": "text/html"}, "text/html is not an accepted ContentType"),
    "CSV under the type Parquet": ({"content_type": "application/x-parquet"}, "train/a.csv: expected a Parquet file"),
    "CSV under the type RecordIO-protobuf": ({"content_type": "application/x-recordio-protobuf"}, "train/a.csv, record 1: expected RecordIO"),
    "more label columns": ({"content_type": "text/csv; label_size=2"}, "label_size must be equal to 1"),
    "libsvm in Pipe mode": ({"TrainingInputMode": "Pipe", "content_type": "text/libsvm"}, "Pipe mode is not for LibSVM; use File mode"),
    "an unknown input mode": ({"TrainingInputMode": "FastFile"}, "expected input mode File or Pipe, got FastFile"),
    "an exact method on several hosts": ({"hosts": ("algo-1", "algo-2"), "hyperparameters": {**LOGISTIC, "tree_method": "exact"}}, "tree_method exact works on one instance only"),
    "a linear model on several hosts": ({"hosts": ("algo-1", "algo-2"), "hyperparameters": {**LOGISTIC, "booster": "gblinear"}}, "booster gblinear works on one instance only"),
    "labels the objective cannot take": ({"channels": {"train": {"a.csv": b"5,1\n6,2\n"}}}, r"label must be in \[0,1\]"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_what_the_user_did_wrong_ends_the_job_with_a_text_that_says_where(change, message, tmp_path):
    job = {"hyperparameters": LOGISTIC, "channels": {"train": {"a.csv": ROWS}}, **change}
    prepare(tmp_path, **job)
    code, _, failure = train(tmp_path)
    assert code == 2
    assert failure.startswith("ClientError: ")
    assert re.search(message, failure)
    assert not (tmp_path / "model" / "xgboost-model").exists()


def test_the_failure_text_is_cut_to_what_the_service_reads(tmp_path):
    prepare(tmp_path, {**LOGISTIC, "x" * 2000: "1"}, {"train": {"a.csv": ROWS}})
    assert len(train(tmp_path)[2]) == 1024


@pytest.mark.parametrize(("kept", "saved"), [("true", True), ("false", False)])
def test_a_stopped_job_keeps_its_model_if_it_was_asked_to(kept, saved, tmp_path):
    sent = {**LOGISTIC, "num_round": "1000000", "save_model_on_termination": kept}
    prepare(tmp_path, sent, {"train": {"a.csv": ROWS}})
    arguments = [sys.executable, "-m", "images.kit", "xgboost", "train"]
    with subprocess.Popen(arguments, env=command(tmp_path), stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("[2]"):
                break
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        code = process.wait(DEADLINE_SECONDS)
    model = tmp_path / "model" / "xgboost-model"
    assert code == (0 if saved else 143)
    assert model.exists() == saved
    assert not (tmp_path / "output" / "failure").exists()


def start_spare(folder, **variables):
    return subprocess.Popen(
        [sys.executable, "-m", "images.kit", "xgboost"],
        env={**command(folder), "SAGEBRUSH_SPARE": "1", **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_a_spare_waits_and_then_trains(tmp_path):
    # The folder is named only by the line, as /opt/ml is filled only by then.
    spare = start_spare(tmp_path / "nowhere")
    prepare(tmp_path / "ml", LOGISTIC, {"train": {"a.csv": ROWS}})
    wanted = {
        "arguments": ["train"],
        "environment": {"SAGEBRUSH_ML_ROOT": str(tmp_path / "ml")},
        "workingDirectory": str(tmp_path),
    }
    output, _ = spare.communicate(json.dumps(wanted).encode() + b"\n", timeout=DEADLINE_SECONDS)
    assert spare.returncode == 0, output
    assert b"[2]#011train-logloss" in output
    assert (tmp_path / "ml" / "model" / "xgboost-model").exists()


@pytest.mark.parametrize("line", [b"", b'{"arguments": ["tra'], ids=["no line", "half a line"])
def test_a_spare_that_is_given_up_says_nothing_and_ends_with_125(line, tmp_path):
    spare = start_spare(tmp_path)
    output, _ = spare.communicate(line, timeout=DEADLINE_SECONDS)
    assert (spare.returncode, output) == (125, b"")
