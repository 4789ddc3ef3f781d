"""Serving as a container: the handlers of the user's script."""

from images.kit.script import serving

from .framework import FRAMEWORK


def serve():
    """Serves until SIGTERM and returns the exit code."""
    return serving.serve(FRAMEWORK, "scikit_learn")
