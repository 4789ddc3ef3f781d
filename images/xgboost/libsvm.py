"""libsvm text: `label[:weight] [qid:group] index:value ...` a line, indices from zero; values not listed are missing.

Format of XGBoost's own reader ("Text Input Format of DMatrix"), which is deprecated and reads broken lines as zeros.
"""

import numpy as np
import simdjson
from scipy.sparse import csr_matrix

from images.kit.errors import UserError
from images.kit.numbers import read_blocks, read_flat, shorten

from .rows import Rows

SPACE, COLON, NEWLINE = b" :\n"
LARGEST_INDEX = 2**31 - 1


def read_training(file, source):
    """Yields Rows of a labelled libsvm file, a block of lines at a time. source: its name in errors.

    Raises UserError with line and token if a line is not in the format, or if only some lines have a weight or group.
    """
    parser = simdjson.Parser()
    for line, block in read_blocks(file):
        yield _training_block(parser, block, line, source)


def read_features(file, source):
    """Features of a libsvm request as float32 csr_matrix (rows, columns); a label before them is ignored.

    Raises UserError with line and token if a line is not in the format.
    """
    rows = [
        _features(line.split(), f"{source}, line {number}", labelled=False) for number, line in _lines(file.read(), 1)
    ]
    return _matrix(rows)


def _training_block(parser, block, line, source):
    rows = _read_quickly(parser, block)
    return _read_carefully(block, line, source) if rows is None else rows


def _read_quickly(parser, block):
    """Rows of a block; None if it holds anything but `number[:number] number:number ...` with single spaces."""
    text = block.replace(b" \n", b"\n")
    characters = np.frombuffer(text, np.uint8)
    marks = characters[(characters == SPACE) | (characters == COLON) | (characters == NEWLINE)]
    last = np.flatnonzero(marks == NEWLINE)
    counts = np.diff(last, prepend=-1)
    # An even count of numbers means label:weight. Counted from its line's end, every second mark is a colon.
    weighted = counts % 2 == 0
    if weighted.any() != weighted.all():
        return None
    distance = np.repeat(last, counts) - np.arange(marks.size)
    expected = np.where(distance == 0, NEWLINE, np.where(distance % 2 == 1, COLON, SPACE)).astype(np.uint8)
    if not np.array_equal(marks, expected):
        return None
    flat = read_flat(parser, text[:-1].replace(b" ", b",").replace(b":", b",").replace(b"\n", b","))
    if flat is None or flat.size != marks.size:
        return None
    rows = _from_flat(flat, last - counts + 1, counts, bool(weighted.all()))
    return rows if rows is not None and rows.is_finite() else None


def _from_flat(flat, starts, counts, weighted):
    """Rows of the numbers of all lines one after another; None if an index is no whole number from 0 on.

    flat: float64 (m,). starts, counts: int64 (n,), first number of each line and how many it has.
    """
    is_head = np.zeros(flat.size, bool)
    is_head[starts] = True
    if weighted:
        is_head[starts + 1] = True
    pairs = flat[~is_head].reshape(-1, 2)
    indices = pairs[:, 0]
    if indices.size and (indices.min() < 0 or indices.max() > LARGEST_INDEX or (indices % 1).any()):
        return None
    pointers = np.concatenate([[0], np.cumsum((counts - (2 if weighted else 1)) // 2)])
    weights = flat[starts + 1].astype(np.float32) if weighted else None
    if weighted and not (weights >= 0).all():
        return None
    features = _csr(pairs[:, 1], indices.astype(np.int64), pointers)
    return Rows(features, flat[starts].astype(np.float32), weights)


def _read_carefully(block, first_line, source):
    rows, labels, weights, groups = [], [], [], []
    for number, line in _lines(block, first_line):
        place = f"{source}, line {number}"
        head, *tokens = line.split()
        label, colon, weight = head.partition(":")
        labels.append(_plain_number(label, place, "label"))
        weights.append(_weight(weight, place) if colon else None)
        if tokens and tokens[0].startswith("qid:"):
            groups.append(_index(tokens.pop(0)[4:], place))
        else:
            groups.append(None)
        rows.append(_features(tokens, place, labelled=True))
    return Rows(
        _matrix(rows),
        np.array(labels, np.float32),
        _column(weights, np.float32, f"{source}: weights", first_line),
        _column(groups, np.int64, f"{source}: qid", first_line),
    )


def _lines(data, first):
    """Yields (number, text) of lines that are not empty; what follows a # is a comment."""
    for number, line in enumerate(data.decode("utf-8", errors="replace").split("\n"), first):
        text = line.partition("#")[0].strip()
        if text:
            yield number, text


def _features(tokens, place, labelled):
    """Index and value of each token, as two lists."""
    if not labelled and tokens and ":" not in tokens[0]:
        _number(tokens.pop(0), place, "label")
    indices, values = [], []
    for token in tokens:
        index, colon, value = token.partition(":")
        if not colon:
            raise UserError(f"{place}: expected index:value, got {shorten(token)}.")
        indices.append(_index(index, place))
        values.append(_number(value, place, f"value of feature {index}"))
    return indices, values


def _matrix(rows):
    pointers = np.cumsum([0] + [len(indices) for indices, _ in rows])
    values = np.array([value for _, values in rows for value in values], np.float64)
    return _csr(values, np.array([index for indices, _ in rows for index in indices], np.int64), pointers)


def _csr(values, indices, pointers):
    columns = int(indices.max()) + 1 if indices.size else 0
    # What overflows is found by the caller (Rows.is_finite) and read again for its place.
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    return csr_matrix((values, indices, pointers), shape=(len(pointers) - 1, columns))


def _column(values, dtype, name, line):
    if all(value is None for value in values):
        return None
    if any(value is None for value in values):
        raise UserError(f"{name}: in the lines from {line} on, some lines have one and some do not.")
    return np.array(values, dtype)


def _index(text, place):
    if not text.isdecimal() or int(text) > LARGEST_INDEX:
        raise UserError(f"{place}: expected a whole number from 0 on before the colon, got {shorten(text)}.")
    return int(text)


def _plain_number(text, place, name):
    value = _number(text, place, name)
    if value != value:
        raise UserError(f"{place}: expected a number as {name}, got {shorten(text)}.")
    return value


def _weight(text, place):
    value = _plain_number(text, place, "weight")
    if value < 0:
        raise UserError(f"{place}: expected a weight of 0 or more, got {shorten(text)}.")
    return value


def _number(text, place, name):
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"{place}: expected a number as {name}, got {shorten(text)}.") from None
    if abs(value) > float(np.finfo(np.float32).max):
        raise UserError(f"{place}: {shorten(text)} is too large as {name}; numbers are held as float32.")
    return value
