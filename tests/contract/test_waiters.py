"""Every waiter and paginator that boto3 has for SageMaker's operations of 2020 comes to an end, by its model of today
and by that of the time.
"""

import json

import pytest
from botocore.exceptions import ClientError, WaiterError
from botocore.loaders import create_loader
from botocore.waiter import WaiterModel, create_waiter_with_client
from processing_jobs import cluster
from sagemaker_models import OPERATIONS, data_of_2020, newest
from server_process import ROLE
from xgboost_jobs import IMAGE, create_endpoint, create_model, training_request

BUCKET = "waiters"
#: Asked for more often than in earnest; as many times as it may take.
OFTEN = {"Delay": 0.1, "MaxAttempts": 600}
MISSING = "there-is-none"
RELEASES = ("newest", "2020")


def documents(kind):
    """The waiters or paginators of both releases, by release."""
    return {
        release: create_loader(data and str(data)).load_service_model("sagemaker", kind)
        for release, data in (("newest", None), ("2020", data_of_2020()))
    }


@pytest.fixture(scope="module")
def sagemaker(server):
    return server.client("sagemaker", region="eu-contract-3")


@pytest.fixture(scope="module")
def things(server, sagemaker):
    """One of each kind that a waiter looks at, on the way to the state that it waits for."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="train/a.csv", Body=b"0,1.4\n1,4.7\n" * 10)
    sagemaker.create_training_job(**training_request("done", BUCKET, {"num_round": 1}))
    sagemaker.create_training_job(
        **{**training_request("fails", BUCKET, {"num_round": 1}), "HyperParameters": {"num_round": "no"}}
    )
    for name, command in (("done", "true"), ("fails", "false")):
        sagemaker.create_processing_job(
            ProcessingJobName=name,
            ProcessingResources=cluster(),
            AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": [command]},
            RoleArn=ROLE,
        )
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="done", WaiterConfig=OFTEN)
    artifact = sagemaker.describe_training_job(TrainingJobName="done")["ModelArtifacts"]["S3ModelArtifacts"]
    create_model(sagemaker, "done", artifact)
    create_endpoint(sagemaker, "done", "done")
    s3.put_object(Bucket=BUCKET, Key="rows/a.csv", Body=b"1.4\n")
    for name, content in (("done", "text/csv"), ("fails", "application/x-unknown")):
        sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName="done",
            TransformInput={
                "ContentType": content,
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/rows/"}},
            },
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out/"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )
    yield
    sagemaker.delete_endpoint(EndpointName="done")


#: By waiter: what it asks for, and how it ends with what is there, what fails and what is not there.
WAITERS = {
    "TrainingJobCompletedOrStopped": ("TrainingJobName", {"done": "reached", "fails": "Failed", MISSING: "error"}),
    "ProcessingJobCompletedOrStopped": ("ProcessingJobName", {"done": "reached", "fails": "Failed", MISSING: "error"}),
    "TransformJobCompletedOrStopped": ("TransformJobName", {"done": "reached", "fails": "Failed", MISSING: "error"}),
    "EndpointInService": ("EndpointName", {"done": "reached", MISSING: "error"}),
    "EndpointDeleted": ("EndpointName", {MISSING: "reached"}),
    # No notebook instance can be made yet.
    "NotebookInstanceInService": ("NotebookInstanceName", {MISSING: "error"}),
    "NotebookInstanceStopped": ("NotebookInstanceName", {MISSING: "error"}),
    "NotebookInstanceDeleted": ("NotebookInstanceName", {MISSING: "reached"}),
}


def ending(waiter, member, name):
    try:
        waiter.wait(**{member: name}, WaiterConfig=OFTEN)
    except WaiterError as error:
        status = next((value for key, value in error.last_response.items() if key.endswith("Status")), None)
        assert "Max attempts exceeded" not in str(error), error
        return status or "error"
    return "reached"


@pytest.mark.parametrize("release", RELEASES)
def test_every_waiter_ends(release, sagemaker, things):
    model = documents("waiters-2")[release]
    waited = {name for name, waiter in model["waiters"].items() if waiter["operation"] in OPERATIONS}
    assert waited == set(WAITERS)
    found = {
        name: {
            one: ending(create_waiter_with_client(name, WaiterModel(model), sagemaker), member, one) for one in endings
        }
        for name, (member, endings) in WAITERS.items()
    }
    assert found == {name: endings for name, (_, endings) in WAITERS.items()}


@pytest.mark.parametrize("release", RELEASES)
def test_every_paginator_ends(release, sagemaker, things):
    pagination = documents("paginators-1")[release]["pagination"]
    ended = {}
    for operation in sorted(set(pagination) & set(OPERATIONS)):
        given = newest(known=True).minimal(operation)
        method = next(name for name, wire in sagemaker.meta.method_to_api_mapping.items() if wire == operation)
        if operation == "Search":
            given = {"Resource": "TrainingJob"}
        size = 50 if operation == "ListTags" else 1
        try:
            pages = list(sagemaker.get_paginator(method).paginate(**given, PaginationConfig={"PageSize": size}))
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("ResourceNotFound", "ValidationException"), error
            continue
        # The last page of a list that has as many as fit may be empty.
        ended[operation] = len(pages)
    assert ended["ListTrainingJobs"] >= 2, json.dumps(ended)
    assert len(ended) >= 25, json.dumps(ended)
