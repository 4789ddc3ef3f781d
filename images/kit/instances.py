"""Requests to the built-in algorithms that take vectors: JSON, JSON Lines or RecordIO-protobuf to a matrix.

Follows the SageMaker developer guide, "Common data formats for inference". An instance is `{"features": [1.5, 2]}`, or
`{"data": {"features": {"values": [1.5, 2]}}}`, which is sparse if it has `keys` and `shape` too; one request may hold
all of these.
"""

import io
import json
import math

import numpy as np
from scipy.sparse import csr_matrix, issparse, vstack

from .content import JSON, JSON_LINES, PROTOBUF, parse_media_type
from .errors import RequestError, UserError
from .recordio import of_request
from .vectors import LARGEST_WIDTH, VectorReader


def decode(body, content_type, environment):
    """Features of a request: float32 (n, d), or csr_matrix if some instance is sparse; labels are ignored.

    environment: the container's variables, which say how a transform job sends records.
    Raises RequestError 415 for another content type, 400 for a body that is not in it.
    """
    kind = parse_media_type(content_type or "")[0]
    if kind not in DECODERS:
        raise RequestError(
            415, f"ContentType {content_type or 'none'} is not supported; supported are {', '.join(DECODERS)}."
        )
    try:
        return _matrix(DECODERS[kind](of_request(body, environment) if kind == PROTOBUF else body))
    except UserError as error:
        raise RequestError(400, str(error)) from error


def _from_json(body):
    document = _parse(body, "The request")
    entries = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise UserError('The request: expected an object with a list "instances".')
    return [_features(entry, f"Instance {number}") for number, entry in enumerate(entries, 1)]


def _from_json_lines(body):
    lines = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    return [_features(_parse(line, f"Line {number}"), f"Line {number}") for number, line in lines]


def _from_protobuf(body):
    return [vectors.features for vectors in VectorReader().read(io.BytesIO(body), "request")]


DECODERS = {JSON: _from_json, JSON_LINES: _from_json_lines, PROTOBUF: _from_protobuf}


def _parse(text, place):
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{place}: no JSON: {error}") from error


def _features(entry, place):
    """Features of an instance: float32 (1, d), or csr_matrix."""
    data = entry.get("data", entry) if isinstance(entry, dict) else None
    features = data.get("features") if isinstance(data, dict) else None
    if isinstance(features, list):
        return _numbers(features, f"{place}: features")[None]
    if not isinstance(features, dict) or "values" not in features:
        raise UserError(f'{place}: expected {{"features": [...]}} or {{"data": {{"features": {{"values": [...]}}}}}}.')
    values = _numbers(features["values"], f"{place}: values")
    if features.get("keys") is None:
        return values[None]
    keys, shape = _whole(features["keys"], f"{place}: keys"), _whole(features.get("shape"), f"{place}: shape")
    width = math.prod(shape.tolist())
    if len(keys) != len(values):
        raise UserError(f"{place}: {len(keys)} keys for {len(values)} values.")
    if not len(shape) or width > LARGEST_WIDTH:
        raise UserError(f"{place}: the shape {shape.tolist()} is empty or too large.")
    if len(keys) and keys.max() >= width:
        raise UserError(f"{place}: key {keys.max()} is outside the shape {shape.tolist()}.")
    return csr_matrix((values, keys, [0, len(keys)]), shape=(1, width))


def _numbers(values, place):
    """A JSON list as float32 (n,)."""
    # numpy would take texts and truth values for numbers.
    if not isinstance(values, list) or not all(type(value) in (int, float) for value in values):
        raise UserError(f"{place}: expected a list of numbers.")
    try:
        with np.errstate(over="ignore"):
            array = np.array(values, np.float64).astype(np.float32)
    except OverflowError:
        array = np.array([np.inf])
    if not np.isfinite(array).all():
        raise UserError(f"{place}: a number is infinite, none or too large; numbers are held as float32.")
    return array


def _whole(values, place):
    """A JSON list of whole numbers, 0 or more, as int64 (n,)."""
    if not isinstance(values, list) or not all(type(value) is int and 0 <= value < 2**63 for value in values):
        raise UserError(f"{place}: expected a list of whole numbers.")
    return np.array(values, np.int64)


def _matrix(parts):
    if not parts:
        raise UserError("The request holds no instance.")
    widths = sorted({part.shape[1] for part in parts})
    if len(widths) > 1:
        raise UserError(f"The instances have different numbers of features: {', '.join(map(str, widths))}.")
    if widths == [0]:
        raise UserError("The instances have no features.")
    if not any(issparse(part) for part in parts):
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
    return vstack([csr_matrix(part) for part in parts], format="csr")
