"""What an estimator asks of MPI, and the command line that follows from it."""

import re
import shlex
from dataclasses import dataclass

from images.kit.errors import UserError
from images.kit.script.variables import gpu_count

ENABLED = "sagemaker_mpi_enabled"
PROCESSES_PER_HOST = "sagemaker_mpi_num_of_processes_per_host"
OPTIONS = "sagemaker_mpi_custom_mpi_options"

NCCL_DEBUG = "--NCCL_DEBUG"
"""An option of AWS's toolkit and not of mpirun: it becomes a variable."""


@dataclass(frozen=True)
class Mpi:
    """How a script is to run."""

    processes_per_host: int
    options: tuple[str, ...]
    """For mpirun, as it takes them."""


def read(parameters):
    """Mpi of the hyperparameters that are for the toolkit, decoded; None if they do not ask for it.

    By default each GPU of a host gets a process, and a host without one has one process.
    Raises UserError if the number of processes or the options cannot be read.
    """
    if not parameters.get(ENABLED):
        return None
    wanted = parameters.get(PROCESSES_PER_HOST) or max(gpu_count(), 1)
    if isinstance(wanted, bool) or not re.fullmatch(r"0*[1-9]\d{0,3}", str(wanted)):
        raise UserError(f"processes_per_host ({PROCESSES_PER_HOST}) must be a whole number from 1, got {wanted!r}.")
    return Mpi(int(wanted), tuple(_options(parameters.get(OPTIONS) or "")))


def _options(text):
    """Open MPI 4, which AWS's images have, takes `-bind-to none`, Open MPI 5 only `--bind-to none`."""
    try:
        words = iter(shlex.split(str(text)))
    except ValueError as error:
        raise UserError(f"custom_mpi_options ({OPTIONS}) cannot be read: {error}: {text}") from error
    for word in words:
        name, _, value = word.partition("=")
        if name == NCCL_DEBUG:
            yield from ("-x", f"NCCL_DEBUG={value or next(words, 'INFO')}")
        else:
            yield f"-{word}" if re.match(r"-[A-Za-z][\w-]", word) else word


def command_line(mpirun, mpi, hosts, code):
    """mpirun's part of the command; the script's own follows. Ranks go through the hosts in their order.

    Processes are not bound to processors: hosts of a job may share a machine here. An option of the user's stands in
    for the one here.
    """
    ours = {
        "--host": ",".join(f"{host}:{mpi.processes_per_host}" for host in hosts),
        "-n": str(mpi.processes_per_host * len(hosts)),
        "--map-by": "slot",
        "--bind-to": "none",
        "--wdir": str(code),
    }
    named = {{"--np": "-n", "--n": "-n", "-c": "-n", "-H": "--host"}.get(word, word) for word in mpi.options}
    kept = [word for name, value in ours.items() if name not in named for word in (name, value)]
    return [str(mpirun), "--allow-run-as-root", "--tag-output", *kept, *mpi.options]
