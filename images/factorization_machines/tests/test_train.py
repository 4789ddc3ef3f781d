"""Training as a container: the model file, log lines, Pipe mode, and a failure text for each thing that is wrong."""

import os
import re
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale

from images.factorization_machines import artifact
from images.factorization_machines.hyperparameters import ALGORITHM
from images.factorization_machines.model import predict
from images.kit.tests import jobs

from .examples import SENT, records

CONTENT_TYPE = "application/x-recordio-protobuf"
RANDOM = np.random.default_rng(5)
FEATURES = RANDOM.normal(size=(40, 4)).astype(np.float32)
ROWS = records(FEATURES, FEATURES[:, 0])
CLASSES = records(FEATURES, (FEATURES[:, 0] > 0))
CLASSIFIER = {**SENT, "predictor_type": "binary_classifier"}


def prepare(folder, sent, channels, content_type=CONTENT_TYPE, **fields):
    jobs.prepare(folder, sent, channels, content_type, **fields)


def train(folder):
    return jobs.train("factorization_machines", folder)


def model_of(folder):
    return artifact.load(folder / "model" / artifact.MODEL_FILE)


def measured(output):
    """Metric of the algorithm's table to the values that its expression finds in a log."""
    lines = output.splitlines()
    found = {
        metric["name"]: [float(match[1]) for line in lines if (match := re.search(metric["regex"], line))]
        for metric in ALGORITHM["metrics"]
    }
    return {name: values for name, values in found.items() if values}


def test_real_data_in_each_form_gives_one_model(tmp_path):
    features, labels = load_breast_cancer(return_X_y=True)
    features = scale(features).astype(np.float32)
    sent = {
        "feature_dim": "30",
        "num_factors": "4",
        "predictor_type": "binary_classifier",
        "epochs": "20",
        "mini_batch_size": "50",
        "linear_lr": "0.01",
    }
    weights = {}
    for form, given in {"dense": features, "sparse": csr_matrix(features)}.items():
        folder = tmp_path / form
        files = {"a": records(given[:300], labels[:300]), "sub/b": records(given[300:400], labels[300:400])}
        prepare(folder, sent, {"train": files, "test": {"c": records(given[400:], labels[400:])}})
        code, output, failure = train(folder)
        assert (code, failure) == (0, None)
        machine, _ = model_of(folder)
        weights[form] = machine.weights
        right = (predict(machine, "binary_classifier", given[400:]) >= 0.5) == labels[400:]
        assert right.mean() > 0.95
        found = measured(output)
        assert found["test:binary_classification_accuracy"] == [pytest.approx(right.mean())]
        assert found["test:binary_classification_cross_entropy"][0] < 0.15
        assert found["test:binary_f_beta"][0] > 0.95
        assert len(found["train:binary_classification_cross_entropy:epoch"]) == 20
        assert found["train:progress"][-1] == 100
    np.testing.assert_allclose(weights["dense"], weights["sparse"], atol=1e-3)


def test_a_regressor_prints_its_metrics_by_batch_and_by_pass(tmp_path):
    sent = {**SENT, "epochs": "3", "mini_batch_size": "10", "linear_lr": "0.3", "bias_lr": "0.01"}
    prepare(tmp_path, sent, {"train": {"a": ROWS}, "test": {"a": ROWS}})
    code, output, failure = train(tmp_path)
    assert (code, failure) == (0, None)
    found = measured(output)
    expected = {"test:rmse", "train:progress", "train:throughput"}
    expected |= {f"train:{name}{where}" for name in ("rmse", "mse", "absolute_loss") for where in ("", ":epoch")}
    assert set(found) == expected
    assert [len(found[name]) for name in ("test:rmse", "train:rmse", "train:rmse:epoch")] == [1, 3, 3]
    assert found["train:rmse:epoch"][0] > found["train:rmse:epoch"][-1] > found["test:rmse"][0]
    assert "#quality_metric: host=algo-1, epoch=0, batch=0 train rmse <loss>=" in output
    assert "#progress_metric: host=algo-1, completed 100 %" in output


def test_pipe_mode_reads_a_stream_for_each_pass_and_gives_the_model_of_file_mode(tmp_path):
    sent = {**CLASSIFIER, "epochs": "2", "mini_batch_size": "16"}
    prepare(tmp_path / "file", sent, {"train": {"a": CLASSES}})
    assert train(tmp_path / "file")[0] == 0
    folder = tmp_path / "pipe"
    prepare(folder, sent, {"train": {}, "test": {}}, TrainingInputMode="Pipe", content_type=None)
    (folder / "input" / "data").mkdir()
    for name in ("train_0", "train_1", "test_0"):
        path = folder / "input" / "data" / name
        os.mkfifo(path)
        threading.Thread(target=path.write_bytes, args=(CLASSES,), daemon=True).start()
    code, output, failure = train(folder)
    assert (code, failure) == (0, None)
    assert len(measured(output)["test:binary_classification_accuracy"]) == 1
    np.testing.assert_array_equal(*(model_of(tmp_path / mode)[0].weights for mode in ("file", "pipe")))


def nothing_but(first, *rest):
    """Records of FEATURES, of which the second has another first number."""
    changed = FEATURES.copy()
    changed[1, 0] = first
    return records(changed, *rest)


