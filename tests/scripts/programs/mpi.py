"""Estimators that ask for MPI: on two hosts, on one, and with a process that fails."""

import json
import re
import sys
from pathlib import Path

import sagemaker
from sagemaker.mxnet import MXNet
from sagemaker.pytorch import PyTorch
from sagemaker.tensorflow import TensorFlow
from sdk import DISTRIBUTION, FIRST_GENERATION, failure_reason, fit, role, session, size, tell, upload

scripts = Path(sys.argv[1])
# PyTorch's estimator takes a distribution since the later 2.x.
FRAMEWORKS = {"tensorflow": (TensorFlow, "2.1.0"), "mxnet": (MXNet, "1.6.0")}
if tuple(map(int, sagemaker.__version__.split(".")[:2])) > (2, 14):
    FRAMEWORKS["pytorch"] = (PyTorch, "1.6.0")
training = {"training": upload("mpi", "digits.npz")}


def estimator(framework, hosts, processes, options, **hyperparameters):
    made, version = FRAMEWORKS[framework]
    wanted = {"mpi": {"enabled": True, "processes_per_host": processes, "custom_mpi_options": options}}
    first = {"script_mode": True} if FIRST_GENERATION and framework == "tensorflow" else {}
    return made(
        entry_point="train.py",
        source_dir=str(scripts / "mpi"),
        framework_version=version,
        py_version="py3",
        role=role,
        sagemaker_session=session,
        hyperparameters=hyperparameters,
        **{DISTRIBUTION: wanted},
        **first,
        **size(hosts),
    )


def run(framework, hosts, processes, options=""):
    log = fit(estimator(framework, hosts, processes, options), training)
    return json.loads(re.search(r"FOUND (\{.*\})", log)[1])


def fail(way):
    return failure_reason(estimator("mxnet", 2, 2, "", failing=3, way=way), training)


tell(
    two={name: run(name, 2, 2, "-x GRAIN=oats -bind-to none --NCCL_DEBUG=WARN") for name in FRAMEWORKS},
    one=run("mxnet", 1, 3),
    failures={way: fail(way) for way in ("raise", "exit", "kill")},
)
