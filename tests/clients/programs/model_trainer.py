"""Train on a real data set with the third generation of the SageMaker SDK, as in its own notebooks. Nothing names an
endpoint. Prints what the log showed and what became of the job."""

import io
import json
import logging
from pathlib import Path

import numpy as np
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.shapes import StoppingCondition
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.train import ModelTrainer
from sklearn.datasets import load_breast_cancer

session = Session()
calls = []
session.boto_session.events.register("before-call", lambda model, **_: calls.append(model.name))
features, labels = load_breast_cancer(return_X_y=True)
np.savetxt("train.csv", np.column_stack([labels, features]), delimiter=",", fmt="%g")

trainer = ModelTrainer(
    sagemaker_session=session,
    training_image=image_uris.retrieve("xgboost", session.boto_region_name, "1.0-1"),
    role=get_execution_role(session),
    base_job_name="model-trainer",
    compute=Compute(instance_type="ml.m4.xlarge", instance_count=1, volume_size_in_gb=5),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    hyperparameters={"objective": "binary:logistic", "num_round": "5"},
)
# A local file goes to the default bucket, which is made if it is not there.
channel = InputData(channel_name="train", data_source=str(Path("train.csv").resolve()), content_type="text/csv")
# The SDK shows the log of a job as lines of its own.
shown = io.StringIO()
logging.basicConfig(level=logging.INFO, stream=shown, format="%(message)s")
trainer.train([channel], wait=True, logs=True)

job = trainer._latest_training_job.refresh()
artifact = job.model_artifacts.s3_model_artifacts
bucket, key = artifact.removeprefix("s3://").split("/", 1)
head = session.boto_session.client("s3").head_object(Bucket=bucket, Key=key)
print(
    json.dumps(
        {
            "role": trainer.role,
            "checked": sorted({"GetRole", "SimulatePrincipalPolicy"} & set(calls)),
            "status": job.training_job_status,
            "rounds": shown.getvalue().count("#011train-logloss:"),
            "bucket": bucket == session.default_bucket(),
            "artifact": [key.rsplit("/", 1)[-1], head["ContentLength"] > 0],
        }
    )
)
