"""A training job of a million rows against the library alone on the same file."""

import os
import time
from pathlib import Path

from jobs import BUCKET, temporary_folder, training_job, unpack_model
from large_table import run_plain, write_table
from results import Measure
from servers import Ours

TITLE = "A large training job"
COMPARED = (
    "The built-in XGBoost on 1,000,000 rows of 28 columns (CSV), 100 rounds of depth 6. Ours: from CreateTrainingJob "
    "to Completed, with download, checks of every value, training, upload. Peer: a program of a few lines with the "
    "library and its own reader of CSV, from its start to its end. AUC on 200,000 other rows."
)
ROWS, TEST_ROWS = 1_000_000, 200_000
LIMIT_SECONDS = 600
HYPERPARAMETERS = {
    "objective": "binary:logistic",
    "max_depth": "6",
    "tree_method": "hist",
    "num_round": "100",
}


def run(options):
    python = os.environ["BENCH_XGBOOST_PYTHON"]
    seconds = Measure("1 M rows, 100 rounds, depth 6", "s", "s the library", "≤ 1.05x + 1 s")
    quality = Measure("AUC", "", "the library", "± .001", compare="added", digits=5)
    server = Ours()
    with temporary_folder() as name:
        folder = Path(name)
        try:
            server.start()
            s3 = server.client("s3")
            s3.create_bucket(Bucket=BUCKET)
            write_table(folder / "train.csv", ROWS)
            write_table(folder / "test.csv", TEST_ROWS, seed=1)
            s3.upload_file(str(folder / "train.csv"), BUCKET, "train/train.csv")
            for number in range(options.rounds):
                took, uri = trained(server, f"large-{number}")
                seconds.ours.append(took)
                quality.ours.append(auc_of(python, unpack_model(s3, uri, folder), folder))
                began = time.perf_counter()
                run_plain(python, "train", folder / "train.csv", folder / "plain")
                seconds.theirs.append(time.perf_counter() - began)
                quality.theirs.append(auc_of(python, folder / "plain", folder))
        finally:
            server.close()
    return [seconds, quality]


def trained(server, name):
    """Seconds from the call to the end, and where the model is."""
    sagemaker = server.client("sagemaker")
    request = {**training_job(name), "HyperParameters": HYPERPARAMETERS}
    began = time.perf_counter()
    sagemaker.create_training_job(**request)
    while (job := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] == "InProgress":
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise RuntimeError(f"{name} has not ended within {LIMIT_SECONDS} s")
        time.sleep(0.05)
    if job["TrainingJobStatus"] != "Completed":
        raise RuntimeError(f"{name} is {job['TrainingJobStatus']}: {job.get('FailureReason')}")
    return time.perf_counter() - began, job["ModelArtifacts"]["S3ModelArtifacts"]


def auc_of(python, model, folder):
    return float(run_plain(python, "auc", model, folder / "test.csv"))
