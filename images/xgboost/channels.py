"""From a channel of a training job to rows: its content type, its files or its pipe, and this host's share of it.

Follows the SageMaker developer guide, "XGBoost Algorithm", "Common parameters for built-in algorithms" (which types go
in Pipe mode) and the messages of aws/sagemaker-xgboost-container.
"""

import contextlib
from dataclasses import dataclass

import numpy as np

from images.kit.content import parse_media_type
from images.kit.errors import UserError
from images.kit.pipe import ObjectsAsText, open_pass

from . import libsvm, parquet, protobuf
from .csv_rows import read_csv
from .rows import DataSet

KINDS = {
    "csv": ("csv", "text/csv"),
    "libsvm": ("libsvm", "text/libsvm", "text/x-libsvm"),
    "parquet": ("parquet", "application/x-parquet"),
    "protobuf": ("recordio-protobuf", "application/x-recordio-protobuf"),
}
"""Names of each kind of data, the short one first."""

DEFAULT_KIND = "libsvm"


@dataclass(frozen=True)
class Share:
    """Which rows of data that every host has are this host's: every size-th, from the number-th on; of rows in groups,
    those whose group's number leaves that remainder.
    """

    number: int
    size: int

    def deal(self, parts):
        """Yields this host's rows of each part."""
        seen = 0
        for part in parts:
            order = part.groups if part.groups is not None else np.arange(seen, seen + part.labels.size)
            seen += part.labels.size
            yield part.take(order % self.size == self.number)


def read_channel(channel, csv_weights=False, share=None):
    """DataSet of a channel, which may be empty. share: of rows that all hosts have, or None for all.

    Raises UserError that says where the data are wrong: file, line or record, and column.
    """
    kind = content_kind(channel.content_type)
    parts = _read_pipe(channel, kind, csv_weights) if is_pipe(channel) else _read_files(channel, kind, csv_weights)
    try:
        with contextlib.closing(parts):
            return DataSet.of(parts if share is None else share.deal(parts))
    except ValueError as error:
        raise UserError(f"Channel {channel.name}: {error}") from error


def is_pipe(channel):
    """Whether a channel's data come by pipes. Raises UserError for an input mode that does not exist."""
    if channel.input_mode not in ("File", "Pipe"):
        raise UserError(f"Channel {channel.name}: expected input mode File or Pipe, got {channel.input_mode}.")
    return channel.input_mode == "Pipe"


def content_kind(content_type):
    """Key of KINDS for a channel's ContentType; libsvm if it has none.

    Raises UserError for a type that is not XGBoost's.
    """
    if content_type is None or not content_type.strip():
        return DEFAULT_KIND
    name, parameters = parse_media_type(content_type)
    kind = next((kind for kind, names in KINDS.items() if name in names), None)
    if kind is None:
        accepted = ", ".join(name for names in KINDS.values() for name in names)
        raise UserError(f"{content_type} is not an accepted ContentType: {accepted}.")
    if kind == "csv" and parameters.get("label_size", "1") != "1":
        raise UserError(
            f"{content_type} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
        )
    return kind


def _read_files(channel, kind, csv_weights):
    yield from _read(kind, _each_open(channel), csv_weights)


def _each_open(channel):
    for path in channel.files():
        with path.open("rb") as file:
            yield file, str(path.relative_to(channel.folder.parent))


def _read_pipe(channel, kind, csv_weights):
    if kind == "libsvm":
        accepted = ", ".join(names[-1] for kind, names in KINDS.items() if kind != "libsvm")
        raise UserError(f"Channel {channel.name}: Pipe mode is not for LibSVM; use File mode or one of {accepted}.")
    is_wrapped = channel.record_wrapper == "RecordIO"
    with open_pass(channel) as stream:
        if kind == "parquet":
            objects = (parquet.split_records if is_wrapped else parquet.split_stream)(stream, channel.name)
        else:
            text = ObjectsAsText(stream, channel.name) if kind == "csv" and is_wrapped else stream
            objects = [(text, channel.name)]
        yield from _read(kind, objects, csv_weights)


def _read(kind, files, csv_weights):
    if kind == "csv":
        yield from read_csv(files, csv_weights)
    elif kind == "parquet":
        yield from parquet.read_training(files)
    elif kind == "protobuf":
        yield from protobuf.read_training(files)
    else:
        for file, name in files:
            yield from libsvm.read_training(file, name)
