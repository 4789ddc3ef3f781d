"""Settings, records and a slow, plain factorization machine to compare with."""

import numpy as np
from scipy.sparse import issparse

from images.factorization_machines import hyperparameters
from images.kit.recordio import frame
from images.kit.records import Tensor, encode_record

SENT = {"feature_dim": "4", "num_factors": "2", "predictor_type": "regressor"}


def settings(**sent):
    return hyperparameters.parse({**SENT, **{name: str(value) for name, value in sent.items()}})


def records(features, labels=None, dtype=np.float32):
    """RecordIO-protobuf as the SageMaker SDK writes it. features: array (n, d), or csr_matrix."""
    body = b""
    for number, row in enumerate(features):
        label = {} if labels is None else {"values": np.array([labels[number]], dtype)}
        tensor = np.asarray(row, dtype) if not issparse(row) else None
        if tensor is None:
            keys = row.indices.astype(np.uint64)
            tensor = Tensor(row.data.astype(dtype), keys if len(keys) else None, (row.shape[-1],))
        body += frame(encode_record({"values": tensor}, label))
    return body


def brute_force(bias, weights, row):
    """Rendle (2010), equation 1, as it stands there: all pairs of features of one dense row, in float64."""
    value = float(bias) + sum(weight[0] * x for weight, x in zip(weights, row, strict=True))
    for first in range(len(row)):
        for second in range(first + 1, len(row)):
            value += np.dot(weights[first, 1:], weights[second, 1:]) * row[first] * row[second]
    return value
