"""Checkpoints: which files are kept, and that a run that goes on from one gives the model of a run without a break."""

import json
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_breast_cancer, load_digits

from images.xgboost.checkpoints import Checkpoints
from images.xgboost.fit import Start, fit
from images.xgboost.hyperparameters import parse
from images.xgboost.rows import DataSet, Rows

from .containers import DEADLINE_SECONDS, command, prepare, train

ROUNDS = 12


def data_of(load, part):
    features, labels = load(return_X_y=True)
    return DataSet.of([Rows(features.astype(np.float32)[part], labels.astype(np.float32)[part])])


def run(load, texts, *, start=None, stop_after=None, rounds=ROUNDS):
    """Booster of a run, and the model as a checkpoint would hold it after each round."""
    saved = {}

    def after_round(booster, number, _results):
        saved[number] = bytes(booster.save_raw("ubj"))
        return number == stop_after

    settings = parse({"num_round": str(rounds), **texts})
    train_part, held_out = slice(0, None, 2), slice(1, None, 2)
    sets = data_of(load, train_part), data_of(load, held_out)
    return fit(*sets, settings, after_round, threads=2, start=start, repeatable=True), saved


BINARY = {"objective": "binary:logistic"}
CASES = {
    "as it is": (load_breast_cancer, BINARY),
    "of several classes": (load_digits, {"objective": "multi:softprob", "num_class": "10"}),
    "of forests": (load_breast_cancer, {**BINARY, "num_parallel_tree": "3"}),
    "with approx": (load_breast_cancer, {**BINARY, "tree_method": "approx"}),
    "of linear models": (load_breast_cancer, {**BINARY, "booster": "gblinear", "updater": "coord_descent"}),
    "with dropped trees": (load_breast_cancer, {**BINARY, "booster": "dart", "rate_drop": "0.3"}),
}


@pytest.mark.parametrize(("load", "texts"), CASES.values(), ids=CASES.keys())
def test_going_on_gives_the_same_model(load, texts):
    whole, _ = run(load, texts)
    _, saved = run(load, texts, stop_after=4)
    resumed, later = run(load, texts, start=Start(saved[4], 5))
    assert sorted(later) == list(range(5, ROUNDS))
    assert resumed.save_raw() == whole.save_raw()


@pytest.mark.parametrize("sampling", [{"subsample": "0.5"}, {"colsample_bytree": "0.5", "colsample_bynode": "0.5"}])
def test_going_on_with_samples_gives_as_good_a_model(sampling):
    # XGBoost draws once more when it starts, so that the first round after a start has other samples.
    texts = {**BINARY, **sampling, "eta": "0.1"}
    whole, _ = run(load_breast_cancer, texts, rounds=30)
    _, saved = run(load_breast_cancer, texts, stop_after=14, rounds=30)
    resumed, _ = run(load_breast_cancer, texts, start=Start(saved[14], 15), rounds=30)
    assert resumed[:15].save_raw() == whole[:15].save_raw()
    rows = data_of(load_breast_cancer, slice(1, None, 2)).parts[0]
    losses = [
        -np.log(np.where(rows.labels == 1, guess, 1 - guess)).mean()
        for guess in (booster.inplace_predict(rows.features) for booster in (whole, resumed))
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.1)


def test_early_stopping_remembers_the_best_round():
    texts = {**BINARY, "eta": "1", "early_stopping_rounds": "3", "eval_metric": "logloss"}
    whole, saved = run(load_breast_cancer, texts, rounds=200)
    last = max(saved)
    assert whole.best_iteration == last - 3
    for number in (last - 1, last):
        resumed, later = run(load_breast_cancer, texts, start=Start(saved[number], number + 1), rounds=200)
        assert len(later) == last - number
        assert resumed.save_raw() == whole.save_raw()


