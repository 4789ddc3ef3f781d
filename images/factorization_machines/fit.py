"""Training: pass by pass and batch by batch, each batch one step of all hosts."""

from dataclasses import dataclass

import numpy as np

from images.kit.errors import UserError

from . import adam
from .metrics import SUMS, sums
from .model import scores, scores_and_gradient, start
from .together import Part

DIVERGED = (
    "Training has diverged: the loss or a weight is not a finite number. Lower bias_lr, linear_lr or factors_lr, scale "
    "the features, or set clip_gradient."
)


@dataclass(frozen=True)
class Step:
    """What a batch has shown. epoch, batch: from 0. sums: of the metrics of its rows, before they were learned from."""

    epoch: int
    batch: int
    sums: np.ndarray


class Fit:
    """A machine that learns; it and what its optimizer remembers change with each step."""

    def __init__(self, settings, machine=None):
        """settings: Settings. machine: to start from, as settings have it by default."""
        self.machine = machine or start(settings)
        self._settings = settings
        self._weights = _rule(settings, [settings.linear] + [settings.factors] * settings.num_factors)
        self._bias = _rule(settings, [settings.bias])
        self._means = adam.Means.like(self.machine.weights)
        self._bias_means = adam.Means.like(self.machine.bias[None])
        self._steps = 0

    def part(self, batch, is_stopping=False):
        """What this host has to say about a batch; nothing of None. Changes nothing."""
        settings = self._settings
        if batch is None or batch.labels.size == 0:
            nothing = np.empty((0, 1 + settings.num_factors), np.float32)
            return Part(np.empty(0, np.int32), nothing, 0.0, np.zeros(SUMS), is_stopping)
        values, bias, gradient = scores_and_gradient(self.machine, settings.predictor_type, batch.rows, batch.labels)
        found = sums(settings.predictor_type, values, batch.labels)
        return Part(batch.rows.columns, gradient, bias, found, is_stopping)

    def learn(self, part):
        """One step from what all hosts have found. Raises UserError if numbers have grown beyond all bounds."""
        if not np.isfinite(part.sums).all():
            raise UserError(DIVERGED)
        self._steps += 1
        scale = self._settings.rescale_grad
        scale = np.float32(1 / part.sums[0] if scale is None else scale)
        bias = np.array([[part.bias]], np.float32)
        adam.learn(self.machine.bias[None], self._bias_means, bias * scale, None, self._bias, self._steps)
        gradient = part.gradient * scale
        adam.learn(self.machine.weights, self._means, gradient, part.columns, self._weights, self._steps)

    def finished(self):
        """The Machine as it is now. Raises UserError as learn does."""
        if not (np.isfinite(self.machine.bias).all() and np.isfinite(self.machine.weights).all()):
            raise UserError(DIVERGED)
        return self.machine


def fit(batches, settings, together, after_step, after_epoch, is_stopping=lambda: False):
    """The trained Machine, and whether a stop ended it early; the same on all hosts.

    batches: Batches of this host. after_step(Step) and after_epoch(epoch, sums) are told what is learned.
    is_stopping(): whether a stop has come to this host. Raises UserError if no host has a record.
    """
    learning = Fit(settings)
    for epoch in range(settings.epochs):
        total, number, mine = np.zeros(SUMS), 0, batches.read(epoch)
        while True:
            with np.errstate(over="ignore", invalid="ignore"):
                part = together.add(learning.part(next(mine, None), is_stopping()), settings.feature_dim)
                if part.sums[0] == 0:
                    break
                learning.learn(part)
            total += part.sums
            after_step(Step(epoch, number, part.sums))
            number += 1
            if part.is_stopping:
                return learning.finished(), True
        if number == 0:
            raise UserError("No data in the train channel: there is no record in it.")
        after_epoch(epoch, total)
    return learning.finished(), False


def measure(machine, batches, settings, is_stopping=lambda: False):
    """Sums of the metrics of all rows of this host's batches, until a stop: float64 (6,). batches: Batches."""
    total = np.zeros(SUMS)
    for batch in batches.read():
        if is_stopping():
            break
        if batch.labels.size:
            total += sums(settings.predictor_type, scores(machine, batch.rows), batch.labels)
    return total


def _rule(settings, columns):
    # A rate beyond float32 is infinite, and ends training as diverged.
    with np.errstate(over="ignore"):
        rates, decays = (
            np.array(numbers, np.float32)
            for numbers in zip(*((terms.rate, terms.decay) for terms in columns), strict=True)
        )
    return adam.Rule(rates, decays, settings.eps, settings.clip_gradient)
