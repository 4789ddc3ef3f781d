"""BentoML's service for an XGBoost model, as its guide "XGBoost" has it. Run as a program, it stores the model first.

BENCH_MODEL: the model as XGBoost saves it. Runs in the environment of BentoML.
"""

import os

import bentoml
import numpy as np
import xgboost

NAME = "bench"

if __name__ == "__main__":
    booster = xgboost.Booster()
    booster.load_model(os.environ["BENCH_MODEL"])
    bentoml.xgboost.save_model(NAME, booster)


@bentoml.service(workers="cpu_count")
class Served:
    """`predict`: float32 (rows, features) to float32 (rows,)."""

    stored = bentoml.models.BentoModel(f"{NAME}:latest")

    def __init__(self):
        self.booster = bentoml.xgboost.load_model(self.stored)

    @bentoml.api
    def predict(self, data: np.ndarray) -> np.ndarray:
        return self.booster.predict(xgboost.DMatrix(data))
