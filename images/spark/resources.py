"""How an instance is shared out: a driver on the first host, executors on every host.

AWS's container gives driver and executor 90 and 85 percent of the instance each, which only works while they do not use
it; here limits are kept, so both have room, and Python's workers and Java's own memory too.
"""

import os
from dataclasses import dataclass

from images.kit.errors import UserError

MIB = 2**20
DRIVER_SHARE = 0.25
EXECUTOR_SHARE = 0.5
DAEMON_MEMORY = "256m"
"""Heap of Spark's master and of a worker, which do no work themselves."""

_UNITS = {"b": 1, "k": 2**10, "kb": 2**10, "m": MIB, "mb": MIB, "g": 2**30, "gb": 2**30, "t": 2**40, "tb": 2**40}


@dataclass(frozen=True)
class Instance:
    """What one host of the job has."""

    cpus: int
    memory_mib: int


def instance():
    """This host's size, as the platform tells it, since limits cannot be seen from inside; else the machine's."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Instance(
        cpus=int(float(os.environ.get("SAGEBRUSH_INSTANCE_CPUS") or len(os.sched_getaffinity(0)))),
        memory_mib=int(float(os.environ.get("SAGEBRUSH_INSTANCE_MEMORY_BYTES") or machine)) // MIB,
    )


def share_out(size, hosts, given):
    """Spark's settings for hosts instances of a size. given: the user's own settings, which win.

    Raises UserError for an executor that no host has room for: Spark would wait for one for ever.
    """
    cores = _whole("spark.executor.cores", given, size.cpus)
    for_each = max(size.cpus // cores, 1)
    memory = given.get("spark.executor.memory") or f"{int(size.memory_mib * EXECUTOR_SHARE / for_each)}m"
    if cores > size.cpus:
        raise UserError(f"spark.executor.cores is {cores}; an instance of this job has {size.cpus}.")
    if _mebibytes("spark.executor.memory", memory) > size.memory_mib:
        raise UserError(f"spark.executor.memory is {memory}; an instance of this job has {size.memory_mib}m.")
    executors = _whole("spark.executor.instances", given, for_each * hosts)
    total = min(executors, for_each * hosts) * cores
    return {
        "spark.driver.memory": f"{int(size.memory_mib * DRIVER_SHARE)}m",
        "spark.executor.memory": memory,
        "spark.executor.cores": str(cores),
        # The standalone master counts cores, not executors.
        "spark.cores.max": str(total),
        "spark.default.parallelism": str(2 * total),
        # Work begins when all hosts are there, so that all take part.
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    }


def _whole(name, given, default):
    text = given.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise UserError(f"{name} must be a whole number from 1, got {text!r}.")
    return int(text)


def _mebibytes(name, text):
    """Spark's sizes: 512m, 2g; a bare number is of MiB."""
    digits = text.strip().rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    unit = text.strip()[len(digits) :].lower() or "m"
    if not digits.isdecimal() or unit not in _UNITS:
        raise UserError(f"{name} must be a size such as 512m or 2g, got {text!r}.")
    return int(digits) * _UNITS[unit] // MIB
