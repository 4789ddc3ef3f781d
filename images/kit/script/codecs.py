"""Bodies of requests and replies as arrays, as SageMaker's inference toolkit has them by default: JSON, CSV and NPY.

Arrays in text are read by numpy; nothing in a request is unpickled.
"""

import csv
import io
import json

import numpy as np

from images.kit.content import parse_media_type
from images.kit.errors import RequestError

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"
TEXTS = (JSON, CSV)
"""Types whose bodies handlers get as str; all others come as bytes."""
ENCODED = (JSON, CSV, NPY)


class UnsupportedTypeError(RequestError):
    """A content type that no decoder or encoder here knows: status 415 for a request's, 406 for a reply's."""

    def __init__(self, content_type, status=415):
        super().__init__(
            status,
            f"Content type {content_type} is not supported by this framework. Please implement input_fn to "
            "deserialize the request data or an output_fn to serialize the response.",
        )


def kind_of(content_type):
    """`text/csv` for `text/csv; charset=utf-8`."""
    return parse_media_type(content_type)[0]


def decode(body, content_type):
    """Array of a request's body, bytes or str. A CSV body is (rows, columns): float64, or str if a cell is no number.

    Raises UnsupportedTypeError, and RequestError 400 if the body is not what its type says.
    """
    reader = READERS.get(kind_of(content_type))
    if reader is None:
        raise UnsupportedTypeError(content_type)
    try:
        return reader(body)
    except (ValueError, EOFError, OSError) as error:
        raise RequestError(400, f"The request is no {content_type}: {error}") from error


def _read_json(body):
    return np.array(json.loads(body))


def _read_csv(body):
    text = body if isinstance(body, str) else bytes(body).decode("utf-8")
    if not text.strip():
        raise ValueError("it is empty")
    try:
        return np.loadtxt(io.StringIO(text), delimiter=",", ndmin=2, comments=None)
    except ValueError:
        return np.array([row for row in csv.reader(io.StringIO(text), strict=True) if row])


def _read_npy(body):
    return np.load(io.BytesIO(body), allow_pickle=False)


def _read_npz(body):
    from scipy.sparse import load_npz

    return load_npz(io.BytesIO(body))


READERS = {JSON: _read_json, CSV: _read_csv, NPY: _read_npy, NPZ: _read_npz}


def encode(value, content_type):
    """Bytes of an array, a list or a number, in one of ENCODED. Raises UnsupportedTypeError with status 406."""
    writer = WRITERS.get(kind_of(content_type))
    if writer is None:
        raise UnsupportedTypeError(content_type, 406)
    return writer(value)


def _write_json(value):
    def plain(inner):
        if hasattr(inner, "tolist"):
            return inner.tolist()
        raise TypeError(f"A {type(inner).__name__} cannot be written as JSON; write an output_fn.")

    return json.dumps(value, default=plain).encode()


def _write_csv(value):
    array = np.asarray(value)
    lines = io.StringIO()
    rows = array.reshape(-1, 1) if array.ndim < 2 else array.reshape(array.shape[0], -1)
    csv.writer(lines, lineterminator="\n").writerows(rows.tolist())
    return lines.getvalue().encode()


def _write_npy(value):
    file = io.BytesIO()
    np.save(file, np.asarray(value), allow_pickle=False)
    return file.getvalue()


WRITERS = {JSON: _write_json, CSV: _write_csv, NPY: _write_npy}
