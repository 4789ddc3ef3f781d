"""Gradients of all hosts added up: the others send theirs to the first one, which sends the sum back to all.

All hosts then take the same step from the same weights, so that they stay equal to the last bit, and a step is that of
one host with all records of the batch. Only rows of features that some record uses travel.
"""

import base64
import io
from dataclasses import dataclass, replace

import numpy as np

PIECE_BYTES = 16 * 1024 * 1024
"""So much is in one message; the kit takes 64 MiB, and base64 adds a third."""


@dataclass(frozen=True)
class Part:
    """What one host, or all of them, have found in a step.

    gradient: float32 (u, 1 + k), summed over records, of the weights at columns, int (u,); None for all features.
    bias: its gradient, float64 (). sums: float64 (6,), of metrics.py. is_stopping: whether a stop has come.
    """

    columns: np.ndarray | None
    gradient: np.ndarray
    bias: float
    sums: np.ndarray
    is_stopping: bool


class Together:
    """Adds up what the hosts of a group have. hosts: their names, the first one leads."""

    def __init__(self, group, hosts):
        self._group = group
        self._others = hosts[1:]

    def add(self, part, width):
        """Part of all hosts, the same on each. width: number of features."""
        if self._group.size == 1:
            return part
        if self._group.number > 0:
            self._tell(_pack(part))
            return _unpack(self._hear())
        whole = _added([part, *(_unpack(self._hear(host)) for host in self._others)], width)
        packed = _pack(whole)
        for host in self._others:
            self._tell(packed, host)
        return whole

    def total(self, sums):
        """Sum of an array float64 (n,) of each host, on every host."""
        return np.sum(self._group.gather(sums.tolist()), axis=0)

    def _tell(self, data, host=None):
        pieces = range(0, len(data), PIECE_BYTES)
        for start in pieces:
            piece = base64.b64encode(data[start : start + PIECE_BYTES]).decode()
            self._group.tell({"piece": piece, "is_last": start == pieces[-1]}, host)

    def _hear(self, host=None):
        data = io.BytesIO()
        while True:
            message = self._group.hear(host)
            data.write(base64.b64decode(message["piece"]))
            if message["is_last"]:
                return data.getvalue()


def _added(parts, width):
    """Sum of parts, in the order of the hosts."""
    bias = sum(part.bias for part in parts)
    sums = np.sum([part.sums for part in parts], axis=0)
    whole = Part(None, parts[0].gradient, bias, sums, any(part.is_stopping for part in parts))
    found = [part for part in parts if len(part.gradient)]
    if not found:
        return whole
    if any(part.columns is None for part in found):
        columns, places = None, [slice(None) if part.columns is None else part.columns for part in found]
        gradient = np.zeros((width, found[0].gradient.shape[1]), np.float32)
    else:
        columns, flat = np.unique(np.concatenate([part.columns for part in found]), return_inverse=True)
        places = np.split(flat, np.cumsum([part.columns.size for part in found])[:-1])
        gradient = np.zeros((columns.size, found[0].gradient.shape[1]), np.float32)
    for part, at in zip(found, places, strict=True):
        gradient[at] += part.gradient
    return replace(whole, columns=columns, gradient=gradient)


def _pack(part):
    file = io.BytesIO()
    columns = np.empty(0, np.int32) if part.columns is None else part.columns
    scalars = np.array([part.columns is None, part.bias, part.is_stopping], np.float64)
    for array in (scalars, part.sums, columns, part.gradient):
        np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _unpack(data):
    file = io.BytesIO(data)
    scalars, sums, columns, gradient = (np.load(file, allow_pickle=False) for _ in range(4))
    is_all, bias, is_stopping = scalars.tolist()
    return Part(None if is_all else columns, gradient, bias, sums, bool(is_stopping))
