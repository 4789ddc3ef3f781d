"""Serving as a container: SavedModels behind TensorFlow Serving's REST bodies, or a script's handlers before them."""

import os

from images.kit.script import serving

from . import handlers
from .framework import FRAMEWORK


def serve():
    """Serves until SIGTERM and returns the exit code.

    One worker unless told otherwise: TensorFlow uses all CPUs for one request, and each worker holds the model.
    """
    workers = os.environ.get("SAGEMAKER_TFS_INSTANCE_COUNT") or 1
    return serving.serve(FRAMEWORK, "tensorflow", handlers.load, int(workers))
