"""Training as a container: channels to rows, one log line a metric and round, and the model file.

Follows the SageMaker developer guide, "XGBoost Algorithm" and "Tune an XGBoost Model".
"""

import os

import numpy as np

from images.kit.content import parse_media_type
from images.kit.errors import UserError
from images.kit.numbers import CsvReader

from . import libsvm, model
from .checkpoints import Checkpoints
from .hyperparameters import parse
from .rows import Rows

MODEL_FILE = "xgboost-model"
CSV = ("csv", "text/csv")
LIBSVM = ("libsvm", "text/libsvm", "text/x-libsvm")
LATER = ("parquet", "application/x-parquet", "recordio-protobuf", "application/x-recordio-protobuf")
"""Types of the guide that this image cannot read yet."""

CHANNELS = ("train", "validation")


def train(job, stop):
    """Trains on the job's channels and writes the model. Raises UserError if settings or data are wrong."""
    settings = parse(job.hyperparameters)
    _check_job(job)
    sets = {name: read_channel(job.channels[name], settings.csv_weights) for name in CHANNELS if name in job.channels}
    _check_columns(sets)
    for name, rows in sets.items():
        print(f"[INFO] {name}: {rows.features.shape[0]} rows, {rows.features.shape[1]} features", flush=True)
    if settings.save_model_on_termination:
        stop.defer()

    checkpoints = Checkpoints(job.checkpoint_folder)

    def after_round(booster, number, results):
        checkpoints.after_round(booster, number)
        if settings.booster.get("verbosity") != 0:
            print_round(number, results)
        return stop.requested

    threads = len(os.sched_getaffinity(0))
    begun = checkpoints.latest()
    booster = model.fit(sets["train"], sets.get("validation"), settings, after_round, threads=threads, begun=begun)
    checkpoints.after_training(booster)
    (job.model_folder / MODEL_FILE).write_bytes(model.dump(booster))


def print_round(number, results):
    """Prints `[3]#011train-rmse:0.5#011validation-rmse:0.6`, the form that the algorithm's metric expressions read.

    #011 is a tab as the log service shows it. Each metric has its own line: the expressions take everything up to the
    next blank as the number.
    """
    for metric in next(iter(results.values())):
        values = "".join(f"#011{data}-{metric}:{metrics[metric]:.5f}" for data, metrics in results.items())
        print(f"[{number}]{values}", flush=True)


def read_channel(channel, csv_weights):
    """Rows of all files of a channel. Raises UserError that names file, line and what is wrong."""
    kind = content_kind(channel.content_type)
    if channel.input_mode != "File":
        raise UserError(
            f"Channel {channel.name}: input mode {channel.input_mode} is not yet available for XGBoost here; use File."
        )
    files = channel.files()
    names = [str(path.relative_to(channel.folder.parent)) for path in files]
    if kind == "csv":
        return _read_csv(channel, files, names, csv_weights)
    parts = []
    for path, name in zip(files, names, strict=True):
        with path.open("rb") as file:
            parts += libsvm.read_training(file, name)
    return _joined(channel, parts)


def content_kind(content_type):
    """`csv` or `libsvm` for a channel's ContentType; libsvm if it has none.

    Raises UserError for a type that is not XGBoost's or not yet available.
    """
    if content_type is None or not content_type.strip():
        return "libsvm"
    kind, parameters = parse_media_type(content_type)
    if kind in CSV:
        if parameters.get("label_size", "1") != "1":
            raise UserError(
                f"{content_type} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
            )
        return "csv"
    if kind in LIBSVM:
        return "libsvm"
    accepted = ", ".join((*CSV, *LIBSVM))
    if kind in LATER:
        raise UserError(f"ContentType {content_type} is not yet available for XGBoost here; use one of: {accepted}.")
    raise UserError(f"{content_type} is not an accepted ContentType: {accepted}.")


def _read_csv(channel, files, names, csv_weights):
    reader = CsvReader()
    cells = []
    for path, name in zip(files, names, strict=True):
        with path.open("rb") as file:
            cells.append(reader.read(file, name))
    table = cells[0] if len(cells) == 1 else np.concatenate(cells)
    first_feature = 2 if csv_weights else 1
    if table.shape[0] == 0:
        raise UserError(f"No data in the {channel.name} channel: its files have no line.")
    if table.shape[1] <= first_feature:
        wanted = "a label, a weight and at least one feature" if csv_weights else "a label and at least one feature"
        raise UserError(f"{names[0]}, line 1: expected {wanted}, got {table.shape[1]} column(s).")
    _check_labels(table[:, 0], files, names)
    return Rows(
        features=table[:, first_feature:],
        labels=table[:, 0].copy(),
        weights=table[:, 1].copy() if csv_weights else None,
    )


def _check_labels(labels, files, names):
    """Refuses rows without a label, naming the first one's place."""
    missing = np.flatnonzero(np.isnan(labels))
    if missing.size == 0:
        return
    row = int(missing[0])
    for path, name in zip(files, names, strict=True):
        with path.open("rb") as file:
            numbers = [number for number, line in enumerate(file, 1) if line.strip()]
        if row < len(numbers):
            raise UserError(f"{name}, line {numbers[row]}, column 1: the label is missing.")
        row -= len(numbers)


def _joined(channel, parts):
    parts = [part for part in parts if part.labels.size > 0]
    if not parts:
        raise UserError(f"No data in the {channel.name} channel: its files have no line.")
    try:
        return Rows.concatenate(parts)
    except ValueError as error:
        raise UserError(f"Channel {channel.name}: {error}") from error


def _check_job(job):
    if "train" not in job.channels:
        raise UserError("Missing required channel: train")
    extra = [name for name in job.channels if name not in CHANNELS]
    if extra:
        raise UserError(f"Extraneous channel found: {', '.join(extra)}. Known are: {', '.join(CHANNELS)}.")
    if len(job.hosts) > 1:
        raise UserError(
            f"Training on {len(job.hosts)} instances is not yet available for XGBoost here; use InstanceCount 1."
        )


def _check_columns(sets):
    """Dense data sets must be equally wide; sparse ones are widened to each other by the model."""
    columns = {name: rows.features.shape[1] for name, rows in sets.items() if isinstance(rows.features, np.ndarray)}
    if len(set(columns.values())) > 1:
        raise UserError(
            f"The validation channel has {columns['validation']} features, the train channel {columns['train']}; "
            "they must be the same."
        )
