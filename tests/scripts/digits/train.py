"""Written digits by boosted trees: a script for XGBoost's estimator, with what AWS's container offers to import."""

import argparse
import os
import pickle
from pathlib import Path

import xgboost
from sagemaker_xgboost_container.data_utils import get_dmatrix


def model_fn(model_dir):
    return pickle.loads((Path(model_dir) / "xgboost-model").read_bytes())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--max_depth", type=int, default=4)
    parser.add_argument("--eta", type=float, default=0.3)
    parser.add_argument("--num_round", type=int, default=10)
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    args = parser.parse_args()

    train = get_dmatrix(args.train, "text/csv")
    validation = get_dmatrix(args.validation, "text/csv")
    settings = {"max_depth": args.max_depth, "eta": args.eta, "objective": "multi:softmax", "num_class": 10}
    watched = [(train, "train"), (validation, "validation")]
    booster = xgboost.train(settings, train, args.num_round, evals=watched)
    right = (booster.predict(validation) == validation.get_label()).mean()
    print(f"accuracy={right:.4f};")
    (Path(args.model_dir) / "xgboost-model").write_bytes(pickle.dumps(booster))
