"""Training on two hosts gives what one host gives: users' scripts by the SageMaker SDKs, and the built-in XGBoost."""

import io
import json
import pickle
import time

import numpy as np
import pytest
import xgboost
from hosted_models import an_archive
from own_programs import model_files
from server_process import ROLE, wait_until
from sklearn.datasets import load_digits
from stories import HERE, mnist, tree
from xgboost_jobs import as_csv, channel, ended_job, lines_by_host, training_request

TENSORFLOW = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.1.0-cpu-py3"
# The first job of an image installs its environment.
FIRST_SECONDS = 400
# Scripts that save when they are told to stop need a moment, with several on two processors.
STOP_SECONDS = 30
LOGS = "/aws/sagemaker/TrainingJobs"
# Float64 sums in another order, over some hundred steps.
PYTORCH_TOLERANCE = 1e-12
# Float32 sums in another order, over some hundred steps.
TENSORFLOW_TOLERANCE = 1e-5
MXNET_TOLERANCE = 1e-5
XGBOOST_TOLERANCE = 1e-4
TOLERANCES = {
    "pytorch": PYTORCH_TOLERANCE,
    "tensorflow": TENSORFLOW_TOLERANCE,
    "mxnet": MXNET_TOLERANCE,
    "xgboost": XGBOOST_TOLERANCE,
}


def few_digits(folder):
    return mnist(folder, count=4_000)


def are_alike(numbers, times):
    """Whether all are above 0, and none so many times another."""
    return min(numbers) > 0 and max(numbers) < times * min(numbers)


@pytest.mark.timeout(1800)
def test_scripts_of_each_sdk_train_on_two_hosts_what_one_would(tell):
    for environment, found in tell("two_hosts.py", few_digits).items():
        for framework, tolerance in TOLERANCES.items():
            told = found[framework]
            where = f"{environment}, {framework}: {told}"
            assert told["difference"] < tolerance < told["largest"] / 100, where
            assert min(told["accuracies"]) > 0.85, where
            assert sorted(busy["host"] for busy in told["busy"]) == ["algo-1", "algo-2"], where
            assert are_alike([busy["cpu"] for busy in told["busy"]], times=4), where
        assert [busy["samples"] for busy in found["pytorch"]["busy"]] == [2 * 62 * 32] * 2, environment
        assert [busy["samples"] for busy in found["xgboost"]["busy"]] == [2_000] * 2, environment
        assert sorted(busy["rank"] for busy in found["mxnet"]["busy"]) == [0, 1], environment
        # Its distribution sets the variable; with the older ones the script does.
        assert found["tensorflow"]["given"] == (environment == "sagemaker-2"), environment


@pytest.mark.timeout(1800)
def test_each_sdk_trains_with_parameter_servers(tell):
    for environment, found in tell("servers.py", few_digits).items():
        sessions, coordinator, gluon = (found[name] for name in ("sessions", "coordinator", "gluon"))
        # Hosts that do not wait for each other: no two runs are alike, and all have learned.
        for told, steps in ((sessions, 400), (gluon, 300)):
            assert told["accuracy"] > 0.8, environment
            assert {busy["host"]: busy["steps"] for busy in told["busy"]} == {"algo-1": steps, "algo-2": steps}
        assert sessions["places"] == [["/job:ps/task:0", "/job:ps/task:1"]] * 2, environment
        assert coordinator["accuracy"] > 0.8, environment
        assert [f"/job:ps/replica:0/task:{n}/device:CPU:0" for n in (0, 1)] == coordinator["places"][0], environment
        for worker, name in enumerate(("gluon", "sessions")):
            reason = found["failures"][name]
            assert reason.startswith("AlgorithmError: ExecuteUserScriptError:"), reason
            assert reason.endswith(f"ValueError: no seeds for worker {worker}, exit code: 1"), reason


@pytest.mark.timeout(FIRST_SECONDS + 200)
def test_a_stop_lets_the_scripts_save_what_the_parameter_servers_hold(client, bucket, fresh, tmp_path):
    s3, sagemaker, name = client("s3"), client("sagemaker"), fresh("servers")
    s3.put_object(Bucket=bucket, Key=f"{name}/sources.tar.gz", Body=an_archive(**tree(HERE / "servers")))
    s3.put_object(Bucket=bucket, Key="servers/digits.npz", Body=(few_digits(tmp_path) / "digits.npz").read_bytes())
    values = {
        "sagemaker_program": "train_sessions.py",
        "sagemaker_submit_directory": f"s3://{bucket}/{name}/sources.tar.gz",
        "sagemaker_parameter_server_enabled": True,
        "steps": 50,
        "seconds": 600,
    }
    sagemaker.create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={"TrainingImage": TENSORFLOW, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        HyperParameters={key: json.dumps(value) for key, value in values.items()},
        InputDataConfig=[channel(bucket, "servers/", "training", "application/x-npy")],
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models"},
        ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 5},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )

    def are_ready():
        lines = [line for host in lines_by_host(client("logs"), LOGS, name).values() for line in host]
        return all(f"worker {worker} is ready" in lines for worker in (0, 1))

    wait_until(are_ready, FIRST_SECONDS, "both workers are ready")
    sagemaker.stop_training_job(TrainingJobName=name)
    began = time.monotonic()
    job = ended_job(sagemaker, name)
    assert (job["TrainingJobStatus"], time.monotonic() - began < STOP_SECONDS) == ("Stopped", True)
    saved = model_files(s3, job)
    arrays = [np.load(io.BytesIO(saved[f"stopped-{worker}.npz"])).files for worker in (0, 1)]
    assert [len(names) for names in arrays] == [4, 4]


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
        boosters.append(pickle.loads(model_files(client("s3"), job)["xgboost-model"]))
    lines = lines_by_host(client("logs"), LOGS, name)
    # The first host speaks for all.
    assert any(f"train: {len(rows)} rows" in line for line in lines["algo-1"])
    alone, together = (booster.predict(xgboost.DMatrix(digits.data)) for booster in boosters)
    assert np.abs(alone - together).max() < XGBOOST_TOLERANCE
    assert (together.argmax(1) == digits.target).mean() > 0.99
    trees = [json.loads(tree) for tree in boosters[1].get_dump(dump_format="json")]
    assert len(trees) == 20 * 10
