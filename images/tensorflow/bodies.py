"""What callers send in place of TensorFlow Serving's JSON: lines of JSON, plain JSON, CSV.

Follows aws/sagemaker-tensorflow-serving-container, tensorflowServing.js.
"""

import csv
import io
import json

from images.kit.errors import RequestError
from images.kit.script.codecs import kind_of

JSON_TYPES = ("application/json", "application/jsonlines", "application/jsons")
CSV = "text/csv"
OWN_KEYS = ("instances", "inputs", "examples")


def to_request(body, content_type):
    """TensorFlow Serving's JSON text of a body. Raises RequestError 415 or 400 if it is none of the types above."""
    kind = kind_of(content_type or "")
    if kind not in (*JSON_TYPES, CSV):
        raise RequestError(415, f"Unsupported Media Type: {content_type or 'Unknown'}")
    try:
        text = body.decode("utf-8")
        return _csv(text) if kind == CSV else _json(text)
    except ValueError as error:
        raise RequestError(400, f"The request is no {kind}: {error}") from error


def _json(text):
    try:
        value = json.loads(text)
    except ValueError:
        return json.dumps({"instances": [json.loads(line) for line in text.splitlines() if line.strip()]})
    if isinstance(value, dict) and any(key in value for key in OWN_KEYS):
        return text
    is_batch = isinstance(value, list) and value and isinstance(value[0], list)
    return json.dumps({"instances": value if is_batch else [value]})


def _csv(text):
    rows = [[_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text), strict=True) if row]
    return json.dumps({"instances": [row if len(row) > 1 else row[0] for row in rows]})


def _cell(text):
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
