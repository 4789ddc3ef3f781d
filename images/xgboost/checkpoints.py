"""The booster as training goes on, in the folder that the platform keeps in step with S3: a job that is interrupted,
or a later one with the same folder, goes on from the last round.

Follows the SageMaker developer guide, "Use Checkpoints in Amazon SageMaker"; files are named as the built-in algorithm
names them, `xgboost-checkpoint.12`, by the number of the round from 0.
"""

import re
import time

from images.kit.errors import UserError

from . import model

NAME = "xgboost-checkpoint"
KEPT = 5
"""Checkpoints of this container that stay in its folder; in S3 all of them do."""
PAUSE = 9
"""Between two checkpoints, so many times what writing one takes: a booster is written whole, and grows."""


class Checkpoints:
    """folder: Path, or None for a job without checkpoints."""

    def __init__(self, folder):
        self._folder = folder
        self._saved = []
        self._next_at = 0.0

    def latest(self):
        """The Booster of the last round there is, or None. Raises UserError if its file holds no model."""
        numbers = []
        if self._folder is not None and self._folder.is_dir():
            found = (re.fullmatch(rf"{NAME}\.(\d+)", path.name) for path in self._folder.iterdir())
            numbers = [int(match[1]) for match in found if match]
        if not numbers:
            return None
        path = self._path(max(numbers))
        try:
            booster = model.load(path.read_bytes())
        except UserError as error:
            raise UserError(f"The checkpoint {path.name} cannot be used: {error}") from error
        print(f"[INFO] going on from {path.name}: {booster.num_boosted_rounds()} rounds", flush=True)
        return booster

    def after_round(self, booster, number):
        """Writes the checkpoint of a round, unless writing them would take more than a tenth of the time."""
        began = time.monotonic()
        if self._folder is None or began < self._next_at:
            return
        self._save(booster, number)
        ended = time.monotonic()
        self._next_at = ended + PAUSE * (ended - began)

    def after_training(self, booster):
        """Writes the checkpoint of the last round, if it has none."""
        number = booster.num_boosted_rounds() - 1
        if self._folder is not None and number > max(self._saved, default=-1):
            self._save(booster, number)

    def _save(self, booster, number):
        """Whole or not at all; one of long ago is removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        half = self._folder / f".{NAME}"
        half.write_bytes(model.dump(booster))
        half.replace(self._path(number))
        self._saved.append(number)
        if len(self._saved) > KEPT:
            self._path(self._saved.pop(0)).unlink(missing_ok=True)

    def _path(self, number):
        return self._folder / f"{NAME}.{number}"
