"""The same training on one host and on two, by the estimators of PyTorch, TensorFlow, XGBoost and MXNet."""

import io
import json
import re
import sys
import tarfile
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import sagemaker
from sagemaker.mxnet import MXNet
from sagemaker.pytorch import PyTorch
from sagemaker.tensorflow import TensorFlow
from sagemaker.xgboost import XGBoost
from sdk import DISTRIBUTION, FIRST_GENERATION, accuracy, fit, role, session, size, tell, upload

scripts = Path(sys.argv[1])
training = {"training": upload("two_hosts", "digits.npz")}
NEWEST = tuple(map(int, sagemaker.__version__.split(".")[:2])) > (2, 14)
MIRRORED = {"distribution": {"multi_worker_mirrored_strategy": {"enabled": True}}}
SERVERS = {DISTRIBUTION: {"parameter_server": {"enabled": True}}}


def weights(estimator):
    place = urlsplit(estimator.model_data)
    s3 = session.boto_session.client("s3")
    body = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as model:
        arrays = np.load(io.BytesIO(model.extractfile("weights.npz").read()))
        return {name: arrays[name] for name in arrays.files}


def train(framework, hosts):
    """The log and the weights of a training on so many hosts."""
    made, version, more = {
        "pytorch": (PyTorch, "1.6.0", {}),
        "tensorflow": (
            TensorFlow,
            "2.9.2" if NEWEST else "2.1.0",
            (MIRRORED if NEWEST and hosts > 1 else {}) | ({"script_mode": True} if FIRST_GENERATION else {}),
        ),
        "xgboost": (XGBoost, "1.0-1", {}),
        "mxnet": (MXNet, "1.6.0", SERVERS),
    }[framework]
    estimator = made(
        entry_point=f"train_{framework}.py",
        source_dir=str(scripts / "two_hosts"),
        framework_version=version,
        py_version="py39" if version == "2.9.2" else "py3",
        role=role,
        sagemaker_session=session,
        **more,
        **size(hosts),
    )
    return fit(estimator, training), weights(estimator)


def compare(framework):
    (alone_log, alone), (log, together) = train(framework, 1), train(framework, 2)
    return {
        "difference": max(float(np.abs(alone[name] - together[name]).max()) for name in alone),
        "largest": max(float(np.abs(alone[name]).max()) for name in alone),
        "accuracies": [accuracy(alone_log), accuracy(log)],
        "busy": [json.loads(line) for line in re.findall(r"BUSY (\{.*?\})", log)],
        "given": "TF_CONFIG was given" in log,
    }


tell(**{framework: compare(framework) for framework in sys.argv[2:] or ("pytorch", "tensorflow", "xgboost", "mxnet")})
