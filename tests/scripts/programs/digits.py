"""XGBoost's estimator with a script of the user's, and its model."""

import csv
import sys
from pathlib import Path

import numpy as np
from sagemaker.xgboost import XGBoost, XGBoostModel
from sdk import FIRST_GENERATION, accuracy, fit, role, session, size, tell, upload

scripts = Path(sys.argv[1])
rows = np.array([[float(cell) for cell in row] for row in csv.reader(Path("test.csv").read_text().splitlines())])
labels, features = rows[:, 0], rows[:, 1:]
common = {"framework_version": "1.0-1", "py_version": "py3", "role": role, "sagemaker_session": session}

estimator = XGBoost(
    entry_point="train.py",
    source_dir=str(scripts / "digits"),
    hyperparameters={"num_round": 20, "max_depth": 5},
    **common,
    **size(),
)
log = fit(estimator, {"train": upload("train", "train.csv"), "validation": upload("test", "test.csv")})
predictor = estimator.deploy(1, "ml.m4.xlarge")
if FIRST_GENERATION:
    predicted = predictor.predict(features)
else:
    from sagemaker.serializers import CSVSerializer

    predictor.serializer = CSVSerializer()
    predicted = predictor.predict(features)
predicted = np.array(predicted, dtype=float).reshape(-1)
predictor.delete_endpoint()

model = XGBoostModel(
    model_data=estimator.model_data, entry_point=str(scripts / "digits/train.py"), model_server_workers=1, **common
)
other = model.deploy(1, "ml.m4.xlarge")
if not FIRST_GENERATION:
    other.serializer = CSVSerializer()
again = np.array(other.predict(features[:5]), dtype=float).reshape(-1)
other.delete_endpoint()

tell(
    accuracy=accuracy(log),
    rounds="[19]" in log,
    deployed=float((predicted == labels).mean()),
    same=again.tolist() == predicted[:5].tolist(),
)
