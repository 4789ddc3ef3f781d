"""Scripts that run by MPI: estimators of the SageMaker SDKs 1.72, 2.14 and the newest 2.x, on one host and on two."""

import json
import time

import pytest
from hosted_models import an_archive
from own_programs import model_files
from server_process import ROLE, wait_until
from stories import HERE, mnist, tree
from xgboost_jobs import channel, ended_job, lines_by_host

MXNET = "763104351884.dkr.ecr.us-east-1.amazonaws.com/mxnet-training:1.6.0-cpu-py3"
LOGS = "/aws/sagemaker/TrainingJobs"
# The first job of an image installs its environment.
FIRST_SECONDS = 400
# A container has 120 s after SIGTERM; what its processes do with it takes a moment.
STOP_SECONDS = 30


def ranks(hosts, processes, given):
    """What the processes of a run say of themselves, in the order of their ranks."""
    size = hosts * processes
    return [
        {
            "rank": rank,
            "size": size,
            "local": rank % processes,
            "host": f"algo-{rank // processes + 1}",
            "given": given,
            "rows": len(range(rank, 10_000, size)),
            "folder": "/opt/ml/code",
        }
        for rank in range(size)
    ]


@pytest.mark.timeout(1800)
def test_each_sdk_runs_scripts_by_mpi(tell):
    for environment, found in tell("mpi.py", mnist).items():
        frameworks = {"tensorflow", "mxnet"} | ({"pytorch"} if environment == "sagemaker-2" else set())
        assert set(found["two"]) == frameworks, environment
        for told in found["two"].values():
            assert told == {"right": True, "everyone": ranks(2, 2, "oats")}, environment
        assert found["one"] == {"right": True, "everyone": ranks(1, 3, None)}, environment
        raised, left, killed = (found["failures"][way] for way in ("raise", "exit", "kill"))
        assert "(rank 3)" in raised and raised.endswith("ValueError: no seeds for rank 3, exit code: 1"), environment
        assert "(rank 3)" in left and left.endswith("exit code: 7"), environment
        assert "(rank 3)" in killed and killed.endswith("exit code: 137"), environment


@pytest.fixture
def start(client, bucket, fresh, tmp_path):
    """start(hyperparameters): name of a job of the MXNet image on two hosts with two processes each, by boto3."""
    s3, sagemaker = client("s3"), client("sagemaker")

    def run(**hyperparameters):
        name = fresh("mpi")
        s3.put_object(Bucket=bucket, Key=f"{name}/sources.tar.gz", Body=an_archive(**tree(HERE / "mpi")))
        s3.put_object(Bucket=bucket, Key="mpi/digits.npz", Body=(mnist(tmp_path) / "digits.npz").read_bytes())
        values = {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{bucket}/{name}/sources.tar.gz",
            "sagemaker_mpi_enabled": True,
            "sagemaker_mpi_num_of_processes_per_host": 2,
            "sagemaker_mpi_custom_mpi_options": "",
            **hyperparameters,
        }
        sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={"TrainingImage": MXNET, "TrainingInputMode": "File"},
            RoleArn=ROLE,
            HyperParameters={key: json.dumps(value) for key, value in values.items()},
            InputDataConfig=[channel(bucket, "mpi/", "training", "application/x-npy")],
            OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models"},
            ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 5},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
        )
        return name

    return run


@pytest.mark.timeout(FIRST_SECONDS + 200)
def test_processes_of_all_hosts_are_told_to_stop_and_may_save(client, start):
    sagemaker, logs = client("sagemaker"), client("logs")
    name = start(seconds=600)

    def all_are_ready():
        lines = lines_by_host(logs, LOGS, name).get("algo-1", [])
        return all(any(line.endswith(f"rank {rank} is ready") for line in lines) for rank in range(4))

    wait_until(all_are_ready, FIRST_SECONDS, "all ranks are ready")
    sagemaker.stop_training_job(TrainingJobName=name)
    began = time.monotonic()
    job = ended_job(sagemaker, name)
    assert (job["TrainingJobStatus"], time.monotonic() - began < STOP_SECONDS) == ("Stopped", True)
    saved = model_files(client("s3"), job)
    assert {f"stopped-{rank}" for rank in range(4)} | {"mean.npy"} == set(saved)
    assert {content for path, content in saved.items() if path != "mean.npy"} == {b"SIGTERM"}


REFUSED = {
    "a number of processes that is none": ({"sagemaker_mpi_num_of_processes_per_host": "many"}, "processes_per_host"),
    "options that have no end": ({"sagemaker_mpi_custom_mpi_options": "-x 'A=1"}, "custom_mpi_options"),
    "options that mpirun does not know": ({"sagemaker_mpi_custom_mpi_options": "--oats"}, "--oats"),
}


@pytest.mark.timeout(FIRST_SECONDS + 200)
@pytest.mark.parametrize(("hyperparameters", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_launched_fails_the_job_and_says_why(client, start, hyperparameters, text):
    job = ended_job(client("sagemaker"), start(**hyperparameters), FIRST_SECONDS)
    assert (job["TrainingJobStatus"], text in job["FailureReason"]) == ("Failed", True), job["FailureReason"]
