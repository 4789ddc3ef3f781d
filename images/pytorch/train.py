"""Training as a container: the user's script."""

from images.kit.script import training

from .framework import FRAMEWORK


def train(job, _stop):
    """Runs the job's script. Raises as images.kit.script.training.train."""
    training.train(FRAMEWORK, job)
