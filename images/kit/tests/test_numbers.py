"""CSV to arrays: what is read, and what is refused with its place."""

import io
import math

import numpy as np
import pytest

from images.kit.errors import UserError
from images.kit.numbers import BLOCK_BYTES, CsvReader

nan = math.nan

READ = {
    "plain numbers": (b"1,2.5\n-3e2,4\n", [[1, 2.5], [-300, 4]]),
    "no newline at the end": (b"1,2\n3,4", [[1, 2], [3, 4]]),
    "empty cells are missing": (b"1,,3\n,5,6\n7,8,\n", [[1, nan, 3], [nan, 5, 6], [7, 8, nan]]),
    "a row of empty cells": (b",,\n1,2,3\n", [[nan, nan, nan], [1, 2, 3]]),
    "Windows line ends": (b"1,2\r\n3,\r\n", [[1, 2], [3, nan]]),
    "semicolons": (b"1;2\n3;4\n", [[1, 2], [3, 4]]),
    "tabs": (b"1\t2\n3\t4\n", [[1, 2], [3, 4]]),
    "commas with blanks": (b"1, 2\n3, 4\n", [[1, 2], [3, 4]]),
    "one column": (b"1\n2\n", [[1], [2]]),
    "numbers that JSON lacks": (b"+1,.5\n007,2.\nnan,1E5\n", [[1, 0.5], [7, 2], [nan, 100000]]),
    "quotes": (b'"1","2"\n', [[1, 2]]),
    "blank lines are skipped": (b"\n1,2\n\n3,4\n\n", [[1, 2], [3, 4]]),
    "blank lines in one column": (b"1\n\n2\n", [[1], [2]]),
    "more digits than an integer of 64 bits": (b"123456789012345678901234567890,1\n", [[1.2345679e29, 1]]),
}


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ.keys())
def test_reads(text, expected):
    cells = CsvReader().read(io.BytesIO(text), "train/a.csv")
    assert cells.dtype == np.float32
    np.testing.assert_array_equal(cells, np.array(expected, np.float32))


REFUSED = {
    "a header": (b"age,size\n1,2\n", "train/a.csv, line 1, column 1: expected a number, got 'age'.*no header row"),
    "a word": (b"1,2\n3,x\n", "train/a.csv, line 2, column 2: expected a number, got 'x'"),
    "a word of JSON": (b"1,2\n3,true\n", "line 2, column 2: expected a number, got 'true'"),
    "a list of JSON": (b"1,2\n3,[4]\n", r"line 2, column 2: expected a number, got '\[4\]'"),
    "a short line": (b"1,2\n3\n", "train/a.csv, line 2: expected 2 columns, got 1"),
    "lines that are right only together": (
        b"1,2\n3,4,5\n6\n",
        "line 2: expected 2 columns, got 3",
    ),
    "a number too large for float32": (b"1,2\n1e39,2\n", "line 2, column 1: '1e39' is too large"),
    "infinity": (b"1,inf\n", "line 1, column 2: 'inf' is too large"),
    "bytes that are no text": (b"1,2\n\xff,3\n", "line 2, column 1: expected a number"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_the_place(text, message):
    with pytest.raises(UserError, match=message):
        CsvReader().read(io.BytesIO(text), "train/a.csv")


def test_a_second_file_must_have_as_many_columns():
    reader = CsvReader()
    reader.read(io.BytesIO(b"1,2\n"), "train/a.csv")
    with pytest.raises(UserError, match=r"train/b\.csv, line 1: expected 2 columns, got 3"):
        reader.read(io.BytesIO(b"1,2,3\n"), "train/b.csv")


def test_a_file_of_several_blocks_equals_numpy_and_names_the_right_line():
    values = np.random.default_rng(0).normal(size=(40_000, 3)).astype(np.float32)
    text = b"".join(b"%.9g,%.9g,%.9g\n" % tuple(row) for row in values.tolist())
    assert len(text) > 2 * BLOCK_BYTES
    np.testing.assert_array_equal(CsvReader().read(io.BytesIO(text), "a"), values)
    broken = text + b"1,2,oops\n"
    with pytest.raises(UserError, match="a, line 40001, column 3: expected a number, got 'oops'"):
        CsvReader().read(io.BytesIO(broken), "a")
