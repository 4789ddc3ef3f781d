"""XGBoost's image as a container would be."""

from functools import partial

from images.kit.tests import jobs
from images.kit.tests.jobs import DEADLINE_SECONDS, command, prepare

train = partial(jobs.train, "xgboost")
Serving = partial(jobs.Serving, "xgboost")

__all__ = ["DEADLINE_SECONDS", "Serving", "command", "prepare", "train"]
