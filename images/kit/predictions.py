"""Replies of the built-in algorithms: JSON, JSON Lines or RecordIO-protobuf, by names as the guide has them.

Follows the SageMaker developer guide, "Common data formats for inference": a record of a reply has no features, and its
label holds each result as float32. Numbers are written so that they read back as the same float32.
"""

import json

import numpy as np

from .content import JSON, JSON_LINES, PROTOBUF
from .recordio import frame
from .records import encode_record

ACCEPTED = (JSON, JSON_LINES, PROTOBUF)


def encode(results, accept):
    """Reply body. results: name to array (n,) or (n, m), one row an instance. accept: one of ACCEPTED."""
    if accept == PROTOBUF:
        columns = {name: np.asarray(values, np.float32).reshape(len(values), -1) for name, values in results.items()}
        rows = zip(*columns.values(), strict=True)
        return b"".join(frame(encode_record({}, dict(zip(columns, row, strict=True)))) for row in rows)
    names = list(results)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*(v.tolist() for v in results.values()), strict=True)]
    if accept == JSON:
        return json.dumps({"predictions": rows}).encode()
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
