"""Training as a container: the user's script, with what TensorFlow's distribution strategies read.

Follows aws/sagemaker-tensorflow-training-toolkit.
"""

import dataclasses
import json
import os
import sys

from images.kit.container import model_folder
from images.kit.errors import UserError
from images.kit.hyperparameters import INTERNAL
from images.kit.script import training

from .framework import FRAMEWORK, keras_variables

WORKER_PORT, SERVER_PORT, MIRRORED_PORT = 2222, 2223, 8890


def train(job, _stop):
    """Runs the job's script. Raises as images.kit.script.training.train."""
    training.train(FRAMEWORK, job, prepare)
    warn_of_model()


def prepare(wanted, job):
    """Settings and variables of the script: where a tuning job's models go, TF_CONFIG, which Keras.

    Raises UserError for what is not built.
    """
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
    if len(hosts) == 1:
        return {}
    if parameters.get("sagemaker_multi_worker_mirrored_strategy_enabled"):
        return {"TF_CONFIG": json.dumps(mirrored_config(hosts, job.current_host))}
    if parameters.get("sagemaker_parameter_server_enabled"):
        raise UserError("Parameter servers on several hosts are not yet available in Sagebrush.")
    return {}


def mirrored_config(hosts, current):
    """TF_CONFIG of MultiWorkerMirroredStrategy: every host is a worker, the first of them the chief."""
    return {
        "cluster": {"worker": [f"{host}:{MIRRORED_PORT}" for host in hosts]},
        "environment": "cloud",
        "task": {"index": hosts.index(current), "type": "worker"},
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
