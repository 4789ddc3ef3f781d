"""Training as a container: the user's script, with MXNet's parameter servers where the job asks for them.

Follows aws/sagemaker-mxnet-training-toolkit.
"""

import socket
from pathlib import Path

from images.kit.script import training
from images.kit.script.servers import Beside, Server

from .framework import FRAMEWORK

PORT = "8000"
SERVE = ("-c", "import mxnet")
"""By its role MXNet serves as long as it is being imported."""
RUNNER = ("-P", str(Path(__file__).with_name("run_script.py")))
NAMES = {"scheduler": "scheduler of parameter servers", "server": "parameter server"}


def train(job, _stop):
    """Runs the job's script. Raises as images.kit.script.training.train."""
    training.train(FRAMEWORK, job, beside=parameter_servers)


def parameter_servers(wanted, job):
    """A server on each host, the scheduler on the first one, and the variables by which they and the scripts meet.

    Also on one host. The hyperparameters _ps_port and _ps_verbose change the scheduler's port and how much is logged.
    """
    common = {
        "DMLC_NUM_WORKER": str(len(job.hosts)),
        "DMLC_NUM_SERVER": str(len(job.hosts)),
        "DMLC_PS_ROOT_URI": socket.gethostbyname(job.hosts[0]),
        "DMLC_PS_ROOT_PORT": str(wanted.hyperparameters.get("_ps_port", PORT)),
        "PS_VERBOSE": str(wanted.hyperparameters.get("_ps_verbose", 0)),
        **_address(job),
    }
    roles = ("scheduler", "server") if job.current_host == job.hosts[0] else ("server",)
    return Beside(
        tuple(Server(NAMES[role], SERVE, {**common, "DMLC_ROLE": role}) for role in roles),
        {**common, "DMLC_ROLE": "worker"},
        RUNNER,
    )


def _address(job):
    """How MXNet finds this host's own address. A host alone may have no network at all."""
    if len(job.hosts) == 1:
        return {"DMLC_NODE_HOST": socket.gethostbyname(job.current_host)}
    return {"DMLC_INTERFACE": job.resources.get("network_interface_name", "eth0")}
