"""Starts an image's training or serving, at once or as a spare that has done its imports and waits for its job."""

import importlib
import sys

from . import spare

USAGE = "usage: python -m images.kit IMAGE train|serve"


def main(arguments):
    """Runs `IMAGE train` or `IMAGE serve` and returns the exit code. A task's modules are imported only for it."""
    if spare.is_wanted():
        for task in TASKS.values():
            task(arguments[0])
        wanted = spare.wait(sys.stdin.fileno())
        if wanted is None:
            return spare.EXIT_GIVEN_UP
        arguments = [arguments[0], *wanted]
    if len(arguments) != 2 or arguments[1] not in TASKS:
        print(f"{USAGE}, got {arguments}", file=sys.stderr)
        return 2
    image, name = arguments
    return TASKS[name](image)()


def _train(image):
    from .train import run_training

    module = importlib.import_module(f"images.{image}.train")
    return lambda: run_training(module.train)


def _serve(image):
    from .serve import run_serving

    module = importlib.import_module(f"images.{image}.serve")
    # An image whose users' code answers has its own way to serve.
    return getattr(module, "serve", None) or (lambda: run_serving(module.load))


TASKS = {"train": _train, "serve": _serve}
"""Task to a function that does its imports and returns what runs it."""
