"""A disk below its reserve: new work is refused with a clear error, and everything else goes on."""

import pytest
from botocore.exceptions import ClientError
from kept_model import ROWS, keep_model
from server_process import ServerProcess, wait_until
from xgboost_jobs import (
    create_endpoint,
    ended_job,
    log_lines,
    settled_endpoint,
    training_request,
    transform_request,
)

# A reserve of a billion megabytes: every disk is below it.
FULL = ["--disk-reserve-mb", str(10**9)]
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
UNTIL_STOPPED = "echo weights >/opt/ml/model/weights; echo begun; trap 'exit 0' TERM; while :; do sleep 0.1; done"


@pytest.fixture(scope="module")
def full():
    """A server whose disk fell below its reserve while the endpoint `serving` answered and the job `running` ran."""
    server = ServerProcess()
    server.start()
    sagemaker = server.client("sagemaker")
    keep_model(server)
    create_endpoint(sagemaker, "serving", "model")
    assert settled_endpoint(sagemaker, "serving")["EndpointStatus"] == "InService"
    request = training_request("running", "kept", {})
    request["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["/bin/sh", "-c"],
        "ContainerArguments": [UNTIL_STOPPED],
    }
    sagemaker.create_training_job(**request)
    wait_until(lambda: has_begun(server, "running"), 60, "the program has begun")
    server.kill()
    server.arguments = FULL
    server.start()
    yield server
    server.close()


def has_begun(server, name):
    logs = server.client("logs")
    streams = logs.describe_log_streams(logGroupName=TRAINING_LOGS, logStreamNamePrefix=f"{name}/")["logStreams"]
    return bool(streams) and "begun" in log_lines(logs, TRAINING_LOGS, f"{name}/")


def secondary_status(sagemaker, name):
    return sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"]


def refusal(call, **arguments):
    """Status, code and message that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_no_body_is_taken_and_all_else_goes_on(full):
    s3 = full.client("s3")
    status, code, message = refusal(s3.put_object, Bucket="kept", Key="new", Body=b"1")
    assert (status, code) == (507, "InsufficientStorage")
    assert "below its reserve" in message
    assert s3.get_object(Bucket="kept", Key="train/rows.csv")["Body"].read() == ROWS
    s3.put_object_tagging(Bucket="kept", Key="train/rows.csv", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    runtime = full.client("sagemaker-runtime")
    wait_until(lambda: answer_or_none(runtime), 30, "the endpoint answers")


def answer_or_none(runtime):
    try:
        return runtime.invoke_endpoint(EndpointName="serving", ContentType="text/csv", Body="1")["Body"].read()
    except ClientError:
        return None


def test_a_job_that_ran_already_fails_and_says_that_there_is_no_room_for_its_model(full):
    sagemaker = full.client("sagemaker")
    wait_until(lambda: secondary_status(sagemaker, "running") == "Training", 30, "the job is found again")
    sagemaker.stop_training_job(TrainingJobName="running")
    job = ended_job(sagemaker, "running")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: No room for new data: "), job["FailureReason"]


def test_new_work_is_refused(full):
    sagemaker = full.client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName="other",
        ProductionVariants=[
            {"VariantName": "all", "ModelName": "model", "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium"}
        ],
    )
    other = {"EndpointName": "other", "EndpointConfigName": "other"}
    refusals = [
        refusal(sagemaker.create_training_job, **training_request("second", "kept", {"num_round": 2})),
        refusal(sagemaker.create_transform_job, **transform_request("transform", "model", "kept", "train/")),
        refusal(sagemaker.create_endpoint, **other),
        refusal(sagemaker.update_endpoint, **{**other, "EndpointName": "serving"}),
    ]
    for status, code, message in refusals:
        assert (status, code) == (400, "ResourceLimitExceeded")
        assert message.startswith("No room for new work: the disk is "), message
        assert message.endswith("below its reserve (diskReserveMb). Delete objects or make the disk larger.")
    assert [
        job["TrainingJobName"] for job in sagemaker.list_training_jobs(NameContains="second")["TrainingJobSummaries"]
    ] == []
    assert sagemaker.list_transform_jobs()["TransformJobSummaries"] == []
    assert [endpoint["EndpointName"] for endpoint in sagemaker.list_endpoints()["Endpoints"]] == ["serving"]
