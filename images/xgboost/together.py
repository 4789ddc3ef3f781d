"""XGBoost's collective among the hosts of a job: the first one runs the tracker that all find each other by."""

import contextlib

import numpy as np
from xgboost import collective
from xgboost.tracker import RabitTracker

LONGEST_SILENCE_SECONDS = 30 * 60
"""A host may work so long on its part while the others wait; a dead one is noticed by kit/hosts.py, much sooner."""


@contextlib.contextmanager
def communicator(group):
    """While it is open, XGBoost trains on the rows of all hosts of the group. With one host it does nothing."""
    if group.size == 1:
        yield
        return
    tracker = None
    if group.number == 0:
        # Ranks follow the order of the hosts, by the tasks' names.
        tracker = RabitTracker(n_workers=group.size, host_ip=group.address, sortby="task")
        tracker.start()
    arguments = group.gather(tracker.worker_args() if tracker else None)[0]
    collective.init(**arguments, dmlc_task_id=f"{group.number:06}", dmlc_timeout=LONGEST_SILENCE_SECONDS)
    yield
    # Not after an exception: the others would be waited for, and the process ends anyway.
    collective.finalize()
    if tracker is not None:
        tracker.wait_for()


def total(array):
    """Sum over all hosts of an array float64 (n,), on every host."""
    return _reduced(array, collective.Op.SUM)


def largest(number):
    """Largest of a whole number of each host, on every host."""
    return int(_reduced(np.array([number], np.int64), collective.Op.MAX)[0])


def of_first(value):
    """The first host's value, on every host."""
    return collective.broadcast((value,), 0)[0] if collective.is_distributed() else value


def _reduced(array, operation):
    return collective.allreduce(array, operation) if collective.is_distributed() else array
