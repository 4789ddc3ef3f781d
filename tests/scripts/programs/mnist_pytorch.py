"""PyTorch's estimator and its endpoint."""

import sys
from pathlib import Path

import numpy as np
from sagemaker.pytorch import PyTorch
from sdk import accuracy, fit, role, session, size, tell, upload

scripts = Path(sys.argv[1])
data = np.load("digits.npz")
images, labels = data["test_images"][:100], data["test_labels"][:100]
estimator = PyTorch(
    entry_point="mnist.py",
    source_dir=str(scripts / "mnist_pytorch"),
    framework_version="1.6.0",
    py_version="py3",
    role=role,
    sagemaker_session=session,
    hyperparameters={"epochs": 2},
    **size(),
)
log = fit(estimator, {"training": upload("training", "digits.npz")})
predictor = estimator.deploy(1, "ml.m4.xlarge")
found = predictor.predict((images / 255.0).astype("float32"))
predictor.delete_endpoint()
tell(accuracy=accuracy(log), deployed=float((np.argmax(found, axis=1) == labels).mean()))
