"""Training as a container: channels to batches, log lines that the metrics are read from, and the model file.

Follows the SageMaker developer guide, "Factorization Machines Algorithm" and "Tune a Factorization Machines Model".
"""

import os
import time

import numpy as np

from images.kit.errors import UserError
from images.kit.hosts import join

from . import artifact
from .channels import Batches, Share
from .fit import fit, measure
from .hyperparameters import parse
from .metrics import metrics
from .together import Together

CHANNELS = ("train", "test")
BATCHES_PER_LINE = 100
"""The first batch of a pass and then each so-manieth has its metrics printed."""

ARRAYS_OF_WEIGHTS = 3
"""The weights themselves, and the two running means of Adam for each."""


def train(job, stop):
    """Trains on the job's channels and writes the model. Raises UserError if settings or data are wrong."""
    settings = parse(job.hyperparameters)
    _check_job(job)
    _check_memory(settings)
    with join(job.hosts, job.current_host) as group:
        together = Together(group, job.hosts)
        batches = {name: Batches(job.channels[name], settings, _share(job, group, name)) for name in job.channels}
        report = Report(job.current_host, settings) if group.number == 0 else None
        machine, is_stopped = _fit(batches["train"], settings, together, report, stop)
        if "test" in batches and not is_stopped:
            mine = measure(machine, batches["test"], settings, lambda: stop.requested)
            total = together.total(mine)
            if not any(group.gather(stop.requested)):
                _check_test(total)
                if report:
                    report.test(total)
        if group.number == 0:
            artifact.save(job.model_folder / artifact.MODEL_FILE, machine, job.hyperparameters)


def _fit(batches, settings, together, report, stop):
    def after_step(step):
        # There is a model to keep now; without one a stop ends the job at once.
        stop.defer()
        if report:
            report.step(step)

    def after_epoch(epoch, total):
        if report:
            report.epoch(epoch, total)

    return fit(batches, settings, together, after_step, after_epoch, lambda: stop.requested)


class Report:
    """Prints what the algorithm's metric expressions read (algorithm.json)."""

    def __init__(self, host, settings):
        self._host = host
        self._settings = settings
        self._started = time.monotonic()

    def step(self, step):
        if step.batch % BATCHES_PER_LINE == 0:
            self._quality(f"epoch={step.epoch}, batch={step.batch} train", step.sums)

    def epoch(self, number, total):
        now = time.monotonic()
        self._quality(f"epoch={number}, train", total)
        done = 100 * (number + 1) / self._settings.epochs
        rate = total[0] / max(now - self._started, 1e-9)
        print(f"#progress_metric: host={self._host}, completed {done:g} %")
        print(f"#throughput_metric: host={self._host}, train throughput={rate:.6g} records/second", flush=True)
        self._started = now

    def test(self, total):
        self._quality("test", total)

    def _quality(self, place, total):
        for name, kind, value in metrics(self._settings.predictor_type, total):
            print(f"#quality_metric: host={self._host}, {place} {name} <{kind}>={value!r}", flush=True)


def _share(job, group, name):
    return Share(group.number, group.size, job.channels[name].distribution == "FullyReplicated")


def _check_job(job):
    if "train" not in job.channels:
        raise UserError("Missing required channel: train")
    if "model" in job.channels:
        raise UserError(
            "Extraneous channel found: model. Factorization machines cannot go on from a model (incremental training)."
        )
    extra = [name for name in job.channels if name not in CHANNELS]
    if extra:
        raise UserError(f"Extraneous channel found: {', '.join(extra)}. Known are: {', '.join(CHANNELS)}.")


def _check_memory(settings):
    weights = settings.feature_dim * (1 + settings.num_factors) * np.dtype(np.float32).itemsize
    needed, there = ARRAYS_OF_WEIGHTS * weights, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there:
        raise UserError(
            f"feature_dim {settings.feature_dim} with num_factors {settings.num_factors} needs {needed / 1e9:.1f} GB "
            f"of memory for the weights; there are {there / 1e9:.1f} GB. Use fewer factors or features."
        )


def _check_test(total):
    if total[0] == 0:
        raise UserError("No data in the test channel: there is no record in it.")
    if not np.isfinite(total).all():
        raise UserError("The model's values for the test channel are not finite numbers: training has diverged.")
