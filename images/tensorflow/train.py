"""Training as a container: the user's script, with what TensorFlow's distribution strategies read.

Follows aws/sagemaker-tensorflow-training-toolkit.
"""

import dataclasses
import json
import os
import sys
from pathlib import Path

from images.kit.container import model_folder
from images.kit.hyperparameters import INTERNAL
from images.kit.script import training
from images.kit.script.servers import Beside, Server

from .framework import FRAMEWORK, keras_variables

WORKER_PORT, SERVER_PORT, MIRRORED_PORT = 2222, 2223, 8890

PARAMETER_SERVER = Path(__file__).with_name("parameter_server.py")


def train(job, _stop):
    """Runs the job's script. Raises as images.kit.script.training.train."""
    training.train(FRAMEWORK, job, prepare, parameter_servers)
    warn_of_model()


def prepare(wanted, job):
    """Settings and variables of the script: where a tuning job's models go, TF_CONFIG, which Keras."""
    parameters = dict(wanted.hyperparameters)
    if INTERNAL in job.hyperparameters and not str(parameters.get("model_dir", "/opt/ml")).startswith("/opt/ml"):
        # Jobs of one tuning job are given the same folder.
        parameters["model_dir"] = f"{parameters['model_dir']}/{wanted.job_name}/model"
    return dataclasses.replace(wanted, hyperparameters=parameters), {
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1"),
        **keras_variables(),
        **_tf_config(wanted.framework_parameters, job),
    }


def _tf_config(parameters, job):
    hosts = list(job.hosts)
    if len(hosts) > 1 and parameters.get("sagemaker_multi_worker_mirrored_strategy_enabled"):
        return {"TF_CONFIG": json.dumps(mirrored_config(hosts, job.current_host))}
    return {}


def mirrored_config(hosts, current):
    """TF_CONFIG of MultiWorkerMirroredStrategy: every host is a worker, the first of them the chief."""
    return {
        "cluster": {"worker": [f"{host}:{MIRRORED_PORT}" for host in hosts]},
        "environment": "cloud",
        "task": {"index": hosts.index(current), "type": "worker"},
    }


def parameter_servers(_wanted, job):
    """A parameter server beside the script, and TF_CONFIG for both; None on one host, as AWS's toolkit has it."""
    hosts = list(job.hosts)
    if len(hosts) == 1:
        return None
    cluster = server_cluster(hosts)
    number = hosts.index(job.current_host)
    task = {"type": "worker", "index": number - 1} if number > 0 else {"type": "chief", "index": 0}
    config, server_config = (
        json.dumps({"cluster": cluster, "environment": "cloud", "task": each})
        for each in (task, {"type": "ps", "index": number})
    )
    # Two processes of TensorFlow on one GPU would each want all of its memory.
    own = {"TF_CONFIG": server_config, "CUDA_VISIBLE_DEVICES": "-1"}
    return Beside((Server("parameter server", (str(PARAMETER_SERVER),), own),), {"TF_CONFIG": config})


def server_cluster(hosts):
    """The first host is the chief, each other one a worker, and all have a parameter server.

    AWS's toolkit calls the first one `master`, which no strategy of TensorFlow takes any more.
    """
    return {
        "chief": [f"{hosts[0]}:{WORKER_PORT}"],
        "worker": [f"{host}:{WORKER_PORT}" for host in hosts[1:]],
        "ps": [f"{host}:{SERVER_PORT}" for host in hosts],
    }


def warn_of_model():
    """Says in the log when the model that was left cannot be served by the inference image."""
    folder = model_folder()
    saved = [path.parent for path in folder.rglob("saved_model.pb*")]
    if not any(path.is_file() for path in folder.rglob("*")):
        text = f"No model was saved in {folder}; the job has no model to deploy."
    elif not saved:
        text = f"What was saved in {folder} is no SavedModel; TensorFlow's inference image cannot serve it."
    elif not any(path.name.isdigit() for path in saved):
        text = f"The SavedModel is in {saved[0]}; to be served its folder must have a number as name, such as 1."
    else:
        return
    print(f"WARNING: {text}", file=sys.stderr, flush=True)
