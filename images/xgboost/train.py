"""Training as a container: channels to rows, one log line a metric and round, checkpoints, and the model file.

Follows the SageMaker developer guide, "XGBoost Algorithm", "Tune an XGBoost Model" and "Use checkpoints".
"""

import os
import sys

from images.kit.errors import UserError
from images.kit.hosts import join
from images.kit.train import EXIT_STOPPED

from . import model
from .channels import Share, read_channel
from .checkpoints import Checkpoints
from .fit import fit
from .hyperparameters import parse
from .model import MODEL_FILE
from .together import communicator, of_first

CHANNELS = ("train", "validation")


def train(job, stop):
    """Trains on the job's channels and writes the model. Raises UserError if settings or data are wrong."""
    settings = parse(job.hyperparameters)
    _check_job(job, settings)
    with join(job.hosts, job.current_host) as group:
        mine = {name: _read(job, group, name, settings) for name in CHANNELS if name in job.channels}
        sets = _agree(group, job, mine)
        checkpoints = Checkpoints(job.checkpoint_folder) if group.number == 0 and job.checkpoint_folder else None
        start = checkpoints.latest() if checkpoints else None
        with communicator(group):
            booster, is_stopped = _fit(job, group, sets, settings, stop, checkpoints, of_first(start))
        is_kept = settings.save_model_on_termination or not is_stopped
        if group.number == 0 and is_kept:
            (job.model_folder / MODEL_FILE).write_bytes(model.dump(booster))
    if not is_kept:
        sys.exit(EXIT_STOPPED)


def _fit(job, group, sets, settings, stop, checkpoints, start):
    """The booster, and whether a stop of any host has ended the training, on every host alike."""
    is_first, is_stopped = group.number == 0, False
    if settings.save_model_on_termination or job.checkpoint_folder:
        stop.defer()
    if start is not None and is_first:
        print(f"[INFO] Going on from the checkpoint of round {start.next_round - 1}", flush=True)

    def after_round(booster, number, results):
        nonlocal is_stopped
        if is_first and settings.booster.get("verbosity") != 0:
            print_round(number, results)
        is_stopped = any(group.gather(stop.requested))
        if checkpoints:
            is_last = is_stopped or number + 1 == settings.num_round
            (checkpoints.save if is_last else checkpoints.note)(booster, number)
        return is_stopped

    booster = fit(
        sets["train"],
        sets.get("validation"),
        settings,
        after_round,
        threads=len(os.sched_getaffinity(0)),
        start=start,
        repeatable=job.checkpoint_folder is not None,
    )
    return booster, is_stopped


def print_round(number, results):
    """Prints `[3]#011train-rmse:0.5#011validation-rmse:0.6`, the form that the algorithm's metric expressions read.

    #011 is a tab as the log service shows it. Each metric has its own line: the expressions take everything up to the
    next blank as the number.
    """
    for metric in next(iter(results.values())):
        values = "".join(f"#011{data}-{metric}:{metrics[metric]:.5f}" for data, metrics in results.items())
        print(f"[{number}]{values}", flush=True)


def _read(job, group, name, settings):
    """This host's rows of a channel. Of training data that all hosts have, each takes a part; all measure the whole."""
    channel = job.channels[name]
    is_dealt = group.size > 1 and name == "train" and channel.distribution == "FullyReplicated"
    return read_channel(channel, settings.csv_weights, Share(group.number, group.size) if is_dealt else None)


def _agree(group, job, sets):
    """The data sets in the form that all hosts have, with as many columns; says how large they are in all.

    Raises UserError if there are no rows, or if the hosts' rows do not fit together.
    """
    mine = {name: {"rows": data.row_count, "columns": data.columns, "form": data.form()} for name, data in sets.items()}
    everyone = group.gather(mine)
    _check_forms(job.hosts, everyone)
    agreed = {}
    for name, data in sets.items():
        known = [host[name] for host in everyone if host[name]["rows"]]
        columns, rows = max(part["columns"] for part in known), sum(part["rows"] for part in known)
        agreed[name] = data.in_form(known[0]["form"], columns)
        if job.channels[name].distribution == "FullyReplicated" and name != "train":
            rows = data.row_count
        if group.number == 0:
            print(f"[INFO] {name}: {rows} rows, {columns} features", flush=True)
    return agreed


def _check_forms(hosts, everyone):
    width = None
    for name in everyone[0]:
        known = [(host, entry[name]) for host, entry in zip(hosts, everyone, strict=True) if entry[name]["rows"]]
        if not known:
            raise UserError(f"No data in the {name} channel: there is no file with a row.")
        first_host, first = known[0]
        for host, part in known:
            if part["form"] != first["form"]:
                raise UserError(
                    f"Channel {name}: the rows of {host} are {part['form']}, those of {first_host} {first['form']}; "
                    "all must be the same."
                )
            if part["form"]["sparse"]:
                continue
            # Sparse sets are widened to each other; dense ones must be equally wide.
            width = width or (part["columns"], f"the {name} channel" + (f" on {host}" if len(hosts) > 1 else ""))
            if part["columns"] != width[0]:
                raise UserError(
                    f"The {name} channel has {part['columns']} features, {width[1]} {width[0]}; they must be the same."
                )


def _check_job(job, settings):
    if "train" not in job.channels:
        raise UserError("Missing required channel: train")
    extra = [name for name in job.channels if name not in CHANNELS]
    if extra:
        raise UserError(f"Extraneous channel found: {', '.join(extra)}. Known are: {', '.join(CHANNELS)}.")
    if len(job.hosts) > 1:
        _check_for_several_hosts(settings.booster)


def _check_for_several_hosts(parameters):
    """Refuses what XGBoost can do on one machine only."""
    if parameters.get("tree_method") == "exact" or "grow_colmaker" in parameters.get("updater", ""):
        raise UserError("tree_method exact works on one instance only; use hist or approx, or InstanceCount 1.")
    if parameters.get("booster") == "gblinear":
        raise UserError("booster gblinear works on one instance only; use gbtree or dart, or InstanceCount 1.")
