"""RecordIO-protobuf to matrices: every kind of tensor, records alike and not, and what is refused with its place."""

import io

import numpy as np
import pytest
from scipy.sparse import csr_matrix, issparse, random, vstack

from images.kit import records
from images.kit.errors import UserError
from images.kit.recordio import frame
from images.kit.records import Tensor, decode_record, encode_record
from images.kit.vectors import VectorReader

# Written by the SageMaker Python SDK 2 with Google's protobuf: rows, whether sparse, labels.
OF_THE_SDK = {
    "float32": (
        "0a23d7ce300000000a1a0a0676616c7565731210120e0a0c0000c03f000000c00000404012120a0676616c756573120812060a040000e040"
        "0a23d7ce300000000a1a0a0676616c7565731210120e0a0c000080400000a0400000c04012120a0676616c756573120812060a0400000041",
        [[1.5, -2, 3], [4, 5, 6]],
        [7, 8],
    ),
    "float64 and an int32 label": (
        "0a23d7ce390000000a260a0676616c756573121c1a1a0a18000000000000f83f00000000000000c00000000000000840120f0a0676616c75"
        "657312053a030a0107000000",
        [[1.5, -2, 3]],
        [7],
    ),
    "int32": (
        "0a23d7ce2e0000000a1b0a0676616c75657312113a0f0a0d01feffffffffffffffff01ac02120f0a0676616c75657312053a030a01070000",
        [[1, -2, 300]],
        [7],
    ),
    "sparse float32 with uid and metadata": (
        "0a23d7ce400000000a1f0a0676616c756573121512130a08000040400000003f120302c8011a02ac0212120a0676616c756573120812060a"
        "040000e0401a05726f77203122027b7d",
        csr_matrix((np.array([3, 0.5], np.float32), ([0, 0], [2, 200])), shape=(1, 300)),
        [7],
    ),
}


def read(data):
    return list(VectorReader().read(io.BytesIO(data), "train/a"))


def joined(parts):
    stack = vstack if issparse(parts[0].features) else np.concatenate
    return stack([part.features for part in parts]), np.concatenate([part.labels for part in parts])


def dense(features, labels, dtype=np.float32):
    rows = zip(features.astype(dtype), labels.astype(dtype), strict=True)
    return b"".join(frame(encode_record({"values": row}, {"values": np.atleast_1d(label)})) for row, label in rows)


def sparse(features, labels):
    data = b""
    for row, label in zip(features, labels, strict=True):
        tensor = Tensor(row.data.astype(np.float32), row.indices.astype(np.uint64), (features.shape[1],))
        data += frame(encode_record({"values": tensor}, {"values": np.array([label], np.float32)}))
    return data


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("count", [1, 2, 500])
def test_dense_records_read_back(dtype, count):
    generator = np.random.default_rng(0)
    features = generator.integers(-(2**20), 2**20, (count, 7)).astype(dtype) / (1 if dtype == np.int32 else 8)
    labels = np.arange(count) - 3
    read_features, read_labels = joined(read(dense(features, labels, dtype)))
    assert read_features.dtype == read_labels.dtype == np.float32
    np.testing.assert_array_equal(read_features, features.astype(np.float32))
    np.testing.assert_array_equal(read_labels[:, 0], labels)


@pytest.mark.parametrize(("data", "features", "labels"), OF_THE_SDK.values(), ids=OF_THE_SDK.keys())
def test_records_of_the_sdk_read_back(data, features, labels):
    read_features, read_labels = joined(read(bytes.fromhex(data)))
    assert issparse(read_features) == issparse(features)
    as_array = (lambda matrix: matrix.toarray()) if issparse(features) else np.asarray
    np.testing.assert_array_equal(as_array(read_features), as_array(features))
    np.testing.assert_array_equal(read_labels[:, 0], labels)


def test_sparse_records_read_back():
    features = random(300, 70_000, density=0.0005, format="csr", random_state=0, dtype=np.float32)
    read_features, read_labels = joined(read(sparse(features, np.arange(300))))
    assert (read_features != features).nnz == 0
    np.testing.assert_array_equal(read_labels[:, 0], np.arange(300))


