"""Training on two hosts gives what one host gives: users' scripts by the SageMaker SDKs, and the built-in XGBoost."""

import io
import json
import pickle
import tarfile

import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_digits
from stories import mnist
from xgboost_jobs import as_csv, channel, ended_job, lines_by_host, training_request

LOGS = "/aws/sagemaker/TrainingJobs"
# Float64 sums in another order, over some hundred steps.
PYTORCH_TOLERANCE = 1e-12
# Float32 sums in another order, over some hundred steps.
TENSORFLOW_TOLERANCE = 1e-5
XGBOOST_TOLERANCE = 1e-4


def few_digits(folder):
    return mnist(folder, count=4_000)


def are_alike(numbers, times):
    """Whether all are above 0, and none so many times another."""
    return min(numbers) > 0 and max(numbers) < times * min(numbers)


@pytest.mark.timeout(1800)
def test_scripts_of_each_sdk_train_on_two_hosts_what_one_would(tell):
    for environment, found in tell("two_hosts.py", few_digits).items():
        for framework, tolerance in (("pytorch", PYTORCH_TOLERANCE), ("tensorflow", TENSORFLOW_TOLERANCE)):
            told = found[framework]
            where = f"{environment}, {framework}: {told}"
            assert told["difference"] < tolerance < told["largest"] / 100, where
            assert min(told["accuracies"]) > 0.85, where
            assert sorted(busy["host"] for busy in told["busy"]) == ["algo-1", "algo-2"], where
            assert are_alike([busy["cpu"] for busy in told["busy"]], times=4), where
        assert [busy["samples"] for busy in found["pytorch"]["busy"]] == [2 * 62 * 32] * 2, environment
        # Its distribution sets the variable; with the older ones the script does.
        assert found["tensorflow"]["given"] == (environment == "sagemaker-2"), environment


def booster_of(client, job):
    place = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://")
    bucket, key = place.split("/", 1)
    body = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as model:
        return pickle.loads(model.extractfile("xgboost-model").read())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("weight", ["even", "uneven"])
def test_the_built_in_xgboost_trains_on_two_hosts_what_one_would(client, bucket, fresh, weight):
    digits = load_digits()
    rows = np.column_stack([digits.target, digits.data])
    cut = len(rows) // 2 if weight == "even" else len(rows) // 3
    for name, part in (("a", rows[:cut]), ("b", rows[cut:])):
        client("s3").put_object(Bucket=bucket, Key=f"{weight}/{name}.csv", Body=as_csv(part))
    hyperparameters = {
        "num_round": 20,
        "objective": "multi:softprob",
        "num_class": 10,
        "tree_method": "hist",
        "seed": 1,
    }
    boosters = []
    for count in (1, 2):
        name = fresh("hosts")
        request = training_request(
            name,
            bucket,
            hyperparameters,
            [channel(bucket, f"{weight}/", S3DataDistributionType="ShardedByS3Key")],
            ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": count, "VolumeSizeInGB": 5},
        )
        client("sagemaker").create_training_job(**request)
        job = ended_job(client("sagemaker"), name)
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        boosters.append(booster_of(client, job))
    lines = lines_by_host(client("logs"), LOGS, name)
    # The first host speaks for all.
    assert any(f"train: {len(rows)} rows" in line for line in lines["algo-1"])
    alone, together = (booster.predict(xgboost.DMatrix(digits.data)) for booster in boosters)
    assert np.abs(alone - together).max() < XGBOOST_TOLERANCE
    assert (together.argmax(1) == digits.target).mean() > 0.99
    trees = [json.loads(tree) for tree in boosters[1].get_dump(dump_format="json")]
    assert len(trees) == 20 * 10
