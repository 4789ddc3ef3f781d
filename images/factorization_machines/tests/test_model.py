"""The mathematics: values and gradients of a plain factorization machine, what is learned, and the file of a model."""

import io
import json
import zipfile

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.special import expit

from images.factorization_machines import adam, artifact
from images.factorization_machines.channels import Batch
from images.factorization_machines.fit import fit
from images.factorization_machines.metrics import metrics, sums
from images.factorization_machines.model import Machine, Rows, predict, scores, scores_and_gradient, start
from images.factorization_machines.together import Part, Together, _added, _pack, _unpack
from images.kit.errors import UserError
from images.kit.hosts import Alone

from .examples import SENT, brute_force, settings

RANDOM = np.random.default_rng(3)
DENSE = np.where(RANDOM.random((7, 4)) < 0.6, RANDOM.normal(size=(7, 4)), 0).astype(np.float32)
FORMS = {"dense": DENSE, "sparse": csr_matrix(DENSE)}
MACHINE = Machine(np.array([0.3], np.float32), RANDOM.normal(size=(4, 3)).astype(np.float32))


class InMemory:
    """Batches of arrays that are there already."""

    def __init__(self, features, labels, size):
        starts = range(0, len(labels), size)
        self._batches = [Batch(Rows.of(features[at : at + size]), labels[at : at + size]) for at in starts]

    def read(self, _number=0):
        return iter(self._batches)


def fitted(features, labels, chosen):
    """Machine that a job of one host ends with, and the metrics of each pass."""
    passes = []
    batches = InMemory(features, labels, chosen.mini_batch_size)
    machine, _ = fit(
        batches,
        chosen,
        Together(Alone(), ("algo-1",)),
        lambda _: None,
        lambda _, total: passes.append(metrics(chosen.predictor_type, total)),
    )
    return machine, passes


def test_a_known_answer():
    # 1 + 2*1 + 3*2 + (1*4 + 2*5) * 1*2, all of it exact.
    machine = Machine(np.array([1], np.float32), np.array([[2, 1, 2], [3, 4, 5]], np.float32))
    assert predict(machine, "regressor", np.array([[1, 2]], np.float32)).tolist() == [37]


