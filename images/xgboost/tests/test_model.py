"""The model: a known answer, the same answer again, saved and loaded, and what it refuses."""

import os
import pickle

import numpy as np
import pytest
import xgboost
from scipy.sparse import csr_matrix

from images.kit.errors import UserError
from images.xgboost import fit as fitting
from images.xgboost import model
from images.xgboost import rows as rows_module
from images.xgboost.hyperparameters import parse
from images.xgboost.metrics import accuracy, auc, classes, f1
from images.xgboost.rows import DataSet, Rows


def fit(rows, validation=None, after_round=lambda *_: False, **texts):
    settings = parse({"num_round": "3", **texts})
    sets = [None if part is None else DataSet.of([part]) for part in (rows, validation)]
    return fitting.fit(*sets, settings, after_round, threads=1)


def some_rows(seed=0, count=200):
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, 5)).astype(np.float32)
    return Rows(features, (features[:, 0] + features[:, 1] ** 2).astype(np.float32))


def test_one_split_predicts_the_mean_of_each_side():
    rows = Rows(np.array([[0], [0], [1], [1]], np.float32), np.array([1, 3, 10, 20], np.float32))
    booster = fit(
        rows, num_round="1", eta="1", max_depth="1", base_score="0", **{"lambda": "0", "min_child_weight": "0"}
    )
    np.testing.assert_allclose(model.predict(booster, rows.features), [2, 2, 15, 15], atol=1e-6)


def test_weights_count():
    rows = Rows(np.zeros((2, 1), np.float32), np.array([0, 10], np.float32), np.array([3, 1], np.float32))
    booster = fit(rows, num_round="1", eta="1", base_score="0", **{"lambda": "0"})
    np.testing.assert_allclose(model.predict(booster, rows.features), [2.5, 2.5], atol=1e-6)


def test_the_same_seed_gives_the_same_model():
    texts = {"subsample": "0.5", "colsample_bytree": "0.5"}
    first, second, other = (fit(some_rows(), seed=seed, **texts) for seed in ("1", "1", "2"))
    assert first.save_raw() == second.save_raw()
    assert first.save_raw() != other.save_raw()


@pytest.mark.parametrize("booster_name", ["gbtree", "gblinear", "dart"])
def test_saved_and_loaded_predicts_the_same(booster_name):
    rows = some_rows()
    booster = fit(rows, booster=booster_name)
    expected = booster.predict(xgboost.DMatrix(rows.features))
    np.testing.assert_allclose(model.predict(model.load(model.dump(booster)), rows.features), expected, atol=1e-6)
    np.testing.assert_allclose(
        pickle.loads(model.dump(booster)).predict(xgboost.DMatrix(rows.features)), expected, atol=1e-6
    )


@pytest.mark.parametrize("form", ["json", "ubj"])
def test_a_model_saved_by_the_library_loads(form):
    rows = some_rows()
    booster = fit(rows)
    loaded = model.load(bytes(booster.save_raw(form)))
    np.testing.assert_array_equal(model.predict(loaded, rows.features), model.predict(booster, rows.features))


class Hostile:
    def __reduce__(self):
        return os.system, ("touch hostile-was-here",)


