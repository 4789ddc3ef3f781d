"""Iris flowers by a random forest: a script as its users write it for scikit-learn's estimator."""

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from botany import SPECIES
from sklearn.ensemble import RandomForestClassifier


def read(folder):
    table = pd.concat([pd.read_csv(file, header=None) for file in sorted(Path(folder).glob("*.csv"))])
    return table.iloc[:, 1:].to_numpy(), table.iloc[:, 0].astype(int)


def model_fn(model_dir):
    return joblib.load(Path(model_dir) / "model.joblib")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--trees", type=int, default=10)
    parser.add_argument("--max-depth", type=int)
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output-data-dir", default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--test", default=os.environ.get("SM_CHANNEL_TEST"))
    args = parser.parse_args()

    model = RandomForestClassifier(args.trees, max_depth=args.max_depth, random_state=1).fit(*read(args.train))
    print(f"accuracy={model.score(*read(args.test)):.4f};")
    print(f"species={','.join(SPECIES)}")
    (Path(args.output_data_dir) / "importances.txt").write_text(repr(model.feature_importances_))
    joblib.dump(model, Path(args.model_dir) / "model.joblib")
