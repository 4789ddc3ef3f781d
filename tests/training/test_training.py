"""Training jobs from outside: real small data through the built-in XGBoost, and what can go wrong with it."""

import io
import json
import tarfile

import pytest
from botocore.exceptions import ClientError
from server_process import ROLE, wait_until

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"
ENDED = ("Completed", "Failed", "Stopped")
# Petal length and width of 12 irises of Fisher (1936), two species: enough to split by one number.
IRISES = """0,1.4,0.2\n0,1.3,0.2\n0,1.5,0.4\n0,1.7,0.3\n0,1.6,0.2\n0,1.4,0.1
1,4.7,1.4\n1,4.5,1.5\n1,4.9,1.5\n1,4.0,1.3\n1,4.6,1.5\n1,3.3,1.0\n"""


def a_job(name, bucket, **changes):
    """A request for a small training job; `changes` replace members."""
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"num_round": "5", "objective": "binary:logistic", "eval_metric": "logloss"},
        "InputDataConfig": [a_channel("train", f"s3://{bucket}/train/")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        **changes,
    }


def a_channel(name, uri, content_type="text/csv", **source):
    s3_source = {"S3DataType": "S3Prefix", "S3Uri": uri, **source}
    return {"ChannelName": name, "ContentType": content_type, "DataSource": {"S3DataSource": s3_source}}


def ended(sagemaker, name):
    """The job's description once it is over."""

    def over():
        job = sagemaker.describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] in ENDED else None

    return wait_until(over, 120, f"{name} is over")


def secondary(sagemaker, name, status):
    def reached():
        job = sagemaker.describe_training_job(TrainingJobName=name)
        return status in [entry["Status"] for entry in job["SecondaryStatusTransitions"]]

    wait_until(reached, 120, f"{name} reaches {status}")


@pytest.fixture
def irises(client, bucket):
    client("s3").put_object(Bucket=bucket, Key="train/irises.csv", Body=IRISES)
    return bucket


def messages(client, name):
    logs = client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    lines = []
    for stream in streams:
        events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
        lines += [event["message"] for event in events["events"]]
    return lines


def test_a_job_trains_and_leaves_a_model(client, sagemaker, irises, fresh):
    name = fresh("job")
    channels = [a_channel("train", f"s3://{irises}/train/"), a_channel("validation", f"s3://{irises}/train/")]
    request = a_job(name, irises, InputDataConfig=channels, Tags=[{"Key": "team", "Value": "green"}])
    arn = sagemaker.create_training_job(**request)["TrainingJobArn"]
    assert arn.endswith(f":training-job/{name}")
    job = ended(sagemaker, name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed"), job.get("FailureReason")
    statuses = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    times = [entry[key] for entry in job["SecondaryStatusTransitions"] for key in ("StartTime", "EndTime")]
    assert times == sorted(times)
    model = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert model == f"s3://{irises}/out/{name}/output/model.tar.gz"
    body = client("s3").get_object(Bucket=irises, Key=f"out/{name}/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.getnames() == ["xgboost-model"]
    finals = {entry["MetricName"]: entry["Value"] for entry in job["FinalMetricDataList"]}
    assert 0 < finals["validation:logloss"] < 0.7
    lines = messages(client, name)
    assert any("validation-logloss" in line for line in lines), lines
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "green"}]
    summaries = sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert [entry["TrainingJobStatus"] for entry in summaries] == ["Completed"]


def test_a_manifest_names_the_objects(client, sagemaker, irises, fresh):
    name = fresh("job")
    manifest = [{"prefix": f"s3://{irises}/train/"}, "irises.csv"]
    client("s3").put_object(Bucket=irises, Key="manifest.json", Body=json.dumps(manifest))
    channel = a_channel("train", f"s3://{irises}/manifest.json", S3DataType="ManifestFile")
    sagemaker.create_training_job(**a_job(name, irises, InputDataConfig=[channel]))
    assert ended(sagemaker, name)["TrainingJobStatus"] == "Completed"


BAD_DATA = {
    "a line with another number of columns": (b"0,1.4,0.2\n1,4.7\n", "text/csv", {}, ["irises.csv", "line 2"]),
    "a cell that is no number": (b"0,1.4,0.2\n1,4.7,wide\n", "text/csv", {}, ["irises.csv", "line 2"]),
    "libsvm without a colon": (b"0 1:1.4 2:0.2\n1 1=4.7\n", "text/libsvm", {}, ["irises.csv", "line 2"]),
    "a content type the algorithm does not know": (IRISES.encode(), "image/png", {}, ["image/png"]),
    "a hyperparameter out of range": (IRISES.encode(), "text/csv", {"eta": "2"}, ["eta"]),
    "a hyperparameter nobody knows": (IRISES.encode(), "text/csv", {"depht": "2"}, ["depht"]),
}