def test_records_in_turn_alike_and_not_keep_their_order():
    data, expected = b"", []
    for number in range(400):
        texts = b"" if number % 90 < 70 else b"\x1a" + bytes([number % 7]) + b"u" * (number % 7)
        message = encode_record({"values": np.full(3, number, np.float32)}, {"values": np.array([number], np.float32)})
        data += frame(message + texts)
        expected.append(number)
    features, labels = joined(read(data))
    np.testing.assert_array_equal(features, np.repeat(expected, 3).reshape(-1, 3))
    np.testing.assert_array_equal(labels[:, 0], expected)
    firsts = [part.first for part in read(data)]
    assert firsts == sorted(firsts) and firsts[0] == 1


def test_numbers_that_are_not_packed_and_fields_unknown_are_read():
    tensor = b"\x0d" + np.float32(1).tobytes() + b"\x0d" + np.float32(2).tobytes() + b"\x98\x06\x01"
    value = b"\x12" + bytes([len(tensor)]) + tensor
    entry = b"\x0a\x06values\x12" + bytes([len(value)]) + value
    message = b"\x0a" + bytes([len(entry)]) + entry
    assert decode_record(message).features["values"].values.tolist() == [1, 2]


def test_bytes_and_texts_are_decoded():
    blob = b"\x0a\x03\xff\xd8\x00\x12\x0aimage/jpeg"
    value = b"\x4a" + bytes([len(blob)]) + blob
    entry = b"\x0a\x05image\x12" + bytes([len(value)]) + value
    record = decode_record(b"\x0a" + bytes([len(entry)]) + entry + b"\x1a\x02id")
    assert record.features == {"image": records.Blob((b"\xff\xd8\x00",), "image/jpeg")}
    assert record.texts == {records.UID: "id"}


def one(features, label=(1,), **tensor):
    value = Tensor(np.array(features, np.float32), **tensor)
    return frame(encode_record({"values": value}, {"values": np.array(label, np.float32)}))


KEYS = np.array([0, 5], np.uint64)
REFUSED = {
    "no protobuf": (frame(b"\xff\xff\xff"), "train/a, record 1: no protobuf message of a record"),
    "a field cut short": (frame(b"\x0a\x20abc"), "record 1: no protobuf message of a record: a field is cut short"),
    "another feature": (
        one([1]) + frame(encode_record({"x": np.zeros(1, np.float32)}, {})),
        "record 2: expected numbers as the feature 'values'; its features are 'x'",
    ),
    "no feature": (frame(b""), "record 1: expected numbers as the feature 'values'; its features are none"),
    "another width": (one([1, 2]) * 3 + one([1]), "record 4: features 1, but 2 in the record before it"),
    "more labels": (one([1]) + one([1], (1, 2)), "record 2: labels 2, but 1 in the record before it"),
    "dense after sparse": (
        one([1, 2], keys=KEYS, shape=(6,)) + one([1] * 6),
        "record 2: form dense, but sparse in the record before it",
    ),
    "a key outside the shape": (
        one([1, 2], keys=KEYS, shape=(5,)),
        r"record 1: key 5 is outside the shape \[5\]",
    ),
    "fewer keys than values": (one([1, 2, 3], keys=KEYS, shape=(6,)), "record 1: 2 keys for 3 values"),
    "keys without a shape": (one([1, 2], keys=KEYS), "record 1: a sparse vector needs its shape"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_the_record(data, message):
    with pytest.raises(UserError, match=message):
        read(data)


def test_a_second_file_must_have_the_form_of_the_first():
    reader = VectorReader()
    list(reader.read(io.BytesIO(one([1, 2])), "train/a"))
    with pytest.raises(UserError, match="train/b, record 1: features 3, but 2"):
        list(reader.read(io.BytesIO(one([1, 2, 3])), "train/b"))


def test_a_sparse_row_of_zeros_is_a_row():
    # Protobuf does not send an empty list of keys.
    rows = csr_matrix(np.array([[0, 0, 2], [0, 0, 0]], np.float32))
    empty = frame(encode_record({"values": Tensor(np.empty(0, np.float32), None, (3,))}, {"values": np.ones(1, "f4")}))
    for data, expected in ((sparse(rows[:1], [1]) + empty, rows), (empty + sparse(rows[:1], [1]), rows[[1, 0]])):
        features, _ = joined(read(data))
        np.testing.assert_array_equal(features.toarray(), expected.toarray())


def test_numbers_of_another_type_than_the_only_one_are_refused():
    data = dense(np.ones((2, 3)), np.ones(2)) + dense(np.ones((1, 3)), np.ones(1), np.float64)
    with pytest.raises(UserError, match="train/a, record 3: expected numbers of type float32, got float64"):
        list(VectorReader(only=np.float32).read(io.BytesIO(data), "train/a"))