@pytest.mark.parametrize("form", FORMS)
def test_values_are_those_of_all_pairs_written_out(form):
    expected = [brute_force(MACHINE.bias[0], MACHINE.weights, row) for row in DENSE]
    np.testing.assert_allclose(predict(MACHINE, "regressor", FORMS[form]), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(predict(MACHINE, "binary_classifier", FORMS[form]), expit(expected), rtol=1e-5)


def loss(kind, bias, weights, labels):
    values = np.array([brute_force(bias, weights, row) for row in DENSE])
    if kind == "regressor":
        return ((values - labels) ** 2 / 2).sum()
    return (np.logaddexp(0, values) - labels * values).sum()


@pytest.mark.parametrize("kind", ["regressor", "binary_classifier"])
@pytest.mark.parametrize("form", FORMS)
def test_gradients_are_the_slopes_of_the_loss(form, kind):
    labels = np.array([0, 1, 1, 0, 1, 0, 1], np.float32)
    rows = Rows.of(FORMS[form])
    _, bias_slope, gradient = scores_and_gradient(MACHINE, kind, rows, labels)
    whole = np.zeros((4, 3))
    whole[slice(None) if rows.columns is None else rows.columns] = gradient
    bias, weights, step = float(MACHINE.bias[0]), MACHINE.weights.astype(np.float64), 1e-5

    def slope(change):
        return (loss(kind, *change(step), labels) - loss(kind, *change(-step), labels)) / (2 * step)

    def moved(place):
        def change(by):
            other = weights.copy()
            other[place] += by
            return bias, other

        return change

    expected = np.array([[slope(moved((row, column))) for column in range(3)] for row in range(4)])
    np.testing.assert_allclose(whole, expected, rtol=1e-3, atol=1e-4)
    assert bias_slope == pytest.approx(slope(lambda by: (bias + by, weights)), rel=1e-3)


def test_a_column_named_twice_in_a_row_counts_as_the_sum():
    twice = csr_matrix((np.array([1, 2, 1], np.float32), [1, 1, 2], [0, 3]), shape=(1, 4))
    once = np.array([[0, 3, 1, 0]], np.float32)
    np.testing.assert_allclose(scores(MACHINE, Rows.of(twice)), scores(MACHINE, Rows.of(once)), rtol=1e-6)


def test_a_step_of_adam_is_that_of_the_paper_and_leaves_other_rows_alone():
    weights, gradient = np.array([[1.0, -2.0], [5, 5]], np.float32), np.array([[0.5, -9]], np.float32)
    rule = adam.Rule(np.array([0.1, 0.2], np.float32), np.array([0.01, 0], np.float32), 1e-8, 3)
    means = adam.Means.like(weights)
    expected, first, second = np.array([1.0, -2]), 0, 0
    for step in (1, 2):
        slope = np.clip(gradient[0] + [0.01, 0] * expected, -3, 3)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        moved = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        expected = expected - [0.1, 0.2] * moved
        adam.learn(weights, means, gradient, np.array([0]), rule, step)
    np.testing.assert_allclose(weights, [expected, [5, 5]], rtol=1e-5)


def test_planted_factors_are_found_again():
    random = np.random.default_rng(11)
    users, items, k = 30, 20, 2
    truth = Machine(
        np.array([3], np.float32),
        np.c_[random.normal(0, 0.3, users + items), random.normal(0, 0.7, (users + items, k))].astype(np.float32),
    )
    pairs = random.permutation([(user, users + item) for user in range(users) for item in range(items)])
    features = np.zeros((len(pairs), users + items), np.float32)
    features[np.arange(len(pairs))[:, None], pairs] = 1
    labels = predict(truth, "regressor", features)
    cut = 500
    chosen = settings(
        feature_dim=users + items,
        num_factors=k,
        epochs=150,
        mini_batch_size=50,
        factors_init_sigma=0.3,
        **dict.fromkeys(("bias_lr", "linear_lr", "factors_lr"), 0.02),
        **dict.fromkeys(("bias_wd", "linear_wd", "factors_wd"), 0),
    )
    machine, _ = fitted(csr_matrix(features[:cut]), labels[:cut], chosen)
    errors = predict(machine, "regressor", features[cut:]) - labels[cut:]
    assert np.sqrt(np.mean(errors**2)) < 0.05 * labels.std()
    products = [m.weights[:users, 1:] @ m.weights[users:, 1:].T for m in (machine, truth)]
    # Rows and columns of the products may trade constants with the linear weights; without means they may not.
    flat = [(p - p.mean(0) - p.mean(1, keepdims=True) + p.mean()).ravel() for p in products]
    assert np.corrcoef(*flat)[0, 1] > 0.99


def test_the_same_settings_give_the_same_model_and_another_seed_another_start():
    labels = (DENSE[:, 0] > 0).astype(np.float32)
    chosen = settings(predictor_type="binary_classifier", epochs=3, mini_batch_size=3)
    one, other = (fitted(FORMS["sparse"], labels, chosen)[0] for _ in range(2))
    np.testing.assert_array_equal(one.weights, other.weights)
    assert (start(chosen, seed=1).weights != start(chosen, seed=2).weights).any()


INITIAL = {
    "normal": ({"factors_init_sigma": 2}, lambda v: 1.9 < v.std() < 2.1),
    "uniform": (
        {"factors_init_method": "uniform", "factors_init_scale": 3},
        lambda v: np.abs(v).max() <= 3 and v.min() < -2.9 and v.max() > 2.9,
    ),
    "constant": ({"factors_init_method": "constant", "factors_init_value": -0.5}, lambda v: (v == -0.5).all()),
}


@pytest.mark.parametrize("method", INITIAL)
def test_factors_start_as_asked(method):
    sent, is_so = INITIAL[method]
    machine = start(settings(feature_dim=2000, bias_init_method="constant", bias_init_value=7, **sent))
    assert is_so(machine.weights[:, 1:])
    assert machine.bias == [7]
    assert 0.009 < machine.weights[:, 0].std() < 0.011


def test_clip_rescale_and_decay_change_what_is_learned():
    labels = DENSE[:, 0] * 100
    plain = fitted(DENSE, labels, settings(epochs=5))[0].weights
    for change in ({"clip_gradient": 1e-4}, {"rescale_grad": 1e-9}, {"linear_wd": 100}, {"eps": 10}):
        assert not np.allclose(fitted(DENSE, labels, settings(epochs=5, **change))[0].weights, plain, atol=1e-6), change
    unclipped = fitted(DENSE, labels, settings(epochs=5, clip_gradient=-1))[0].weights
    np.testing.assert_array_equal(unclipped, plain)
    assert np.isfinite(fitted(FORMS["sparse"], labels, settings(epochs=2, eps=0))[0].weights).all()


def test_numbers_beyond_all_bounds_end_training_in_words():
    with pytest.raises(UserError, match="diverged"):
        fitted(np.full((8, 4), 1e30, np.float32), np.zeros(8, np.float32), settings(epochs=3))


def test_metrics_of_known_predictions():
    values, labels = np.array([2, -1, 3, -4], np.float32), np.array([1, 1, 0, 0], np.float32)
    found = {name: value for name, _, value in metrics("binary_classifier", sums("binary_classifier", values, labels))}
    assert found["binary_classification_accuracy"] == 0.5
    assert found["binary_f_1.000"] == 0.5
    chances = expit(values.astype(np.float64))
    expected = -np.mean(np.log(np.where(labels == 1, chances, 1 - chances)))
    assert found["binary_classification_cross_entropy"] == pytest.approx(expected)
    found = {name: value for name, _, value in metrics("regressor", sums("regressor", values, labels))}
    assert found == {"rmse": 7.5**0.5, "mse": 7.5, "absolute_loss": 2.5}
    nobody = sums("binary_classifier", np.array([-1], np.float32), np.array([0], np.float32))
    assert metrics("binary_classifier", nobody)[2] == ("binary_f_1.000", "score", 0)


def test_parts_of_hosts_add_up_however_they_hold_their_columns():
    one = Part(np.array([1, 3]), np.array([[1, 2], [3, 4]], np.float32), 0.5, np.arange(6.0), False)
    other = Part(np.array([0, 3]), np.array([[5, 6], [7, 8]], np.float32), 0.25, np.ones(6), True)
    nothing = Part(np.empty(0, np.int32), np.empty((0, 2), np.float32), 0.0, np.zeros(6), False)
    whole = _unpack(_pack(_added([nothing, one, other], 4)))
    assert (whole.columns.tolist(), whole.gradient.tolist()) == ([0, 1, 3], [[5, 6], [1, 2], [10, 12]])
    assert (whole.bias, whole.sums.tolist(), whole.is_stopping) == (0.75, [1, 2, 3, 4, 5, 6], True)
    dense = Part(None, np.ones((4, 2), np.float32), 0.0, np.zeros(6), False)
    whole = _unpack(_pack(_added([one, dense], 4)))
    assert (whole.columns, whole.gradient.tolist()) == (None, [[1, 1], [2, 3], [1, 1], [4, 5]])


def saved(machine=MACHINE, sent=SENT):
    file = io.BytesIO()
    artifact.save(file, machine, sent)
    return file.getvalue()


def test_a_saved_model_is_read_back_to_the_last_bit():
    machine, known = artifact.load(io.BytesIO(saved()))
    np.testing.assert_array_equal(machine.weights, MACHINE.weights)
    np.testing.assert_array_equal(machine.bias, MACHINE.bias)
    assert known == settings()
    np.testing.assert_array_equal(predict(machine, "regressor", DENSE), predict(MACHINE, "regressor", DENSE))


def changed(**members):
    """A saved model with other bytes, or none, in place of a member's."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved())) as whole, zipfile.ZipFile(file, "w") as archive:
        for name in whole.namelist():
            data = members.get(name.split(".")[0], lambda data: data)(whole.read(name))
            if data is not None:
                archive.writestr(name, data)
    return file.getvalue()


BROKEN = {
    "no zip": (b"abc", "no zip with params and meta.json"),
    "cut short": (saved()[:100], "no zip with params and meta.json"),
    "no parameters": (changed(params=lambda _: None), "no zip with params"),
    "other bytes as parameters": (changed(params=lambda _: b"x" * 100), "no list of MXNet's arrays"),
    "parameters cut short": (changed(params=lambda data: data[:-10]), "params is cut short"),
    "a size beyond the file's": (
        changed(params=lambda data: data[:36] + b"\xff" * 4 + data[40:]),
        "params",
    ),
    "no hyperparameters": (changed(meta=lambda _: b"{}"), "expected an object with training_parameters"),
    "hyperparameters of another model": (
        changed(meta=lambda _: json.dumps({"training_parameters": {**SENT, "num_factors": "3"}}).encode()),
        r"expected arg:v of shape \(4, 3\), found \(4, 2\)",
    ),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_model_is_refused_in_words(data, message):
    with pytest.raises(UserError, match=message):
        artifact.load(io.BytesIO(data))
