"""Training on several hosts: each step is that of one host with the records of all, and hosts end together."""

import re

import numpy as np
import pytest
from scipy.sparse import random as random_matrix

from images.factorization_machines import artifact
from images.kit.tests import jobs

from .examples import records
from .test_train import CONTENT_TYPE, measured

DRAW = np.random.default_rng(8)
SPARSE = random_matrix(203, 50, 0.1, "csr", np.float32, DRAW)
LABELS = (np.asarray(SPARSE[:, :20].sum(axis=1)).ravel() > 1).astype(np.float32)
SENT = {
    "feature_dim": "50",
    "num_factors": "3",
    "predictor_type": "binary_classifier",
    "mini_batch_size": "20",
    "epochs": "4",
    "factors_lr": "0.05",
    "linear_lr": "0.05",
    "factors_init_sigma": "0.1",
}


class Hosts(jobs.Hosts):
    image = "factorization_machines"

    def __init__(self, folder, channels, sent=SENT, **fields):
        super().__init__(folder, sent, channels, content_type=CONTENT_TYPE, **fields)

    def machine(self):
        return artifact.load(self.folders[0] / "model" / artifact.MODEL_FILE)[0]


def dealt(hosts, batch):
    """Rows of each host, such that a batch of all is that of one host with all rows in order."""
    starts = range(0, len(LABELS), batch)
    return [np.concatenate([np.arange(s, min(s + batch, len(LABELS)))[n::hosts] for s in starts]) for n in range(hosts)]


def one_host(folder):
    whole = records(SPARSE, LABELS)
    with Hosts(folder, {"train": [{"a": whole}], "test": [{"a": whole}]}) as hosts:
        assert hosts.end() == [(0, None)]
    return hosts.machine(), measured(hosts.outputs[0])


@pytest.mark.parametrize("distribution", ["FullyReplicated", "ShardedByS3Key"])
def test_two_hosts_give_the_model_and_the_metrics_of_one(distribution, tmp_path):
    whole = records(SPARSE, LABELS)
    if distribution == "FullyReplicated":
        shares = [{"a": whole}] * 2
    else:
        shares = [{"a": records(SPARSE[rows], LABELS[rows])} for rows in dealt(2, 20)]
    with Hosts(tmp_path / "two", {"train": shares, "test": shares}, S3DistributionType=distribution) as hosts:
        assert hosts.end() == [(0, None)] * 2
    assert [(folder / "model" / artifact.MODEL_FILE).exists() for folder in hosts.folders] == [True, False]
    machine, metrics = one_host(tmp_path / "one")
    np.testing.assert_allclose(hosts.machine().weights, machine.weights, atol=1e-3)
    found = measured(hosts.outputs[0])
    assert not re.search("metric", hosts.outputs[1])
    assert set(found) == set(metrics)
    for name in set(metrics) - {"train:throughput"}:
        assert found[name] == pytest.approx(metrics[name], abs=1e-3), name
    assert metrics["test:binary_classification_accuracy"][0] > 0.9


def test_a_host_without_data_and_one_with_dense_rows_go_along(tmp_path):
    shares = [{}, {"a": records(SPARSE[:100], LABELS[:100])}, {"a": records(SPARSE[100:].toarray(), LABELS[100:])}]
    with Hosts(tmp_path, {"train": shares}, S3DistributionType="ShardedByS3Key") as hosts:
        assert hosts.end() == [(0, None)] * 3
    assert np.isfinite(hosts.machine().weights).all()


def test_what_is_wrong_on_one_host_ends_all_with_its_text(tmp_path):
    shares = [{"a": records(SPARSE[:50], LABELS[:50])}, {"b": records(SPARSE[:3], [1, 0, 7])}]
    with Hosts(tmp_path, {"train": shares}, S3DistributionType="ShardedByS3Key") as hosts:
        ended = hosts.end()
    text = "train/b, record 3: the label of a binary_classifier must be 0 or 1."
    assert ended == [
        (2, f"ClientError: Host {hosts.names[1]} has failed: {text}"),
        (2, f"ClientError: {text}"),
    ]


def test_a_stop_of_one_ends_all_after_the_same_step_with_the_model(tmp_path):
    shares = [{"a": records(SPARSE, LABELS)}] * 2
    with Hosts(tmp_path, {"train": shares}, {**SENT, "epochs": "100000000"}) as hosts:
        # All hosts have taken a step by then.
        hosts.wait_for_line(f"#quality_metric: host={hosts.names[0]}, epoch=1")
        hosts.processes[1].terminate()
        assert hosts.end() == [(0, None)] * 2
    assert np.isfinite(hosts.machine().weights).all()
