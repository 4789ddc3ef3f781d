"""Text of numbers to arrays, quickly and strictly: CSV as the built-in algorithms take it (no header row).

A block of lines is read as one JSON array by simdjson (exact rounding, about six times as fast as numpy.loadtxt).
What is no JSON, such as `+1`, `.5`, `nan` or quotes, is read again cell by cell, which also finds the line and column
of an error.
"""

import math
from functools import partial

import numpy as np
import simdjson

from .errors import UserError

BLOCK_BYTES = 512 * 1024
"""Fits a processor's cache; larger blocks are slower."""

MISSING = -1.7976931348623157e308
"""Stands for an empty cell while a block is JSON; no float32 comes near it."""

_MISSING_TEXT = repr(MISSING).encode()
_LARGEST = float(np.finfo(np.float32).max)
DELIMITERS = (b"\t", b";", b"|", b",", b" ")
COMMA, NEWLINE = b",\n"


def read_blocks(file):
    """Yields (number of the first line, whole lines) of a binary file, about BLOCK_BYTES at a time."""
    line, rest = 1, b""
    while part := file.read(BLOCK_BYTES):
        part = rest + part
        cut = part.rfind(b"\n") + 1
        block, rest = part[:cut], part[cut:]
        if block:
            yield line, block
            line += block.count(b"\n")
    if rest:
        yield line, rest + b"\n"


def read_flat(parser, text):
    """Numbers of a JSON list without its brackets, as float64 (n,); None if it is no plain list of numbers.

    parser: simdjson.Parser, used by one thread; using one for all blocks of a file spares its memory being made anew.
    """
    if b"[" in text:
        return None
    try:
        array = parser.parse(b"[" + text + b"]")
        return np.frombuffer(array.as_buffer(of_type="d"), np.float64)
    except (ValueError, TypeError, RuntimeError):
        return None


class CsvReader:
    """Reads CSV files of one data set; all lines must have as many columns as the first one."""

    def __init__(self):
        self.columns = None
        self._delimiter = None
        self._parser = simdjson.Parser()

    def read(self, file, source):
        """Cells of a binary file as float32 (rows, columns), NaN where a cell is empty. source: its name in errors.

        Raises UserError with line and column if a cell is no number, is too large for float32, or if a line has another
        number of columns.
        """
        blocks = [cells for cells, _ in self.read_blocks(file, source)]
        return np.concatenate(blocks) if blocks else np.empty((0, self.columns or 0), np.float32)

    def read_blocks(self, file, source):
        """As read, in parts: yields cells and a function from the index of a row in them to its line number."""
        for line, block in read_blocks(file):
            yield self._read_block(block, line, source), partial(_line_of_row, block, line)

    def _read_block(self, block, line, source):
        if self.columns is None:
            self._sniff(block)
        cells = self._read_quickly(block)
        return self._read_carefully(block, line, source) if cells is None else cells

    def _sniff(self, block):
        first = block.lstrip().split(b"\n", 1)[0].strip(b"\r ")
        self._delimiter = next((mark for mark in DELIMITERS if mark in first), b",")
        self.columns = first.count(self._delimiter) + 1

    def _read_quickly(self, block):
        """Block as float32 (rows, columns); None if it holds anything but plain numbers in lines of equal length."""
        text = block if self._delimiter == b"," else block.replace(self._delimiter, b",")
        characters = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero((characters == COMMA) | (characters == NEWLINE))
        if ends.size % self.columns:
            return None
        is_newline = (characters[ends] == NEWLINE).reshape(-1, self.columns)
        if not is_newline[:, -1].all() or is_newline[:, :-1].any():
            return None
        has_empty = bool((np.diff(ends, prepend=-1) == 1).any())
        if has_empty and self.columns == 1:
            return None
        text = text[:-1].replace(b"\n", b",")
        flat = read_flat(self._parser, _fill_empty(text) if has_empty else text)
        if flat is None:
            return None
        if has_empty:
            flat = np.where(flat == MISSING, np.nan, flat)
        with np.errstate(over="ignore"):
            cells = flat.astype(np.float32).reshape(-1, self.columns)
        return None if np.isinf(cells).any() else cells

    def _read_carefully(self, block, first_line, source):
        """As _read_quickly for any text, by Python's own float; the slow way, with errors that name the place."""
        delimiter = self._delimiter.decode()
        rows = []
        for line, text in enumerate(block.decode("utf-8", errors="replace").split("\n"), first_line):
            if not text.strip():
                continue
            cells = text.rstrip("\r").split(delimiter)
            if len(cells) != self.columns:
                raise UserError(f"{source}, line {line}: expected {self.columns} columns, got {len(cells)}.")
            rows.append([_number(cell, source, line, column) for column, cell in enumerate(cells, 1)])
        return np.array(rows, np.float32).reshape(-1, self.columns)


def _line_of_row(block, first_line, row):
    return [number for number, text in enumerate(block.split(b"\n"), first_line) if text.strip()][row]


def _fill_empty(text):
    for _ in range(2):
        text = text.replace(b",,", b"," + _MISSING_TEXT + b",")
    if text.startswith(b","):
        text = _MISSING_TEXT + text
    return text + _MISSING_TEXT if text.endswith(b",") else text


def _number(cell, source, line, column):
    text = cell.strip().strip('"').strip()
    if not text:
        return math.nan
    place = f"{source}, line {line}, column {column}"
    try:
        value = float(text)
    except ValueError:
        hint = " CSV data must have no header row." if line == 1 else ""
        raise UserError(f"{place}: expected a number, got {shorten(text)}.{hint}") from None
    if abs(value) > _LARGEST:
        raise UserError(f"{place}: {shorten(text)} is too large; numbers are held as float32.")
    return value


def shorten(text):
    """Text in quotes for an error, cut to what a person needs to find it."""
    return repr(text if len(text) <= 40 else text[:40] + "...")
