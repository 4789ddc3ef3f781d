"""From a channel of a training job to mini-batches: its records, checked, and this host's share of them.

Follows the SageMaker developer guide, "Factorization Machines Algorithm" and "Common data formats for training".
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse, vstack

from images.kit.content import PROTOBUF, parse_media_type
from images.kit.errors import UserError
from images.kit.pipe import open_pass
from images.kit.vectors import VectorReader

from .hyperparameters import CLASSIFIER
from .model import Rows


@dataclass(frozen=True)
class Batch:
    """Rows and their labels, float32 (n,)."""

    rows: Rows
    labels: np.ndarray


@dataclass(frozen=True)
class Share:
    """What is this host's of a channel. number: this host's, from 0. size: how many hosts."""

    number: int
    size: int
    is_replicated: bool
    """Whether all hosts have the same records, so that each takes its part of each batch; else each has its own."""

    def batch_size(self, whole):
        """Records of this host's stream for a batch of so many of all hosts, at least one."""
        if self.is_replicated:
            return whole
        return max(1, whole // self.size + (self.number < whole % self.size))

    def take(self, features, labels):
        """This host's part of a batch of the stream."""
        if not self.is_replicated or self.size == 1:
            return features, labels
        mine = slice(self.number, None, self.size)
        # A copy of dense rows: what is only looked at would keep those of all hosts.
        return features[mine].copy(), labels[mine].copy()


class Batches:
    """The mini-batches of a channel, pass by pass.

    In File mode what was read is kept for later passes. In Pipe mode each pass is a stream of its own, of which no more
    than a batch is held.
    """

    def __init__(self, channel, settings, share):
        """Raises UserError for a content type or an input mode that is not this algorithm's."""
        _check_type(channel)
        self._channel = channel
        self._settings = settings
        self._share = share
        self._is_kept = channel.input_mode == "File" and settings.epochs > 1 and channel.name == "train"
        self._kept = None

    def read(self, number=0):
        """Yields Batch; of a host whose part of a batch is empty, one without rows. number: of the pass, from 0.

        Raises UserError with file and record for data that are wrong.
        """
        if self._kept is not None:
            yield from self._kept
            return
        kept = []
        for batch in self._read(number):
            if self._is_kept:
                kept.append(batch)
            yield batch
        if self._is_kept:
            self._kept = kept

    def _read(self, number):
        parts = _parts(self._channel, number, self._settings)
        for features, labels in _in_batches(parts, self._share.batch_size(self._settings.mini_batch_size)):
            features, labels = self._share.take(features, labels)
            yield Batch(Rows.of(features), labels)


def _check_type(channel):
    if channel.input_mode not in ("File", "Pipe"):
        raise UserError(f"Channel {channel.name}: expected input mode File or Pipe, got {channel.input_mode}.")
    given = channel.content_type
    if given and given.strip() and parse_media_type(given)[0] != PROTOBUF:
        raise UserError(f"Channel {channel.name}: {given} is not an accepted ContentType: {PROTOBUF}.")


def _parts(channel, number, settings):
    """Yields features and labels float32 (n,) of a channel, many records at a time."""
    reader = VectorReader(only=np.float32)
    for file, name in _files(channel, number):
        for vectors in reader.read(file, name):
            _check(vectors, name, settings)
            yield vectors.features, vectors.labels[:, 0]


def _files(channel, number):
    if channel.input_mode == "Pipe":
        with open_pass(channel, number) as stream:
            yield stream, channel.name
        return
    for path in channel.files():
        with path.open("rb") as file:
            yield file, str(path.relative_to(channel.folder.parent))


def _check(vectors, source, settings):
    """Raises UserError for the first record that is wrong."""
    features, labels = vectors.features, vectors.labels
    count = 0 if labels is None else labels.shape[1]
    if count != 1:
        raise UserError(f"{source}, record {vectors.first}: expected one label under 'values', got {count}.")
    if features.shape[1] != settings.feature_dim:
        raise UserError(
            f"{source}, record {vectors.first}: expected feature_dim = {settings.feature_dim} features, "
            f"got {features.shape[1]}."
        )
    numbers = labels[:, 0]
    _refuse(~np.isfinite(numbers), vectors, source, "the label is not a finite number")
    if settings.predictor_type == CLASSIFIER:
        _refuse((numbers != 0) & (numbers != 1), vectors, source, "the label of a binary_classifier must be 0 or 1")
    _refuse(_has_odd_number(features), vectors, source, "a feature is not a finite number")


def _has_odd_number(features):
    """Of each row, whether some number in it is infinite or none: bool (n,)."""
    if not issparse(features):
        return ~np.isfinite(features).all(axis=1)
    which = np.zeros(features.shape[0], bool)
    odd = ~np.isfinite(features.data)
    if odd.any():
        which[np.repeat(np.arange(features.shape[0]), np.diff(features.indptr))[odd]] = True
    return which


def _refuse(which, vectors, source, problem):
    """Raises UserError for the first record that `which`, bool (n,), is true of."""
    if which.any():
        raise UserError(f"{source}, record {vectors.first + int(np.argmax(which))}: {problem}.")


def _in_batches(parts, size):
    """Yields features and labels of `size` rows each, in order; the last may have fewer."""
    waiting, count = [], 0
    for features, labels in parts:
        waiting.append((features, labels))
        count += labels.size
        if count < size:
            continue
        features, labels = _joined(waiting)
        whole = count - count % size
        for first in range(0, whole, size):
            yield features[first : first + size], labels[first : first + size]
        waiting, count = ([(features[whole:], labels[whole:])] if whole < count else []), count - whole
    if count:
        yield _joined(waiting)


def _joined(parts):
    if len(parts) == 1:
        return parts[0]
    features, labels = zip(*parts, strict=True)
    stacked = vstack(features, format="csr") if issparse(features[0]) else np.concatenate(features)
    return stacked, np.concatenate(labels)