WIDE = records(np.ones((1, 5), np.float32), [1])
FAULTS = {
    "a hyperparameter out of range": ({"sent": {"epochs": "0"}}, "epochs: 0 is not in"),
    "more weights than there is memory for": (
        {"sent": {"feature_dim": "2000000000", "num_factors": "1000"}},
        "feature_dim 2000000000 with num_factors 1000 needs 24024.0 GB of memory",
    ),
    "no train channel": ({"channels": {"test": {"a": ROWS}}}, "Missing required channel: train"),
    "a channel nobody reads": (
        {"channels": {"train": {"a": ROWS}, "validation": {"a": ROWS}}},
        "Extraneous channel found: validation. Known are: train, test",
    ),
    "a model to go on from": (
        {"channels": {"train": {"a": ROWS}, "model": {"a": ROWS}}},
        "Extraneous channel found: model. Factorization machines cannot go on from a model",
    ),
    "no record": ({"channels": {"train": {"_SUCCESS": b"", "a": b""}}}, "No data in the train channel"),
    "no record to test on": ({"channels": {"train": {"a": ROWS}, "test": {"a": b""}}}, "No data in the test channel"),
    "CSV by its type": ({"content_type": "text/csv"}, "text/csv is not an accepted ContentType"),
    "CSV by its bytes": ({"channels": {"train": {"a": b"1,2,3,4,5\n"}}}, "train/a, record 1: expected RecordIO"),
    "an unknown input mode": ({"TrainingInputMode": "FastFile"}, "expected input mode File or Pipe, got FastFile"),
    "float64": (
        {"channels": {"train": {"a": records(FEATURES, FEATURES[:, 0], np.float64)}}},
        "train/a, record 1: expected numbers of type float32, got float64",
    ),
    "a label of another type": (
        {"channels": {"train": {"a": records(FEATURES[:1], [1]) + records(FEATURES[:1], [1], np.int32)}}},
        "train/a, record 2: expected numbers of type float32, got int32",
    ),
    "no label": ({"channels": {"train": {"a": records(FEATURES)}}}, "expected one label under 'values', got 0"),
    "another width": (
        {"channels": {"train": {"a": WIDE}}},
        "train/a, record 1: expected feature_dim = 4 features, got 5",
    ),
    "another width further on": (
        {"channels": {"train": {"a": ROWS, "b": WIDE}}},
        "train/b, record 1: features 5, but 4",
    ),
    "a feature that is no number": (
        {"channels": {"train": {"a": nothing_but(np.nan, FEATURES[:, 0])}}},
        "train/a, record 2: a feature is not a finite number",
    ),
    "an infinite feature among few": (
        {"channels": {"train": {"a": records(csr_matrix(np.array([[0, 1, 0, 0], [0, np.inf, 0, 0]])), [1, 2])}}},
        "train/a, record 2: a feature is not a finite number",
    ),
    "a label that is no number": (
        {"channels": {"train": {"a": records(FEATURES[:2], [1, np.nan])}}},
        "train/a, record 2: the label is not a finite number",
    ),
    "a class that is neither 0 nor 1": (
        {"sent": CLASSIFIER, "channels": {"train": {"a": records(FEATURES[:3], [0, 1, 2])}}},
        "train/a, record 3: the label of a binary_classifier must be 0 or 1",
    ),
    "a file cut short": ({"channels": {"train": {"a": ROWS[:-5]}}}, "train/a, record 40: the data end inside it"),
    "rates that are too high": (
        {"sent": {"factors_lr": "1e25", "epochs": "5"}},
        "Training has diverged: the loss or a weight is not a finite number",
    ),
    "a rate that is too high at the last step": (
        {"sent": {"bias_lr": "1e39"}},
        "Training has diverged: the loss or a weight is not a finite number",
    ),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_what_the_user_did_wrong_ends_the_job_with_a_text_that_says_where(change, message, tmp_path):
    job = {"channels": {"train": {"a": ROWS}}, **change}
    prepare(tmp_path, {**SENT, **job.pop("sent", {})}, **job)
    code, _, failure = train(tmp_path)
    assert (code, failure and failure.startswith("ClientError: ")) == (2, True), failure
    assert message in failure
    assert not (tmp_path / "model" / artifact.MODEL_FILE).exists()


def test_rows_of_zeros_in_sparse_data_are_rows(tmp_path):
    sparse = csr_matrix(np.array([[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], np.float32))
    prepare(tmp_path, {**SENT, "epochs": "200"}, {"train": {"a": records(sparse, [3, 5, 3])}})
    assert train(tmp_path)[::2] == (0, None)
    machine, _ = model_of(tmp_path)
    assert predict(machine, "regressor", sparse[:1])[0] == pytest.approx(3, abs=0.6)


def test_a_stopped_job_keeps_what_it_has_learned(tmp_path):
    prepare(tmp_path, {**SENT, "epochs": "100000000"}, {"train": {"a": ROWS}})
    arguments = [sys.executable, "-m", "images.kit", "factorization_machines", "train"]
    with subprocess.Popen(arguments, env=jobs.command(tmp_path), stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("#quality_metric: host=algo-1, epoch=1, train"):
                break
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        code = process.wait(jobs.DEADLINE_SECONDS)
    assert code == 0
    assert np.isfinite(model_of(tmp_path)[0].weights).all()
    assert not (tmp_path / "output" / "failure").exists()
