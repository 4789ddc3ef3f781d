"""Estimators that ask for parameter servers on two hosts: they train, and one fails."""

import json
import re
import sys
from pathlib import Path

from sagemaker.mxnet import MXNet
from sagemaker.tensorflow import TensorFlow
from sdk import DISTRIBUTION, FIRST_GENERATION, accuracy, failure_reason, fit, role, session, size, tell, upload

scripts = Path(sys.argv[1])
training = {"training": upload("servers", "digits.npz")}
SERVERS = {"parameter_server": {"enabled": True}}


SCRIPTS = {
    "sessions": (TensorFlow, "2.1.0", "servers/train_sessions.py"),
    "coordinator": (TensorFlow, "2.1.0", "servers/train_coordinator.py"),
    "gluon": (MXNet, "1.6.0", "two_hosts/train_mxnet.py"),
}


def estimator(name, **hyperparameters):
    made, version, script = SCRIPTS[name]
    path = scripts / script
    return made(
        entry_point=path.name,
        source_dir=str(path.parent),
        framework_version=version,
        py_version="py3",
        role=role,
        sagemaker_session=session,
        hyperparameters=hyperparameters,
        **{DISTRIBUTION: SERVERS},
        **({"script_mode": True} if FIRST_GENERATION and made is TensorFlow else {}),
        **size(2),
    )


def run(name, **hyperparameters):
    log = fit(estimator(name, **hyperparameters), training)
    return {
        "accuracy": accuracy(log),
        "busy": [json.loads(line) for line in re.findall(r"BUSY (\{.*?\})", log)],
        "places": [json.loads(line) for line in re.findall(r"PLACES (\[.*\])", log)],
    }


def fail(name, worker):
    return failure_reason(estimator(name, failing=worker), training)


tell(
    sessions=run("sessions"),
    coordinator=run("coordinator"),
    gluon=run("gluon", store="dist_async"),
    failures={name: fail(name, worker) for worker, name in enumerate(("gluon", "sessions"))},
)
