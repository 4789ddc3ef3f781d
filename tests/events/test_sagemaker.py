"""What SageMaker tells of its jobs and endpoints on the default bus."""

import json

import pytest
from own_programs import program_request
from processing_jobs import ended_processing, processing_request
from server_process import wait_until
from xgboost_jobs import as_csv, create_endpoint, create_model, ended_job, settled_endpoint, training_request

REGION = "us-east-1"


@pytest.fixture
def told(events, written, fresh):
    """told("Training Job") makes a rule for a detail-type: a function that waits for the states of a name."""
    made = []

    def make(noun, **detail):
        group, name = written(), fresh("rule")
        pattern = {"source": ["aws.sagemaker"], "detail-type": [f"SageMaker {noun} State Change"], **detail}
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": group.arn}])
        made.append(name)

        def of(arn, last, seconds=30):
            """All events of the thing, once one has the last status, in the order of their times."""

            def look():
                all_events = [json.loads(line) for line in group.lines()]
                found = [one for one in all_events if one["resources"] == [arn]]
                return found if any(last in one["detail"].values() for one in found) else None

            return wait_until(look, seconds, f"an event of {arn} with {last}")

        return of

    yield make
    for name in made:
        events.remove_targets(Rule=name, Ids=["1"])
        events.delete_rule(Name=name)


def test_a_training_job_is_told_of_at_every_secondary_status(sagemaker, s3, bucket, fresh, told):
    of, name = told("Training Job"), fresh("job")
    request = program_request(s3, bucket, name, "raise SystemExit(3)", Tags=[{"Key": "team", "Value": "a"}])
    arn = sagemaker.create_training_job(**request)["TrainingJobArn"]
    job = ended_job(sagemaker, name)
    found = of(arn, "Failed")
    statuses = [one["Status"] for one in job["SecondaryStatusTransitions"]]
    in_order = sorted(found, key=lambda one: len(one["detail"]["SecondaryStatusTransitions"]))
    assert [one["detail"]["SecondaryStatus"] for one in in_order] == statuses
    assert len({one["id"] for one in found}) == len(statuses)
    last = in_order[-1]["detail"]
    kept = ["TrainingJobName", "TrainingJobStatus", "FailureReason", "RoleArn", "OutputDataConfig", "ResourceConfig"]
    assert {key: last[key] for key in kept} == {key: job[key] for key in kept}
    assert last["Tags"] == {"team": "a"}
    assert last["CreationTime"].endswith("Z") and last["TrainingEndTime"].endswith("Z")
    first = in_order[0]["detail"]
    assert (first["TrainingJobStatus"], "FailureReason" in first, "TrainingEndTime" in first) == (
        "InProgress",
        False,
        False,
    )


def test_a_rule_narrows_by_status(sagemaker, s3, bucket, fresh, told):
    of, name = told("Training Job", detail={"TrainingJobStatus": ["Completed"]}), fresh("job")
    arn = sagemaker.create_training_job(**program_request(s3, bucket, name, "pass"))["TrainingJobArn"]
    assert [one["detail"]["TrainingJobStatus"] for one in of(arn, "Completed", 60)] == ["Completed"]


def test_a_processing_job_is_told_of(sagemaker, s3, bucket, fresh, told):
    of, name = told("Processing Job"), fresh("job")
    request = processing_request(s3, bucket, name, "print(1)")
    arn = sagemaker.create_processing_job(**request)["ProcessingJobArn"]
    ended_processing(sagemaker, name)
    found = {one["detail"]["ProcessingJobStatus"] for one in of(arn, "Completed")}
    assert found == {"InProgress", "Completed"}


@pytest.mark.long
def test_an_endpoint_is_told_of_until_it_is_gone(sagemaker, s3, bucket, fresh, told):
    of, name = told("Endpoint"), fresh("endpoint")
    s3.put_object(Bucket=bucket, Key="train/data.csv", Body=as_csv([[0, 1], [1, 2], [0, 3], [1, 4]] * 10))
    sagemaker.create_training_job(**training_request(name, bucket, {"num_round": 1}))
    artifact = ended_job(sagemaker, name)["ModelArtifacts"]["S3ModelArtifacts"]
    create_model(sagemaker, name, artifact)
    create_endpoint(sagemaker, name, name)
    arn = settled_endpoint(sagemaker, name)["EndpointArn"]
    sagemaker.delete_endpoint(EndpointName=name)
    found = of(arn, "DELETED", 60)
    statuses = {one["detail"]["EndpointStatus"] for one in found}
    assert {"CREATING", "IN_SERVICE", "DELETING", "DELETED"} <= statuses
    assert all(isinstance(one["detail"]["CreationTime"], int) for one in found)
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName=name)
