"""Factorization machines as a built-in algorithm, behind SageMaker's hyperparameters, formats and replies."""

import os

# Before numpy comes. Matrix products are small here: a second thread gains little, and costs ten times as much where
# other jobs have the CPUs, since each waits for the other by spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