BROKEN = {
    "a pickle that runs a program": (pickle.dumps(Hostile()), r"asks for posix.system"),
    "a pickle of something else": (pickle.dumps({"a": 1}), "a pickle of dict; expected an xgboost.Booster"),
    "a pickle cut short": (pickle.dumps(list(range(100)))[:-20], "a broken pickle"),
    "bytes of no format": (b"no model at all", "is no pickle and XGBoost cannot read it"),
    "an empty file": (b"", "is an empty file"),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_refuses_a_broken_or_hostile_model(data, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        model.load(data)
    assert list(tmp_path.iterdir()) == []


def test_early_stopping_hosts_the_best_round():
    seen = []

    def after_round(_booster, _number, results):
        seen.append(results["validation"]["rmse"])
        return False

    texts = {"num_round": "200", "eta": "0.9", "early_stopping_rounds": "3", "max_depth": "8"}
    booster = fit(some_rows(0), some_rows(1, 60), after_round, **texts)
    assert len(seen) < 200
    assert booster.num_boosted_rounds() == int(np.argmin(seen)) + 1


def test_training_ends_when_the_callback_says_so():
    assert fit(some_rows(), after_round=lambda _b, number, _r: number == 1, num_round="50").num_boosted_rounds() == 2


def test_accuracy_and_f1_are_computed_each_round():
    rows = some_rows()
    labelled = Rows(rows.features, (rows.labels > 0.5).astype(np.float32))
    results = []
    booster = fit(
        labelled,
        None,
        lambda _b, _n, result: results.append(result["train"]) and False,
        objective="binary:logistic",
        eval_metric="error,accuracy,f1,mse",
    )
    predictions = model.predict(booster, rows.features)
    assert results[-1]["accuracy"] == pytest.approx(1 - results[-1]["error"], abs=1e-6)
    assert results[-1]["mse"] == pytest.approx(float(((predictions - labelled.labels) ** 2).mean()), abs=1e-6)
    assert results[-1]["f1"] == pytest.approx(f1(labelled.labels, classes("binary:logistic", predictions)), abs=1e-6)


def test_f1_is_the_mean_over_classes():
    labels, predicted = np.array([0, 0, 1, 1, 2], np.float32), np.array([0, 1, 1, 1, 0])
    assert accuracy(labels, predicted) == pytest.approx(3 / 5)
    # class 0: 2*1/(2+2), class 1: 2*2/(2+3), class 2: none found
    assert f1(labels, predicted) == pytest.approx((1 / 2 + 4 / 5 + 0) / 3)


USER_FAULTS = {
    "labels outside 0 and 1": (
        {"objective": "binary:logistic"},
        r"label must be in \[0,1\] for .*row 1 of the train data has -3",
    ),
    "more classes than num_class": (
        {"objective": "multi:softmax", "num_class": "2"},
        "label must be a class number",
    ),
    "a negative count": ({"objective": "count:poisson"}, "label must be 0 or more"),
    "map of more than two degrees": ({"objective": "rank:ndcg", "eval_metric": "map"}, "binary labels"),
    "too many constraints": ({"monotone_constraints": "(1,1,1,1,1,1,1)", "tree_method": "hist"}, "monotone"),
}


@pytest.mark.parametrize(("texts", "message"), USER_FAULTS.values(), ids=USER_FAULTS.keys())
def test_data_that_does_not_fit_the_parameters_is_the_users_fault(texts, message):
    rows = some_rows()
    is_ranking = "rank:ndcg" in texts.values()
    labels = np.arange(len(rows.labels), dtype=np.float32) % 5 if is_ranking else np.arange(len(rows.labels)) - 3
    groups = np.zeros(len(rows.labels), np.int64) if is_ranking else None
    with pytest.raises(UserError, match=message):
        fit(Rows(rows.features, labels.astype(np.float32), None, groups), **texts)


def test_sparse_sets_of_different_width_train_together():
    train = Rows(csr_matrix(np.eye(4, 3, dtype=np.float32)), np.arange(4, dtype=np.float32))
    wider = Rows(csr_matrix(np.eye(4, 5, dtype=np.float32)), np.arange(4, dtype=np.float32))
    assert fit(train, wider).num_features() == 5


@pytest.mark.parametrize("texts", [{}, {"tree_method": "approx"}, {"booster": "gblinear", "updater": "coord_descent"}])
def test_a_set_in_parts_gives_the_model_of_the_whole(texts, monkeypatch):
    whole = some_rows(count=600)
    rows = Rows(whole.features.round(1), whole.labels, np.linspace(1, 2, 600, dtype=np.float32))
    monkeypatch.setattr(rows_module, "PART_BYTES", 1)
    parts = DataSet.of([rows.take(slice(start, start + 250)) for start in range(0, 600, 250)])
    assert len(parts.parts) == 3
    settings = parse({"num_round": "5", "max_bin": "64", **texts})
    booster = fitting.fit(parts, parts, settings, lambda *_: False, threads=1)
    expected = fit(rows, rows, num_round="5", max_bin="64", **texts)
    np.testing.assert_allclose(
        model.predict(booster, rows.features), model.predict(expected, rows.features), rtol=1e-4, atol=1e-4
    )


def test_missing_columns_at_the_end_are_missing_values():
    rows = some_rows()
    booster = fit(rows)
    short = rows.features[:, :4]
    padded = np.concatenate([short, np.full((len(short), 1), np.nan, np.float32)], axis=1)
    np.testing.assert_array_equal(model.predict(booster, short), model.predict(booster, padded))
    with pytest.raises(ValueError, match="6 features, but the model has 5"):
        model.predict(booster, np.zeros((1, 6), np.float32))


def test_auc_is_that_of_the_library():
    random = np.random.default_rng(0)
    labels, weights = (random.random(500) < 0.3).astype(np.float32), random.random(500).astype(np.float32)
    scores = (labels + random.normal(size=500)).round(1).astype(np.float32)
    matrix = xgboost.DMatrix(np.zeros((500, 1)), label=labels, weight=weights, base_margin=scores)
    booster = xgboost.Booster({"objective": "binary:logitraw", "eval_metric": "auc"}, [matrix])
    expected = float(booster.eval(matrix).split(":")[1])
    assert auc(labels, scores, weights) == pytest.approx(expected, abs=1e-6)
    assert np.isnan(auc(np.ones(3, np.float32), scores[:3], weights[:3]))
