"""CSV as the built-in algorithm trains on it: no header; label, perhaps a weight, then features."""

import numpy as np

from images.kit.errors import UserError
from images.kit.numbers import CsvReader

from .rows import Rows


def read_csv(files, has_weights):
    """Yields Rows of binary files, given as (file, name in errors), that all have the same columns.

    Raises UserError with file, line and column.
    """
    reader = CsvReader()
    first_feature = 2 if has_weights else 1
    for file, name in files:
        for cells, line_of in reader.read_blocks(file, name):
            if cells.shape[0] == 0:
                continue
            if cells.shape[1] <= first_feature:
                wanted = (
                    "a label, a weight and at least one feature" if has_weights else "a label and at least one feature"
                )
                raise UserError(f"{name}, line {line_of(0)}: expected {wanted}, got {cells.shape[1]} column(s).")
            rows = Rows(cells[:, first_feature:], cells[:, 0].copy(), cells[:, 1].copy() if has_weights else None)
            _check(rows, lambda row, name=name, line_of=line_of: f"{name}, line {line_of(row)}")
            yield rows


def _check(rows, place_of):
    missing = np.flatnonzero(np.isnan(rows.labels))
    if missing.size:
        raise UserError(f"{place_of(int(missing[0]))}, column 1: the label is missing.")
    if rows.weights is None:
        return
    wrong = np.flatnonzero(~(rows.weights >= 0))
    if wrong.size:
        row = int(wrong[0])
        raise UserError(f"{place_of(row)}, column 2: expected a weight of 0 or more, got {rows.weights[row]:g}.")
