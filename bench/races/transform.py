"""A batch transform of a million rows against a plain script that predicts the same file with the same model."""

import os
import time
from pathlib import Path

from jobs import BUCKET, IMAGE, temporary_folder, unpack_model
from large_table import run_plain, write_table
from races.train import trained
from results import Measure
from servers import ROLE, Ours

TITLE = "A large batch transform"
COMPARED = (
    "1,000,000 rows of 28 columns (CSV), a model of 100 rounds. Ours: from CreateTransformJob to Completed, "
    "MultiRecord, split and assembled by lines. Peer: a script that reads the file with numpy, predicts and writes."
)
ROWS, TRAINING_ROWS = 1_000_000, 100_000
LIMIT_SECONDS = 600


def run(options):
    python = os.environ["BENCH_XGBOOST_PYTHON"]
    measure = Measure("rows per second", "/s", "/s a plain script", "≥ 0.7x")
    server = Ours()
    with temporary_folder() as name:
        folder = Path(name)
        try:
            server.start()
            s3, sagemaker = server.client("s3"), server.client("sagemaker")
            s3.create_bucket(Bucket=BUCKET)
            write_table(folder / "train.csv", TRAINING_ROWS)
            write_table(folder / "rows.csv", ROWS, seed=2, labels=False)
            s3.upload_file(str(folder / "train.csv"), BUCKET, "train/train.csv")
            s3.upload_file(str(folder / "rows.csv"), BUCKET, "rows/rows.csv")
            _, uri = trained(server, "model")
            model = unpack_model(s3, uri, folder)
            container = {"Image": IMAGE, "ModelDataUrl": uri}
            sagemaker.create_model(ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer=container)
            for number in range(options.rounds):
                measure.ours.append(ROWS / transformed(sagemaker, f"large-{number}"))
                began = time.perf_counter()
                run_plain(python, "predict", model, folder / "rows.csv", folder / "answers")
                measure.theirs.append(ROWS / (time.perf_counter() - began))
            compare(s3, folder)
        finally:
            server.close()
    return [measure]


def transformed(sagemaker, name):
    """Seconds from the call to the end."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/rows/"}}
    began = time.perf_counter()
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName="model",
        BatchStrategy="MultiRecord",
        TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/answers", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    while (job := sagemaker.describe_transform_job(TransformJobName=name))["TransformJobStatus"] == "InProgress":
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise RuntimeError(f"{name} has not ended within {LIMIT_SECONDS} s")
        time.sleep(0.05)
    if job["TransformJobStatus"] != "Completed":
        raise RuntimeError(f"{name} is {job['TransformJobStatus']}: {job.get('FailureReason')}")
    return time.perf_counter() - began


def compare(s3, folder):
    """Fails unless both gave the same answers, in order."""
    s3.download_file(BUCKET, "answers/rows.csv.out", str(folder / "ours"))
    ours, plain = ((folder / name).read_text().split() for name in ("ours", "answers"))
    if len(ours) != len(plain) or any(abs(float(a) - float(b)) > 1e-5 for a, b in zip(ours, plain, strict=True)):
        raise RuntimeError("the transform's answers are not those of the plain script")
