"""Checkpoints of a training job: the model after a round, to go on from when the job is started again.

Names and number of files as of aws/sagemaker-xgboost-container: `xgboost-checkpoint.<round>`, the last five are kept.
"""

import contextlib
import re
import subprocess
import sys
import time

from .fit import Start

NAME = re.compile(r"xgboost-checkpoint\.(\d+)")
KEPT = 5

READ = "import sys, xgboost; xgboost.Booster(model_file=bytearray(sys.stdin.buffer.read()))"

SHARE_OF_TIME = 0.1
"""Saving takes at most so much of the time of training; with short rounds some are not saved."""


class Checkpoints:
    """Saves models into a folder. clock: seconds, as time.monotonic."""

    def __init__(self, folder, clock=time.monotonic):
        self._folder = folder
        self._clock = clock
        self._next = 0.0
        self._saved = None

    def latest(self):
        """Start after the newest checkpoint that can be read; None if there is none."""
        for number, path in sorted(_found(self._folder), reverse=True):
            data = path.read_bytes()
            if not _is_model(data):
                print(
                    f"[WARNING] {path.name} cannot be read as a model of XGBoost; an older one is looked for.",
                    flush=True,
                )
                continue
            self._saved = number
            return Start(data, number + 1)
        return None

    def note(self, booster, number):
        """Saves the model after a round, unless the last save is too recent for its cost."""
        if self._clock() >= self._next:
            self.save(booster, number)

    def save(self, booster, number):
        """Saves the model after a round, unless it has been; a file is whole or not there."""
        if self._saved == number:
            return
        started = self._clock()
        path = self._folder / f"xgboost-checkpoint.{number}"
        beside = self._folder / f".{path.name}.part"
        self._folder.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(booster.save_raw("ubj"))
        beside.rename(path)
        self._saved = number
        for _, old in sorted(_found(self._folder))[:-KEPT]:
            with contextlib.suppress(FileNotFoundError):
                old.unlink()
        ended = self._clock()
        self._next = ended + (ended - started) * (1 - SHARE_OF_TIME) / SHARE_OF_TIME


def _is_model(data):
    """Whether XGBoost can read it; asked in a process of its own, since some broken files abort the one that reads."""
    return (
        subprocess.run([sys.executable, "-c", READ], input=data, stderr=subprocess.DEVNULL, check=False).returncode == 0
    )


def _found(folder):
    """(round, path) of each checkpoint."""
    paths = folder.iterdir() if folder.is_dir() else ()
    return [(int(match[1]), path) for path in paths if (match := NAME.fullmatch(path.name)) and path.is_file()]
