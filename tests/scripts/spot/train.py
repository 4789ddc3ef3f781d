"""Written digits by boosted trees, over interruptions: each round is a checkpoint, and rows are drawn by its number."""

import argparse
import os
import time
from pathlib import Path

import xgboost
from sagemaker_xgboost_container.data_utils import get_dmatrix

CHECKPOINTS = Path("/opt/ml/checkpoints")
# Rounds are so quick here that all would be over before the first interruption.
PAUSE_SECONDS = 0.2


def newest():
    """The model of the last round that is whole, or nothing."""
    return max(CHECKPOINTS.glob("*.ubj"), default=None)


def keep(booster, number):
    half = CHECKPOINTS / ".half.ubj"
    booster.save_model(half)
    half.rename(CHECKPOINTS / f"{number:04}.ubj")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--num_round", type=int)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()

    train = get_dmatrix(os.environ["SM_CHANNEL_TRAIN"], "text/csv")
    settings = {
        "objective": "multi:softmax",
        "num_class": 10,
        "max_depth": 3,
        "subsample": 0.5,
        "nthread": 1,
    }
    found = newest()
    booster = found and xgboost.Booster(model_file=found)
    for number in range(booster.num_boosted_rounds() if booster else 0, args.num_round):
        # A round begins with a model as if loaded: predictions that are kept between rounds are rounded otherwise.
        booster = xgboost.train({**settings, "seed": args.seed + number}, train, 1, xgb_model=booster)
        keep(booster, number)
        print(f"round {number}", flush=True)
        time.sleep(PAUSE_SECONDS)
    booster.save_model(Path(os.environ["SM_MODEL_DIR"]) / "model.json")
