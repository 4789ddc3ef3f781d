"""Training jobs of the built-in factorization machines that tell zeros from other digits of MNIST."""

import numpy as np
from mnist import digits
from xgboost_jobs import channel, training_request

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1"
RECORDS = "application/x-recordio-protobuf"
SENT = {
    "feature_dim": 784,
    "num_factors": 8,
    "predictor_type": "binary_classifier",
    "mini_batch_size": 200,
    "factors_lr": 0.001,
}


def zeros(part, count):
    """Pixels from 0 to 1, float32 (count, 784), and whether the digit is a 0, float32 (count,)."""
    pixels, labels = digits(part, count)
    return (pixels / 255).astype(np.float32), (labels == 0).astype(np.float32)


def records_channel(bucket, name, distribution="FullyReplicated"):
    """The channel of the objects below a prefix of its name."""
    return channel(bucket, f"{name}/", name, RECORDS, S3DataDistributionType=distribution)


def machine_request(name, bucket, channels, instances=1, mode="File", kind="ml.m4.xlarge", **sent):
    """Input of CreateTrainingJob. sent: hyperparameters in place of those of SENT or beside them."""
    return training_request(
        name,
        bucket,
        {**SENT, **sent},
        channels,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": mode},
        ResourceConfig={"InstanceType": kind, "InstanceCount": instances, "VolumeSizeInGB": 5},
    )


def metrics_of(job):
    return {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
