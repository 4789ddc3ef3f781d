"""SageMaker's operations of September 2020, by the newest botocore's model and by that of the time."""

import functools

from foreign_clients import python_of
from negative_cases import Service
from server_process import ROLE, ROOT
from xgboost_jobs import IMAGE

_LISTED = (ROOT / "contract/sagemaker/operations.txt").read_text().splitlines()
OPERATIONS = [name for line in _LISTED if (name := line.split("#")[0].strip())]

#: What a caller of this server has: the rest of a request must not be refused before the member that is missing.
KNOWN = {
    "RoleArn": ROLE,
    "ContainerImage": IMAGE,
    "AlgorithmImage": IMAGE,
    "ImageUri": IMAGE,
    "DomainId": "d-1",
    "S3Uri": "s3://nowhere/at-all",
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    "ProcessingLocalPath": "/opt/ml/processing/a",
    "GitConfigUrl": "https://example.com/models.git",
    "ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/a",
    "HumanTaskUiArn": "arn:aws:sagemaker:us-east-1:123456789012:human-task-ui/a",
    "TrainingInstanceTypes": ["ml.m4.xlarge"],
    "ContentTypes": ["text/csv"],
    "ResponseMIMETypes": ["text/csv"],
}


@functools.cache
def newest(*, known=False):
    """`known`: inputs hold what this server has."""
    return Service("sagemaker", known=KNOWN if known else None)


@functools.cache
def python_of_2020():
    """An interpreter that has boto3 1.15.9."""
    return python_of("sagemaker-2020")


@functools.cache
def data_of_2020():
    """Folder of its botocore's models."""
    return next(python_of_2020().parent.parent.glob("lib/python*/site-packages/botocore/data"))


@functools.cache
def of_2020():
    return Service("sagemaker", data_of_2020(), KNOWN)
