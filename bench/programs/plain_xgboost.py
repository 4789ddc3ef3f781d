"""What a user would write with the library alone: `train DATA MODEL`, `predict MODEL ROWS ANSWERS` or `auc MODEL DATA`.

DATA: CSV with the label first. ROWS: CSV without. MODEL: a
pickle of the booster, as SageMaker's is. Runs in the environment of the image of XGBoost.
"""

import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import xgboost

PARAMETERS = {"objective": "binary:logistic", "max_depth": 6, "tree_method": "hist"}
ROUNDS = 100
# The library's own reader of text is the fastest there is for it; it says that it will go.
warnings.filterwarnings("ignore", message=".*Text file input")


def train(data, model):
    rows = xgboost.DMatrix(f"{data}?format=csv&label_column=0")
    Path(model).write_bytes(pickle.dumps(xgboost.train(PARAMETERS, rows, ROUNDS)))


def predict(model, rows, answers):
    booster = pickle.loads(Path(model).read_bytes())
    np.savetxt(answers, booster.predict(xgboost.DMatrix(np.loadtxt(rows, np.float32, delimiter=","))), fmt="%.9g")


def auc(model, data):
    """Area under the ROC curve, by ranks."""
    booster = pickle.loads(Path(model).read_bytes())
    rows = xgboost.DMatrix(f"{data}?format=csv&label_column=0")
    labels = rows.get_label()
    order = booster.predict(rows).argsort(kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    positive = labels == 1
    above = ranks[positive].sum() - positive.sum() * (positive.sum() + 1) / 2
    print(above / (positive.sum() * (~positive).sum()))


if __name__ == "__main__":
    {"train": train, "predict": predict, "auc": auc}[sys.argv[1]](*sys.argv[2:])
