"""XGBoost's collective among the hosts of a job: the first one runs the tracker that all find each other by."""

import atexit
import contextlib
import os
import sys

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
    try:
        tracker = _start(group)
        yield
    except BaseException:
        # XGBoost waits or crashes when it is torn down while other hosts are gone. The tracker is kept until then.
        atexit.register(_exit_at_once, group, tracker)
        raise
    collective.finalize()
    if tracker is not None:
        tracker.wait_for()


def _start(group):
    """Lets XGBoost find the other hosts; returns the tracker on the first one."""
    tracker = None
    if group.number == 0:
        # Ranks follow the order of the hosts, by the tasks' names.
        tracker = RabitTracker(n_workers=group.size, host_ip=group.address, sortby="task")
        tracker.start()
    arguments = group.gather(tracker.worker_args() if tracker else None)[0]
    collective.init(**arguments, dmlc_task_id=f"{group.number:06}", dmlc_timeout=LONGEST_SILENCE_SECONDS)
    return tracker


def _exit_at_once(group, _tracker):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(group.exit_code)


def total(array):
    """Sum over all hosts of an array float64 (n,), on every host."""
    return _reduced(array, collective.Op.SUM)


def largest(number):
    """Largest of a whole number of each host, on every host."""
    return int(_reduced(np.array([number], np.int64), collective.Op.MAX)[0])


def all_rows(array):
    """An array of each host, float32 (n,), one after another, on every host."""
    if not is_distributed():
        return array
    number = collective.get_rank()
    counts = np.zeros(collective.get_world_size(), np.int64)
    counts[number] = array.size
    counts = _reduced(counts, collective.Op.SUM)
    start = counts[:number].sum()
    whole = np.zeros(counts.sum(), np.float32)
    whole[start : start + array.size] = array
    return _reduced(whole, collective.Op.SUM)


def of_first(value):
    """The first host's value, on every host."""
    return collective.broadcast((value,), 0)[0] if is_distributed() else value


def is_distributed():
    """Whether XGBoost trains with other hosts now."""
    return collective.is_distributed()


def _reduced(array, operation):
    return collective.allreduce(array, operation) if is_distributed() else array
