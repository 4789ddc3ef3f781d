"""rabit_run in scripts on several hosts: it trains what one host would, with the hosts that have rows."""

import json

import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_digits

from images.kit.tests.containers import addresses, containers, ended
from images.xgboost.script.framework import FRAMEWORK

SCRIPT = """
import json, os, signal, sys
import numpy as np, xgboost
from images.kit import hosts as meeting
from sklearn.datasets import load_digits
from sagemaker_xgboost_container import distributed
hosts, parts, host = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
number = hosts.index(host)
features, labels = load_digits(return_X_y=True)
start, stop = parts[number]
def fit(rows, is_master):
    way = os.environ.get(f"WAY_{number}")
    if way == "raise":
        # No other host has a reason that this one should wait for.
        meeting.REASON_SECONDS = 0
        raise ValueError("no seeds")
    if way == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    wanted = {"objective": "multi:softprob", "num_class": 10, "tree_method": "hist", "seed": 1, "nthread": 1}
    booster = xgboost.train(wanted, rows, num_boost_round=5)
    if is_master:
        booster.save_model("model.json")
    print("TRAINED", number, rows.num_row(), is_master, flush=True)
rows = xgboost.DMatrix(features[start:stop], label=labels[start:stop]) if stop > start else None
distributed.rabit_run(
    exec_fun=fit, args={"rows": rows}, include_in_training=rows is not None, hosts=hosts, current_host=host,
    update_rabit_args=True,
)
print("WENT ON", flush=True)
"""
HALVES = [(0, 900), (900, 1797)]


@pytest.fixture
def run(tmp_path):
    """run(parts, variables): exit code and output of the script on each host; parts: first and end of its rows."""
    path = ":".join(map(str, FRAMEWORK.path))
    common = {"PYTHONPATH": path, "OMP_WAIT_POLICY": "PASSIVE", "SAGEBRUSH_ML_ROOT": str(tmp_path)}
    with containers(tmp_path) as start:

        def run_all(parts, **variables):
            hosts = addresses(len(parts))
            words = ["-c", SCRIPT, json.dumps(hosts), json.dumps(parts)]
            return ended(start(hosts, lambda host: [*words, host], **common, **variables))

        yield run_all


def trained(outputs):
    """What the script printed of each training, by host."""
    return [[line for line in output.splitlines() if line.startswith("TRAINED")] for _, output in outputs]


SHARES = [
    pytest.param([(0, 1797)], id="1"),
    pytest.param(HALVES, id="2", marks=pytest.mark.long),
    pytest.param([(0, 300), (300, 900), (900, 1797)], id="3"),
]


@pytest.mark.parametrize("parts", SHARES)
def test_hosts_train_what_one_would(run, tmp_path, parts):
    outputs = run(parts)
    assert [code for code, _ in outputs] == [0] * len(parts), outputs
    assert all(output.endswith("WENT ON\n") for _, output in outputs)
    lines = [[f"TRAINED {number} {stop - start} {number == 0}"] for number, (start, stop) in enumerate(parts)]
    assert trained(outputs) == lines
    features, labels = load_digits(return_X_y=True)
    wanted = {"objective": "multi:softprob", "num_class": 10, "tree_method": "hist", "seed": 1}
    rows = xgboost.DMatrix(features, label=labels)
    alone, together = (
        xgboost.train(wanted, rows, num_boost_round=5),
        xgboost.Booster(model_file=tmp_path / "model.json"),
    )
    assert np.abs(alone.predict(rows) - together.predict(rows)).max() < 1e-4


def test_hosts_without_rows_end_and_the_first_with_rows_leads(run):
    outputs = run([(0, 0), (0, 900), (900, 1797)])
    assert [code for code, _ in outputs] == [0, 0, 0], outputs
    assert trained(outputs) == [[], ["TRAINED 1 900 True"], ["TRAINED 2 897 False"]]
    assert "takes no part in training" in outputs[0][1] and "WENT ON" not in outputs[0][1]


def test_one_host_with_rows_trains_alone(run):
    outputs = run([(0, 0), (0, 1797)])
    assert [code for code, _ in outputs] == [0, 0], outputs
    assert trained(outputs) == [[], ["TRAINED 1 1797 True"]]


def test_no_rows_at_all_are_an_error(run):
    for code, output in run([(0, 0), (0, 0)]):
        assert (code, "RuntimeError: No hosts received training data" in output) == (1, True)


def test_an_error_on_one_host_ends_all(run):
    (code, first), (other_code, other) = run(HALVES, WAY_1="raise")
    assert (code, other_code) == (1, 1)
    assert other.rstrip().endswith("ValueError: no seeds")
    assert "has failed: ValueError: no seeds" in first


def test_a_host_that_dies_ends_all(run):
    (code, first), (other_code, _) = run(HALVES, WAY_1="kill")
    assert (code, other_code) == (1, -9)
    assert "has failed: it was killed, or its machine or network is gone." in first