class Clock:
    """Time that only a test moves."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def booster():
    return run(load_breast_cancer, BINARY, rounds=1)[0]


def names(folder):
    return sorted((path.name for path in folder.iterdir()), key=lambda name: int(name.rpartition(".")[2]))


def test_the_last_five_are_kept(booster, tmp_path):
    checkpoints = Checkpoints(tmp_path / "new")
    for number in range(12):
        checkpoints.save(booster, number)
    assert names(tmp_path / "new") == [f"xgboost-checkpoint.{number}" for number in range(7, 12)]
    assert Checkpoints(tmp_path / "new").latest().next_round == 12


def test_saving_takes_a_tenth_of_the_time(booster, tmp_path):
    clock = Clock()
    checkpoints = Checkpoints(tmp_path, clock)
    slow = booster.save_raw

    class Slow:
        def save_raw(self, form):
            clock.now += 2
            return slow(form)

    for number in range(40):
        clock.now += 1
        checkpoints.note(Slow(), number)
    assert names(tmp_path) == ["xgboost-checkpoint.0", "xgboost-checkpoint.18", "xgboost-checkpoint.36"]


def test_a_checkpoint_that_cannot_be_read_is_passed_over(booster, tmp_path, capsys):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(booster, 3)
    (tmp_path / "xgboost-checkpoint.4").write_bytes(b"{broken")
    (tmp_path / "xgboost-checkpoint.5").write_bytes(b"")
    (tmp_path / "xgboost-checkpoint.6.part").write_bytes(b"x")
    (tmp_path / "other").write_bytes(b"x")
    assert Checkpoints(tmp_path).latest().next_round == 4
    assert "xgboost-checkpoint.4 cannot be read" in capsys.readouterr().out


def test_no_folder_and_an_empty_one_are_a_start_from_nothing(tmp_path):
    assert Checkpoints(tmp_path).latest() is None
    assert Checkpoints(tmp_path / "missing").latest() is None


ROWS = b"1,0.5,2\n0,1.5,3\n1,0.25,4\n0,2,1\n"


def prepare_with_checkpoints(folder, hyperparameters):
    prepare(folder, {**BINARY, **hyperparameters}, {"train": {"a.csv": ROWS}})
    config = {"S3Uri": "s3://bucket/checkpoints", "LocalPath": str(folder / "checkpoints")}
    (folder / "input" / "config" / "checkpointconfig.json").write_text(json.dumps(config))


def model(folder):
    return pickle.loads((folder / "model" / "xgboost-model").read_bytes())


@pytest.mark.parametrize(("kept", "code"), [("true", 0), ("false", 143)])
def test_a_stopped_job_saves_its_last_round_and_the_next_one_goes_on(kept, code, tmp_path):
    prepare_with_checkpoints(tmp_path, {"num_round": "1000000", "save_model_on_termination": kept})
    arguments = [sys.executable, "-m", "images.kit", "xgboost", "train"]
    with subprocess.Popen(arguments, env=command(tmp_path), stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("[20]"):
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(DEADLINE_SECONDS) == code
    last = int(rest.splitlines()[-1].split("]")[0].removeprefix("[")) if rest else 20
    assert names(tmp_path / "checkpoints")[-1] == f"xgboost-checkpoint.{last}"
    assert (tmp_path / "model" / "xgboost-model").exists() == (kept == "true")

    config = tmp_path / "input" / "config" / "hyperparameters.json"
    config.write_text(json.dumps({**BINARY, "num_round": str(last + 3)}))
    ended, output, _ = train(tmp_path)
    assert ended == 0
    assert f"[INFO] Going on from the checkpoint of round {last}" in output
    assert [line.split("#")[0] for line in output.splitlines() if "#" in line] == [f"[{last + 1}]", f"[{last + 2}]"]
    assert model(tmp_path).num_boosted_rounds() == last + 3


def test_a_job_that_has_all_its_rounds_only_writes_the_model(tmp_path):
    prepare_with_checkpoints(tmp_path, {"num_round": "3"})
    assert train(tmp_path)[0] == 0
    first = model(tmp_path).save_raw()
    code, output, _ = train(tmp_path)
    assert code == 0
    assert "#011" not in output
    assert model(tmp_path).save_raw() == first


def test_a_checkpoint_reads_with_the_plain_library(tmp_path):
    prepare_with_checkpoints(tmp_path, {"num_round": "2"})
    assert train(tmp_path)[0] == 0
    data = (tmp_path / "checkpoints" / "xgboost-checkpoint.1").read_bytes()
    assert xgboost.Booster(model_file=bytearray(data)).num_boosted_rounds() == 2