@pytest.mark.parametrize("sentence", BAD_DATA)
def test_bad_data_fails_with_a_reason_that_names_it(client, sagemaker, bucket, fresh, sentence):
    body, content_type, parameters, named = BAD_DATA[sentence]
    name = fresh("job")
    client("s3").put_object(Bucket=bucket, Key="train/irises.csv", Body=body)
    hyperparameters = {"num_round": "2", "objective": "binary:logistic", **parameters}
    channel = a_channel("train", f"s3://{bucket}/train/", content_type)
    sagemaker.create_training_job(**a_job(name, bucket, InputDataConfig=[channel], HyperParameters=hyperparameters))
    job = ended(sagemaker, name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    for word in named:
        assert word in job["FailureReason"], job["FailureReason"]
    assert "Traceback" not in job["FailureReason"]


def test_a_channel_without_objects_fails_naming_it(sagemaker, bucket, fresh):
    name = fresh("job")
    sagemaker.create_training_job(**a_job(name, bucket))
    job = ended(sagemaker, name)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith('ClientError: Data download failed for channel "train"')
    assert f"s3://{bucket}/train/" in job["FailureReason"]


def test_a_bucket_that_does_not_exist_fails_naming_it(sagemaker, irises, fresh):
    name, missing = fresh("job"), fresh("no-such-bucket")
    channel = a_channel("train", f"s3://{missing}/train/")
    sagemaker.create_training_job(**a_job(name, irises, InputDataConfig=[channel]))
    reason = ended(sagemaker, name)["FailureReason"]
    assert reason.startswith("ClientError: ") and missing in reason


def test_a_manifest_entry_that_is_missing_fails_naming_it(client, sagemaker, irises, fresh):
    name = fresh("job")
    manifest = [{"prefix": f"s3://{irises}/train/"}, "roses.csv"]
    client("s3").put_object(Bucket=irises, Key="manifest.json", Body=json.dumps(manifest))
    channel = a_channel("train", f"s3://{irises}/manifest.json", S3DataType="ManifestFile")
    sagemaker.create_training_job(**a_job(name, irises, InputDataConfig=[channel]))
    reason = ended(sagemaker, name)["FailureReason"]
    assert reason.startswith("ClientError: ") and "roses.csv" in reason


def test_a_key_that_would_leave_its_folder_fails_naming_it(client, sagemaker, irises, fresh):
    name = fresh("job")
    client("s3").put_object(Bucket=irises, Key="train/../../evil", Body=b"x")
    sagemaker.create_training_job(**a_job(name, irises))
    reason = ended(sagemaker, name)["FailureReason"]
    assert "train/../../evil" in reason and '".."' in reason


def test_a_role_without_permission_fails_naming_role_and_place(client, sagemaker, irises, fresh):
    name, role = fresh("job"), fresh("NoRights")
    iam = client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    sagemaker.create_training_job(**a_job(name, irises, RoleArn=arn))
    reason = ended(sagemaker, name)["FailureReason"]
    assert reason.startswith("ClientError: ") and role in reason and f"s3://{irises}" in reason
    iam.delete_role(RoleName=role)


def test_several_instances_train_what_the_algorithm_can_train_on_them(sagemaker, irises, fresh):
    two = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    request = a_job(fresh("job"), irises, ResourceConfig=two)
    exact = {**request, "TrainingJobName": fresh("job")}
    exact["HyperParameters"] = {**request["HyperParameters"], "tree_method": "exact"}
    for one in (request, exact):
        sagemaker.create_training_job(**one)
    assert ended(sagemaker, request["TrainingJobName"])["TrainingJobStatus"] == "Completed"
    reason = ended(sagemaker, exact["TrainingJobName"])["FailureReason"]
    assert reason.startswith("ClientError: ") and "InstanceCount 1" in reason


REFUSED = {
    "a role that does not exist": ({"RoleArn": "arn:aws:iam::123456789012:role/Nobody"}, "Could not assume role"),
    "an image nothing provides": (
        {"AlgorithmSpecification": {"TrainingImage": "example.com/mine:1", "TrainingInputMode": "File"}},
        "mine",
    ),
    "an input mode that came later": (
        {"AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "FastFile"}},
        "FastFile",
    ),
    "no instance": (
        {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 0, "VolumeSizeInGB": 1}},
        "InstanceCount",
    ),
    "an artifact that is no archive": (
        {"OutputDataConfig": {"S3OutputPath": "s3://bucket/out", "CompressionType": "NONE"}},
        "CompressionType NONE",
    ),
    "an output that is not in S3": ({"OutputDataConfig": {"S3OutputPath": "https://bucket/out"}}, "S3OutputPath"),
    "metrics of one's own for a built-in algorithm": (
        {
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
            }
        },
        "metric definitions",
    ),
    "a wait limit without spot training": (
        {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}},
        "MaxWaitTimeInSeconds",
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_at_once(sagemaker, irises, fresh, sentence):
    changes, named = REFUSED[sentence]
    with pytest.raises(ClientError) as refused:
        sagemaker.create_training_job(**a_job(fresh("job"), irises, **changes))
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert named in refused.value.response["Error"]["Message"]


def test_a_name_is_used_once(sagemaker, irises, fresh):
    name = fresh("job")
    sagemaker.create_training_job(**a_job(name, irises))
    with pytest.raises(ClientError) as refused:
        sagemaker.create_training_job(**a_job(name, irises))
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    ended(sagemaker, name)


def test_a_job_nobody_made_is_not_found(sagemaker, fresh):
    for call in (sagemaker.describe_training_job, sagemaker.stop_training_job):
        with pytest.raises(ClientError) as refused:
            call(TrainingJobName=fresh("nobody"))
        assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def long_job(name, bucket):
    """A job that trains for minutes unless it is stopped."""
    hyperparameters = {"num_round": "10000000", "objective": "binary:logistic", "eval_metric": "logloss"}
    return a_job(name, bucket, HyperParameters=hyperparameters)


def test_a_stopped_job_leaves_its_model(client, sagemaker, irises, fresh):
    name = fresh("job")
    sagemaker.create_training_job(**long_job(name, irises))
    secondary(sagemaker, name, "Training")
    wait_until(lambda: messages(client, name), 60, "the program has printed something")
    sagemaker.stop_training_job(TrainingJobName=name)
    job = ended(sagemaker, name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped"), job.get("FailureReason")
    assert "Stopping" in [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    client("s3").head_object(Bucket=irises, Key=f"out/{name}/output/model.tar.gz")
    with pytest.raises(ClientError) as refused:
        sagemaker.stop_training_job(TrainingJobName=name)
    assert "is in status Stopped" in refused.value.response["Error"]["Message"]


def test_a_job_that_takes_too_long_is_ended_by_its_limit(sagemaker, irises, fresh):
    name = fresh("job")
    sagemaker.create_training_job(**{**long_job(name, irises), "StoppingCondition": {"MaxRuntimeInSeconds": 3}})
    job = ended(sagemaker, name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_job_that_is_stopped_while_it_waits_is_over_at_once(sagemaker, irises, fresh):
    first, second = fresh("job"), fresh("job")
    large = {"ResourceConfig": {"InstanceType": "ml.m5.24xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}}
    sagemaker.create_training_job(**{**long_job(first, irises), **large})
    secondary(sagemaker, first, "Training")
    sagemaker.create_training_job(**a_job(second, irises, **large))
    sagemaker.stop_training_job(TrainingJobName=second)
    job = ended(sagemaker, second)
    assert [entry["Status"] for entry in job["SecondaryStatusTransitions"]] == ["Starting", "Stopping", "Stopped"]
    assert "TrainingStartTime" not in job
    assert sagemaker.describe_training_job(TrainingJobName=first)["TrainingJobStatus"] == "InProgress"
    sagemaker.stop_training_job(TrainingJobName=first)
    ended(sagemaker, first)


def test_jobs_queue_for_the_machine_and_say_so(sagemaker, irises, fresh):
    first, second = fresh("job"), fresh("job")
    large = {"ResourceConfig": {"InstanceType": "ml.m5.24xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}}
    sagemaker.create_training_job(**{**long_job(first, irises), **large})
    secondary(sagemaker, first, "Training")
    sagemaker.create_training_job(**a_job(second, irises, **large))

    def waiting():
        job = sagemaker.describe_training_job(TrainingJobName=second)
        return job["SecondaryStatusTransitions"][-1]["StatusMessage"]

    assert "Waiting for" in waiting()
    sagemaker.stop_training_job(TrainingJobName=first)
    assert ended(sagemaker, second)["TrainingJobStatus"] == "Completed"
    messages_of_first = ended(sagemaker, first)["SecondaryStatusTransitions"]
    assert any("it runs with what this machine has" in entry["StatusMessage"] for entry in messages_of_first)


def test_pages_of_jobs_belong_to_their_query(sagemaker, irises, fresh):
    prefix = fresh("page")
    names = [f"{prefix}-{number}" for number in range(3)]
    for name in names:
        sagemaker.create_training_job(**a_job(name, irises))
    query = {"NameContains": prefix, "SortBy": "Name", "SortOrder": "Descending", "MaxResults": 2}
    page = sagemaker.list_training_jobs(**query)
    rest = sagemaker.list_training_jobs(**query, NextToken=page["NextToken"])
    found = [job["TrainingJobName"] for job in page["TrainingJobSummaries"] + rest["TrainingJobSummaries"]]
    assert found == names[::-1]
    with pytest.raises(ClientError, match="NextToken"):
        sagemaker.list_training_jobs(NameContains="other", NextToken=page["NextToken"])
    for name in names:
        ended(sagemaker, name)
