"""Channels to rows: every content type, as files and as pipes, and a share of them; and errors with their place."""

import io
import os
import threading

import numpy as np
import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet
from scipy.sparse import csr_matrix, issparse
from sklearn.datasets import load_breast_cancer

from images.kit.container import Channel
from images.kit.errors import UserError
from images.kit.recordio import frame
from images.kit.records import Tensor, encode_record
from images.xgboost import rows as rows_module
from images.xgboost.channels import Share, read_channel
from images.xgboost.rows import Rows

FEATURES, LABELS = load_breast_cancer(return_X_y=True)
FEATURES, LABELS = FEATURES.astype(np.float32), LABELS.astype(np.float32)


def as_csv(features, labels):
    table = np.c_[labels, features].tolist()
    return "".join(",".join(map(repr, row)) + "\n" for row in table).encode()


def as_libsvm(features, labels):
    lines = (
        f"{label!r} " + " ".join(f"{index}:{value!r}" for index, value in enumerate(row))
        for label, row in zip(labels.tolist(), features.tolist(), strict=True)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def as_dense_records(features, labels):
    pairs = zip(features, labels, strict=True)
    return b"".join(frame(encode_record({"values": row}, {"values": np.atleast_1d(label)})) for row, label in pairs)


def as_sparse_records(features, labels):
    data = b""
    for row, label in zip(csr_matrix(features), labels, strict=True):
        tensor = Tensor(row.data, row.indices.astype(np.uint64), (1, features.shape[1]))
        data += frame(encode_record({"values": tensor}, {"values": np.atleast_1d(label)}))
    return data


def as_parquet(features, labels):
    columns = {"label": labels, **{f"feature {index}": column for index, column in enumerate(features.T)}}
    return parquet_of({name: Array(np.ascontiguousarray(column)) for name, column in columns.items()})


def parquet_of(columns):
    file = io.BytesIO()
    write_parquet(Table.from_pydict(columns), file)
    return file.getvalue()


def channel(folder, content_type, **fields):
    settings = {"input_mode": "File", "distribution": "FullyReplicated", "record_wrapper": "None", **fields}
    return Channel("train", folder / "train", content_type, **settings)


def filled(folder, files, content_type, **fields):
    for name, data in files.items():
        path = folder / "train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return channel(folder, content_type, **fields)


def piped(folder, data, content_type, **fields):
    """A channel whose first pass is written by a thread, in pieces, once it is opened."""
    path = folder / "train_0"
    os.mkfifo(path)

    def write():
        with path.open("wb", buffering=0) as pipe:
            for start in range(0, len(data), 5_001):
                pipe.write(data[start : start + 5_001])

    threading.Thread(target=write, daemon=True).start()
    return channel(folder, content_type, input_mode="Pipe", **fields)


def whole(data):
    return Rows.concatenate(list(data.parts))


def check(data, features=FEATURES, labels=LABELS):
    rows = whole(data)
    values = rows.features.toarray() if issparse(rows.features) else rows.features
    np.testing.assert_array_equal(values, features)
    np.testing.assert_array_equal(rows.labels, labels)
    assert data.columns == features.shape[1]


FORMS = {
    "csv": ("text/csv", as_csv),
    "libsvm": ("text/libsvm", as_libsvm),
    "libsvm by default": (None, as_libsvm),
    "dense records": ("application/x-recordio-protobuf", as_dense_records),
    "sparse records": ("recordio-protobuf", as_sparse_records),
    "parquet": ("application/x-parquet", as_parquet),
}
STREAMED = {name: form for name, form in FORMS.items() if "libsvm" not in name}


@pytest.mark.parametrize(("content_type", "write"), FORMS.values(), ids=FORMS.keys())
def test_files_of_every_type_read_in_order(content_type, write, tmp_path):
    files = {"a": write(FEATURES[:200], LABELS[:200]), "b/c": write(FEATURES[200:], LABELS[200:])}
    check(read_channel(filled(tmp_path, {**files, "_SUCCESS": b"", ".hidden": b"x"}, content_type)))


@pytest.mark.parametrize(("content_type", "write"), STREAMED.values(), ids=STREAMED.keys())
def test_a_pipe_gives_objects_one_after_another(content_type, write, tmp_path):
    data = write(FEATURES[:200], LABELS[:200]) + write(FEATURES[200:], LABELS[200:])
    check(read_channel(piped(tmp_path, data, content_type)))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_pipe_gives_objects_wrapped_in_records(form, tmp_path):
    content_type, write = FORMS[form]
    objects = [write(FEATURES[:200], LABELS[:200]).removesuffix(b"\n"), write(FEATURES[200:], LABELS[200:])]
    data = b"".join(map(frame, objects))
    check(read_channel(piped(tmp_path, data, content_type, record_wrapper="RecordIO")))


def test_a_pipe_that_appears_late_is_waited_for(tmp_path):
    late = channel(tmp_path, "text/csv", input_mode="Pipe")
    timer = threading.Timer(0.3, piped, (tmp_path, as_csv(FEATURES, LABELS), "text/csv"))
    timer.start()
    check(read_channel(late))


def test_parts_of_a_large_set_stay_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(rows_module, "PART_BYTES", 10_000)
    files = {
        str(start): as_csv(FEATURES[start : start + 100], LABELS[start : start + 100]) for start in range(0, 569, 100)
    }
    data = read_channel(filled(tmp_path, files, "text/csv"))
    assert len(data.parts) > 3
    check(data)


@pytest.mark.parametrize("size", [2, 3])
def test_hosts_share_replicated_rows_without_a_gap(size, tmp_path):
    files = {"a": as_csv(FEATURES[:101], LABELS[:101]), "b": as_csv(FEATURES[101:], LABELS[101:])}
    source = filled(tmp_path, files, "text/csv")
    for number in range(size):
        check(read_channel(source, share=Share(number, size)), FEATURES[number::size], LABELS[number::size])


def test_hosts_share_replicated_rows_by_whole_groups(tmp_path):
    lines = b"".join(f"{row % 3} qid:{row // 4} 0:{row}\n".encode() for row in range(40))
    source = filled(tmp_path, {"a": lines}, "text/libsvm")
    shares = [whole(read_channel(source, share=Share(number, 2))) for number in range(2)]
    assert [set(share.groups.tolist()) for share in shares] == [{0, 2, 4, 6, 8}, {1, 3, 5, 7, 9}]


def test_nothing_is_no_rows(tmp_path):
    assert read_channel(channel(tmp_path, "text/csv")).row_count == 0
    assert read_channel(piped(tmp_path, b"", "text/csv")).row_count == 0


def test_a_null_of_parquet_is_missing(tmp_path):
    file = parquet_of(
        {
            "label": Array(np.array([1, 0, 1], np.int64)),
            "number": Array([1.5, None, 3.0], type=DataType.float64()),
            "truth": Array([None, True, False], type=DataType.bool()),
        }
    )
    rows = whole(read_channel(filled(tmp_path, {"a": file}, "parquet")))
    np.testing.assert_array_equal(rows.features, np.array([[1.5, np.nan], [np.nan, 1], [3, 0]], np.float32))
    np.testing.assert_array_equal(rows.labels, [1, 0, 1])


def numbers(*values):
    return Array(np.array(values, np.float64))


RECORDS, PARQUET = "application/x-recordio-protobuf", "application/x-parquet"
GOOD = as_dense_records(np.zeros((2, 3), np.float32), np.zeros(2, np.float32))
FAULTS = {
    "a record without label": (RECORDS, GOOD + frame(encode_record({"values": np.zeros(3, np.float32)}, {})), "a, record 3: labels 0, but 1"),
    "records without labels": (RECORDS, frame(encode_record({"values": np.zeros(3, np.float32)}, {})), "a, record 1: expected one label under 'values', got 0"),
    "two labels": (RECORDS, frame(encode_record({"values": np.zeros(3, np.float32)}, {"values": np.zeros(2, np.float32)})), "record 1: expected one label.*got 2"),
    "a label that is no number": (RECORDS, GOOD + as_dense_records(np.zeros((2, 3), np.float32), np.array([1, np.nan], np.float32)), "a, record 4: the label is missing or too large"),
    "a feature too large": (RECORDS, as_dense_records(np.array([[1], [1e300]]), np.zeros(2)), "a, record 2: a feature is infinite or too large"),
    "CSV as records": (RECORDS, b"1,2,3\n4,5,6\n", "a, record 1: expected RecordIO's magic number"),
    "CSV as Parquet": (PARQUET, b"1,2,3\n4,5,6\n", "a: expected a Parquet file, which begins and ends with PAR1"),
    "Parquet broken inside": (PARQUET, b"PAR1" + bytes(50) + b"\x08\0\0\0PAR1", "a: this Parquet file cannot be read"),
    "a column of text": (PARQUET, parquet_of({"y": numbers(1), "name": Array(["x"], type=DataType.utf8())}), "a, column name: expected numbers, got"),
    "a label only": (PARQUET, parquet_of({"y": numbers(1)}), r"a: expected a label and at least one feature, got 1 column"),
    "a null as label": (PARQUET, parquet_of({"y": Array([1.0, None], type=DataType.float64()), "x": numbers(1, 2)}), "a, row 2, column y: the label is missing"),
    "a number too large for Parquet": (PARQUET, parquet_of({"y": numbers(1, 2), "x": numbers(1, 1e300)}), "a, row 2, column x: a number is infinite or too large"),
    "a negative weight in libsvm": ("text/libsvm", b"1:1 0:1\n1:-1 0:1\n", "a, line 2: expected a weight of 0 or more, got '-1'"),
    "nan as label in libsvm": ("text/libsvm", b"nan 0:1\n", "a, line 1: expected a number as label, got 'nan'"),
    "weights in some lines of libsvm": ("text/libsvm", b"1:1 0:1\n1 0:1\n", "some lines have one and some do not"),
    "label_size": ("text/csv;label_size=0", b"1,2\n", "label_size must be equal to 1"),
}  # fmt: skip


# One case a line reads best, however long.
# ruff: noqa: E501
@pytest.mark.parametrize(("content_type", "data", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_is_told_with_its_place(content_type, data, message, tmp_path):
    with pytest.raises(UserError, match=message):
        read_channel(filled(tmp_path, {"a": data}, content_type))


WEIGHTS = {"a negative one": (b"1,1,5\n1,-2,5\n", "line 2, column 2: expected a weight of 0 or more, got -2"),
           "none": (b"1,1,5\n1,,5\n", "line 2, column 2: expected a weight of 0 or more, got nan"),
           "no column left": (b"1,1\n", "expected a label, a weight and at least one feature")}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), WEIGHTS.values(), ids=WEIGHTS.keys())
def test_weights_of_csv_are_checked(data, message, tmp_path):
    with pytest.raises(UserError, match=message):
        read_channel(filled(tmp_path, {"a": data}, "text/csv"), csv_weights=True)


def test_libsvm_is_not_for_pipes(tmp_path):
    with pytest.raises(UserError, match="Channel train: Pipe mode is not for LibSVM; use File mode or one of text/csv"):
        read_channel(channel(tmp_path, "text/libsvm", input_mode="Pipe"))


def test_an_error_in_a_pipe_names_the_line(tmp_path):
    with pytest.raises(UserError, match="train, line 3, column 2: expected a number, got 'x'"):
        read_channel(piped(tmp_path, b"1,2\n1,2\n1,x\n", "text/csv"))
