"""Adam, by which the weights learn: Kingma and Ba (2015), "Adam: A Method for Stochastic Optimization", algorithm 1.

The guide names no method. It speaks of `eps` against a division by zero, `clip_gradient` and `rescale_grad` as
parameters of the optimizer; the artifact is MXNet's, and MXNet's own example of factorization machines learns by Adam.
As MXNet has it, weights of features that no record of a step uses stand still, so that a step costs what its records
hold, however many features there are; decay is part of the gradient, and the gradient is clamped with it.
"""

from dataclasses import dataclass

import numpy as np

MEAN_RATE, SQUARE_RATE = 0.9, 0.999
"""Beta 1 and 2 of the paper, its defaults."""

SMALLEST_DIVISOR = 1e-20
"""In place of an eps of 0: where no gradient has been yet, 0 is divided by it."""

BLOCK_NUMBERS = 32 * 1024
"""So many weights take a step at a time: with their means they fit a processor's cache."""


@dataclass(frozen=True)
class Rule:
    """How gradients change weights. rates, decays: float32, one for each column of the weights."""

    rates: np.ndarray
    decays: np.ndarray
    eps: float
    clip_gradient: float | None


@dataclass(frozen=True)
class Means:
    """Running means of the gradient and of its square, float32, in the shape of the weights."""

    first: np.ndarray
    second: np.ndarray

    @classmethod
    def like(cls, weights):
        """Before the first step."""
        # Not zeros_like, which would touch the memory of features that never come.
        return cls(np.zeros(weights.shape, np.float32), np.zeros(weights.shape, np.float32))


def learn(weights, means, gradient, columns, rule, step):
    """Changes weights and means by one step.

    weights: float32 (d, c). gradient: float32 (u, c), of the weights at columns, int (u,); None for all. step: from 1.
    """
    rates = rule.rates * np.float32(np.sqrt(1 - SQUARE_RATE**step) / (1 - MEAN_RATE**step))
    rows = max(1, BLOCK_NUMBERS // gradient.shape[1])
    for start in range(0, len(gradient), rows):
        block = slice(start, start + rows)
        at = block if columns is None else columns[block]
        values, first, second = weights[at], means.first[at], means.second[at]  # views of a slice, else copies
        _learn(values, first, second, gradient[block], rates, rule)
        if columns is not None:
            weights[at], means.first[at], means.second[at] = values, first, second


def _learn(values, first, second, gradient, rates, rule):
    """One step of some weights, float32 (n, c), changed in place."""
    gradient = rule.decays * values + gradient
    if rule.clip_gradient is not None:
        np.clip(gradient, -rule.clip_gradient, rule.clip_gradient, out=gradient)
    first *= MEAN_RATE
    first += (1 - MEAN_RATE) * gradient
    second *= SQUARE_RATE
    np.square(gradient, out=gradient)
    gradient *= 1 - SQUARE_RATE
    second += gradient
    change = np.sqrt(second, out=gradient)
    change += max(rule.eps, SMALLEST_DIVISOR)
    np.divide(first, change, out=change)
    change *= rates
    values -= change
