"""Serving as a container: SavedModels behind TensorFlow Serving's REST bodies, or a script's handlers before them."""

import os

from images.kit.script import serving

from . import handlers
from .framework import FRAMEWORK


def serve():
    """Serves until SIGTERM and returns the exit code.

    One worker unless told otherwise: TensorFlow uses all CPUs for one request, and each worker holds the model.
    """
    names = ("SAGEMAKER_MODEL_SERVER_WORKERS", "SAGEMAKER_TFS_INSTANCE_COUNT")
    workers = next((int(os.environ[name]) for name in names if os.environ.get(name)), 1)
    return serving.serve(FRAMEWORK, "tensorflow", handlers.load, workers)
