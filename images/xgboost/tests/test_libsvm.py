"""libsvm text to sparse rows: what is read, and what is refused with its place."""

import io

import numpy as np
import pytest

from images.kit.errors import UserError
from images.xgboost import libsvm
from images.xgboost.rows import Rows


def read(text):
    return Rows.concatenate(list(libsvm.read_training(io.BytesIO(text), "train/a")))


def test_labels_and_features_counted_from_zero():
    rows = read(b"1 0:1.5 2:3\n0 1:2\n")
    np.testing.assert_array_equal(rows.features.toarray(), [[1.5, 0, 3], [0, 2, 0]])
    np.testing.assert_array_equal(rows.labels, [1, 0])
    assert rows.weights is None
    assert rows.features.nnz == 3, "values that are not listed are missing, not zero"


def test_weights_and_groups():
    np.testing.assert_array_equal(read(b"1:0.5 0:1\n0:2 1:2\n").weights, [0.5, 2])
    np.testing.assert_array_equal(read(b"1 qid:7 0:1\n0 qid:7 1:2\n").groups, [7, 7])


def test_the_quick_and_the_careful_way_agree():
    random = np.random.default_rng(0)
    lines = []
    for number in range(300):
        indices = np.sort(random.choice(50, random.integers(0, 20), replace=False))
        lines.append(f"{number % 3} " + " ".join(f"{index}:{random.normal():.6g}" for index in indices))
    quick = "\n".join(line.strip() for line in lines).encode() + b"\n"
    careful = quick.replace(b" ", b"  ")
    first, second = read(quick), read(careful)
    assert (first.features != second.features).nnz == 0
    np.testing.assert_array_equal(first.labels, second.labels)


REFUSED = {
    "a label that is no number": (b"1 0:1\nx 0:1\n", "train/a, line 2: expected a number as label, got 'x'"),
    "a value that is no number": (b"1 3:a\n", "line 1: expected a number as value of feature 3, got 'a'"),
    "a token without colon": (b"1 0:1 2\n", "line 1: expected index:value, got '2'"),
    "a negative index": (b"1 -1:2\n", "line 1: expected a whole number from 0 on before the colon, got '-1'"),
    "an index with a fraction": (b"1 1.5:2\n", "expected a whole number from 0 on before the colon, got '1.5'"),
    "two colons": (b"1:2:3 4:5\n", "expected a number as weight, got '2:3'"),
    "CSV": (b"1,2,3\n", "expected a number as label, got '1,2,3'"),
    "weights in some lines only": (b"1:2 0:1\n1 0:1\n", "weights: .* some lines have one and some do not"),
    "a value too large for float32": (b"1 0:1e39\n", "'1e39' is too large"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_the_place(text, message):
    with pytest.raises(UserError, match=message):
        read(text)


def test_a_request_may_leave_the_label_out():
    features = libsvm.read_features(io.BytesIO(b"0:4.5 1:3\n1 2:5\n"), "request")
    np.testing.assert_array_equal(features.toarray(), [[4.5, 3, 0], [0, 0, 5]])
