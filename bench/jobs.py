"""Requests and small data that several races share."""

import random
import tempfile

from servers import ROLE

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"
BUCKET = "bench-data"
FEATURES = 11
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


def put_data(server, rows=200):
    """Makes the bucket with its one small file."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="train/data.csv", Body=small_csv(rows))


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="sagebrush-bench-")
