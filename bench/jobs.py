"""Requests and small data that several races share."""

import random
import tarfile
import tempfile
import time

from servers import ROLE

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"
BUCKET = "bench-data"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
FEATURES = 11
JOB_SECONDS = 60
HYPERPARAMETERS = {"objective": "reg:squarederror", "num_round": "5", "max_depth": "4"}


def small_csv(rows, seed=0):
    """Label and features of so many rows; a fixed seed, since only the time matters."""
    chance = random.Random(seed)
    return "\n".join(",".join(f"{chance.random():.6f}" for _ in range(FEATURES + 1)) for _ in range(rows)).encode()


def training_job(name, **hyperparameters):
    """Input of CreateTrainingJob: the built-in XGBoost on `train/` of the bucket."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/train/"}
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "HyperParameters": {**HYPERPARAMETERS, **hyperparameters},
        "InputDataConfig": [
            {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


def first_line(server, request, seconds, words=""):
    """Runs the job of the request: milliseconds from the call to its first line that has the words, and to its end.

    The time of a line is the server's, when it reads the line. Raises RuntimeError unless the job completes in time.
    """
    sagemaker, logs, name = server.client("sagemaker"), server.client("logs"), request["TrainingJobName"]
    began = time.time()
    sagemaker.create_training_job(**request)
    while (job := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] == "InProgress":
        if time.time() - began > seconds:
            raise RuntimeError(f"{name} has not ended within {seconds} s: {job}")
        time.sleep(0.02)
    if job["TrainingJobStatus"] != "Completed":
        raise RuntimeError(f"{name} is {job['TrainingJobStatus']}: {job.get('FailureReason')}")
    stream = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")["logStreams"][0]
    events = logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"], startFromHead=True)
    line = next(event for event in events["events"] if words in event["message"])
    return line["timestamp"] - began * 1000, (job["TrainingEndTime"].timestamp() - began) * 1000


def put_data(server, rows=200):
    """Makes the bucket with its one small file."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="train/data.csv", Body=small_csv(rows))


def create_small_model(server, name):
    """Trains on the small file, makes a model of that name, and gives the address of its archive."""
    sagemaker = server.client("sagemaker")
    sagemaker.create_training_job(**training_job(name))
    deadline = time.monotonic() + JOB_SECONDS
    while (job := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] != "Completed":
        if job["TrainingJobStatus"] != "InProgress" or time.monotonic() > deadline:
            raise RuntimeError(
                f"the job that makes the model is {job['TrainingJobStatus']}: {job.get('FailureReason')}"
            )
        time.sleep(0.05)
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    create_model(server, name, artifact)
    return artifact


def create_model(server, name, artifact):
    container = {"Image": IMAGE, "ModelDataUrl": artifact}
    server.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)


def unpack_model(s3, uri, folder):
    """Path of the model in the archive at the URI, unpacked into the folder."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    archive = folder / "model.tar.gz"
    s3.download_file(bucket, key, str(archive))
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    return folder / "xgboost-model"


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="sagebrush-bench-")
