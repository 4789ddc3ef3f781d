"""MNIST through the platform and through plain XGBoost, same parameters: the same error on the test digits."""

import json
import os

import numpy as np
import pytest
import xgboost
from mnist import digits
from xgboost_jobs import create_model, ended_job, ended_transform, training_request, transform_request

PARAMETERS = {"objective": "multi:softmax", "num_class": 10, "max_depth": 5, "eta": 0.2, "subsample": 0.8}
ROUNDS = 10
# All 60,000 in the full suite; the quick one takes a part.
DIGITS = int(os.environ.get("SAGEBRUSH_MNIST_DIGITS", "2000"))
TOLERANCE = 0.002


def as_lines(table):
    return "\n".join(",".join(map(str, row)) for row in table.tolist()).encode()


@pytest.mark.timeout(900)
def test_the_error_on_mnist_is_that_of_plain_xgboost(client, bucket, fresh, record_property):
    pixels, labels = digits("train", DIGITS)
    test_pixels, test_labels = digits("t10k", 10_000)
    booster = xgboost.train(PARAMETERS, xgboost.DMatrix(pixels, label=labels), num_boost_round=ROUNDS)
    plain = np.mean(booster.predict(xgboost.DMatrix(test_pixels)) != test_labels)

    s3, sagemaker = client("s3"), client("sagemaker")
    s3.put_object(Bucket=bucket, Key="train/digits.csv", Body=as_lines(np.column_stack([labels, pixels])))
    s3.put_object(Bucket=bucket, Key="test/digits.csv", Body=as_lines(test_pixels))
    name = fresh("mnist")
    sagemaker.create_training_job(**training_request(name, bucket, {**PARAMETERS, "num_round": ROUNDS}))
    job = ended_job(sagemaker, name, 600)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    create_model(sagemaker, name, job["ModelArtifacts"]["S3ModelArtifacts"])
    sagemaker.create_transform_job(**transform_request(name, name, bucket, "test/"))
    assert ended_transform(sagemaker, name, 300)["TransformJobStatus"] == "Completed"
    lines = s3.get_object(Bucket=bucket, Key="answers/digits.csv.out")["Body"].read().split()
    hosted = np.mean(np.array([float(line) for line in lines]) != test_labels)

    record_property("errors", json.dumps({"plain": plain, "hosted": hosted}))
    print(f"error on 10,000 test digits, {DIGITS} to train on: plain {plain:.4f}, hosted {hosted:.4f}")
    assert abs(hosted - plain) <= TOLERANCE
