"""Training on several hosts: processes with addresses of their own give the model of one host and end together."""

import json
import pickle
import re
import signal

import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import roc_auc_score

from images.kit.tests import jobs
from images.kit.tests.containers import addresses

ROUNDS = 15


def csv_of(table):
    return b"".join(",".join(repr(float(cell)) for cell in row).encode() + b"\n" for row in table.tolist())


class Hosts(jobs.Hosts):
    image = "xgboost"

    def models(self):
        return [(folder / "model" / "xgboost-model").exists() for folder in self.folders]

    def booster(self):
        return pickle.loads((self.folders[0] / "model" / "xgboost-model").read_bytes())


def shuffled(load):
    features, labels = load(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    return features[order].astype(np.float32), labels[order]


CANCER = (load_breast_cancer, {"objective": "binary:logistic", "eval_metric": "auc,logloss,accuracy,f1"})
DIGITS = (load_digits, {"objective": "multi:softprob", "num_class": "10", "eval_metric": "mlogloss,merror"})
CASES = {
    "two hosts share replicated data": (CANCER, "FullyReplicated", (1, 1)),
    "two hosts with the rows of their objects": (DIGITS, "ShardedByS3Key", (1, 1)),
    "three hosts, of which one has no data": (CANCER, "ShardedByS3Key", (2, 1, 0)),
}


@pytest.mark.parametrize(("data", "distribution", "shares"), CASES.values(), ids=CASES.keys())
def test_several_hosts_give_the_model_of_one(data, distribution, shares, tmp_path):
    load, parameters = data
    features, labels = shuffled(load)
    table = np.c_[labels, features]
    cut = len(table) * 3 // 4
    owners = np.repeat(np.arange(len(shares)), shares)

    def dealt(rows):
        if distribution == "FullyReplicated":
            return [{"a.csv": csv_of(rows)}] * len(shares)
        parts = [
            rows[np.isin(np.arange(len(rows)) % len(owners), np.flatnonzero(owners == host))]
            for host in range(len(shares))
        ]
        return [{"a.csv": csv_of(part)} if len(part) else {} for part in parts]

    channels = {"train": dealt(table[:cut]), "validation": dealt(table[cut:])}
    sent = {"num_round": str(ROUNDS), "max_depth": "4", **parameters}
    with Hosts(tmp_path, sent, channels, S3DistributionType=distribution) as hosts:
        assert hosts.end() == [(0, None)] * len(shares)
    assert hosts.models() == [True] + [False] * (len(shares) - 1)
    plain = {"max_depth": 4, **parameters, "eval_metric": []}
    matrix, asked = (xgboost.DMatrix(features[part], label=labels[part]) for part in (slice(0, cut), slice(cut, None)))
    expected = xgboost.train(plain, matrix, ROUNDS).predict(asked)
    given = hosts.booster().predict(asked)
    np.testing.assert_allclose(given, expected, atol=0.02)
    check_printed(hosts, parameters, labels[cut:], given, len(table[:cut]))


def check_printed(hosts, parameters, labels, predictions, row_count):
    """The first host alone prints the metrics, those of all rows."""
    first, *others = hosts.outputs
    assert f"[INFO] train: {row_count} rows" in first
    assert not any(re.search(r"#011| rows, ", text) for text in others)
    printed = dict(re.findall(rf"^\[{ROUNDS - 1}\].*#011validation-(\w+):(\S+)$", first, re.MULTILINE))
    assert set(printed) == set(parameters["eval_metric"].split(","))
    classes = predictions.argmax(axis=1) if predictions.ndim == 2 else predictions > 0.5
    wrong = float(np.mean(classes != labels))
    known = {"merror": wrong, "accuracy": 1 - wrong}
    if predictions.ndim == 1:
        known["auc"] = roc_auc_score(labels, predictions)
    for name, value in known.items():
        if name in printed:
            assert float(printed[name]) == pytest.approx(value, abs=1e-5), name


ENDLESS = {"num_round": "1000000", "objective": "binary:logistic"}
ROWS = {"a.csv": b"1,0.5,2\n0,1.5,3\n1,0.25,4\n0,2,1\n"}


@pytest.mark.parametrize("killed", [0, 1])
def test_a_host_that_dies_ends_the_others_with_its_name(killed, tmp_path):
    with Hosts(tmp_path, ENDLESS, {"train": [ROWS] * 3}) as hosts:
        hosts.wait_for_line("[2]")
        hosts.processes[killed].kill()
        ended = hosts.end()
    name = hosts.names[killed]
    assert ended[killed] == (-signal.SIGKILL, None)
    for code, text in ended[:killed] + ended[killed + 1 :]:
        assert (code, text) == (
            1,
            f"AlgorithmError: HostError: Host {name} has failed: it was killed, or its machine or network is gone.",
        )
    assert hosts.models() == [False] * 3


def test_what_is_wrong_on_one_host_ends_all_with_its_text(tmp_path):
    broken = {"b.csv": b"1,2,3\n0,x,4\n"}
    with Hosts(tmp_path, ENDLESS, {"train": [ROWS, broken]}, S3DistributionType="ShardedByS3Key") as hosts:
        ended = hosts.end()
    text = "train/b.csv, line 2, column 2: expected a number, got 'x'."
    assert ended == [
        (2, f"ClientError: Host {hosts.names[1]} has failed: {text}"),
        (2, f"ClientError: {text}"),
    ]


def test_rows_of_different_width_are_refused(tmp_path):
    wide = {"a.csv": b"1,2,3,4\n"}
    with Hosts(tmp_path, ENDLESS, {"train": [ROWS, wide]}, S3DistributionType="ShardedByS3Key") as hosts:
        (_, text), _ = hosts.end()
    assert f"The train channel has 3 features, the train channel on {hosts.names[0]} 2" in text


def test_no_data_on_any_host_is_refused(tmp_path):
    with Hosts(tmp_path, ENDLESS, {"train": [{}, {}]}) as hosts:
        assert [code for code, _ in hosts.end()] == [2, 2]
    assert "No data in the train channel" in (hosts.folders[0] / "output" / "failure").read_text()


def test_all_hosts_stop_after_the_same_round_and_keep_the_model(tmp_path):
    with Hosts(tmp_path, {**ENDLESS, "save_model_on_termination": "true"}, {"train": [ROWS] * 2}) as hosts:
        hosts.wait_for_line("[2]")
        for process in reversed(hosts.processes):
            process.send_signal(signal.SIGTERM)
        assert hosts.end() == [(0, None)] * 2
    assert hosts.models() == [True, False]


def test_stopped_hosts_do_not_call_each_other_dead(tmp_path):
    with Hosts(tmp_path, ENDLESS, {"train": [ROWS] * 2}) as hosts:
        hosts.wait_for_line("[2]")
        for process in hosts.processes:
            process.send_signal(signal.SIGTERM)
        assert hosts.end() == [(143, None)] * 2


def test_checkpoints_of_the_first_host_are_gone_on_from_by_all(tmp_path):
    hosts = Hosts(tmp_path, {"num_round": "6", "objective": "binary:logistic"}, {"train": [ROWS] * 2})
    for folder in hosts.folders:
        config = {"S3Uri": "s3://bucket/checkpoints", "LocalPath": str(folder / "checkpoints")}
        (folder / "input" / "config" / "checkpointconfig.json").write_text(json.dumps(config))
    with hosts:
        assert hosts.end() == [(0, None)] * 2
    whole = hosts.booster().save_raw()
    saved = sorted(path.name for path in (hosts.folders[0] / "checkpoints").iterdir())
    assert "xgboost-checkpoint.5" in saved
    assert not (hosts.folders[1] / "checkpoints").exists()
    (hosts.folders[0] / "checkpoints" / "xgboost-checkpoint.5").unlink()
    hosts.processes = []
    with hosts:
        assert hosts.end() == [(0, None)] * 2
    assert "[INFO] Going on from the checkpoint of round" in hosts.outputs[0]
    assert hosts.booster().save_raw() == whole


def test_a_second_attempt_meets_at_the_same_port(tmp_path):
    names = addresses(2)
    for attempt in range(2):
        sent = {"num_round": "1", "objective": "binary:logistic"}
        with Hosts(tmp_path / str(attempt), sent, {"train": [ROWS] * 2}, names) as hosts:
            assert hosts.end() == [(0, None)] * 2
