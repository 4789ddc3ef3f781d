"""Real data through a job, its artifact, an endpoint and a batch transform: the answers of plain XGBoost."""

import io
import pickle
import tarfile

import numpy as np
import pytest
import xgboost
from sklearn import datasets
from xgboost_jobs import (
    as_csv,
    create_endpoint,
    create_model,
    ended_job,
    ended_transform,
    settled_endpoint,
    training_request,
    transform_request,
)

ROUNDS = 20
CASES = {
    "digits": (datasets.load_digits, {"objective": "multi:softprob", "num_class": 10, "max_depth": 4}),
    "breast cancer": (datasets.load_breast_cancer, {"objective": "binary:logistic", "eta": 0.2, "subsample": 0.8}),
    "diabetes": (datasets.load_diabetes, {"objective": "reg:squarederror", "max_depth": 3, "lambda": 2}),
    "wine": (datasets.load_wine, {"objective": "multi:softprob", "num_class": 3, "min_child_weight": 2}),
}


def plain(parameters, X, y, asked):
    """Predictions of plain XGBoost trained with the same parameters on the same numbers."""
    booster = xgboost.train(parameters, xgboost.DMatrix(X, label=y), num_boost_round=ROUNDS)
    return booster.predict(xgboost.DMatrix(asked))


def numbers(text):
    """Numbers of a CSV reply, of lines or of one line, with or without brackets."""
    return np.array(
        [float(cell) for cell in text.replace("[", "").replace("]", "").replace("\n", ",").split(",") if cell]
    )


@pytest.mark.parametrize("name", CASES)
def test_every_answer_is_that_of_plain_xgboost(name, client, bucket, fresh):
    load, parameters = CASES[name]
    X, y = load(return_X_y=True)
    X = X.astype(np.float32)
    held_out = np.arange(len(X)) % 5 == 0
    asked = X[held_out]
    expected = plain(parameters, X[~held_out], y[~held_out], asked)

    s3, sagemaker, runtime = client("s3"), client("sagemaker"), client("sagemaker-runtime")
    s3.put_object(Bucket=bucket, Key="train/rows.csv", Body=as_csv(np.column_stack([y, X])[~held_out]))
    s3.put_object(Bucket=bucket, Key="asked/rows.csv", Body=as_csv(asked))
    job = fresh("real")
    sagemaker.create_training_job(**training_request(job, bucket, {**parameters, "num_round": ROUNDS}))
    ended = ended_job(sagemaker, job)
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")

    artifact = ended["ModelArtifacts"]["S3ModelArtifacts"]
    body = s3.get_object(Bucket=bucket, Key=artifact.removeprefix(f"s3://{bucket}/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        booster = pickle.load(archive.extractfile("xgboost-model"))
    np.testing.assert_allclose(booster.predict(xgboost.DMatrix(asked)), expected, atol=1e-4)

    create_model(sagemaker, job, artifact)
    create_endpoint(sagemaker, job, job)
    assert settled_endpoint(sagemaker, job)["EndpointStatus"] == "InService"
    reply = runtime.invoke_endpoint(EndpointName=job, ContentType="text/csv", Body=as_csv(asked))
    np.testing.assert_allclose(numbers(reply["Body"].read().decode()), expected.ravel(), atol=1e-4)
    sagemaker.delete_endpoint(EndpointName=job)

    sagemaker.create_transform_job(**transform_request(job, job, bucket, "asked/"))
    transform = ended_transform(sagemaker, job)
    assert transform["TransformJobStatus"] == "Completed", transform.get("FailureReason")
    output = s3.get_object(Bucket=bucket, Key="answers/rows.csv.out")["Body"].read().decode()
    np.testing.assert_allclose(numbers(output), expected.ravel(), atol=1e-4)
