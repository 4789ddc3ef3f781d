"""The event history: what LookupEvents tells of calls that were made."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from policies import allow, refusal


@pytest.fixture
def trail(client):
    return client("cloudtrail")


def events(trail, **attribute):
    [(key, value)] = attribute.items()
    found = trail.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])["Events"]
    return [(event, json.loads(event["CloudTrailEvent"])) for event in found]


def test_a_call_that_makes_something_is_told_with_its_parameters_and_its_answer(trail, sagemaker, fresh, server):
    name = fresh("traced")
    made = sagemaker.create_experiment(ExperimentName=name, Tags=[{"Key": "Team", "Value": "blue"}])
    [(event, record)] = events(trail, ResourceName=name)
    assert (event["EventName"], event["EventSource"]) == ("CreateExperiment", "sagemaker.amazonaws.com")
    assert (event["ReadOnly"], event["Username"]) == ("false", "local")
    kinds = {(entry["ResourceType"], entry["ResourceName"]) for entry in event["Resources"]}
    assert kinds == {
        ("AWS::SageMaker::Experiment", name),
        ("AWS::SageMaker::Experiment", made["ExperimentArn"]),
    }
    assert record["requestParameters"] == {"experimentName": name, "tags": [{"key": "Team", "value": "blue"}]}
    assert record["responseElements"] == {"experimentArn": made["ExperimentArn"]}
    assert record["requestID"] == made["ResponseMetadata"]["RequestId"]
    assert record["awsRegion"] == "us-east-1" and record["eventType"] == "AwsApiCall"
    identity = record["userIdentity"]
    assert identity["type"] == "AssumedRole" and identity["accountId"] == record["recipientAccountId"]
    assert identity["arn"].endswith(":assumed-role/SageMakerRole/local")
    assert identity["principalId"].split(":")[0] == identity["sessionContext"]["sessionIssuer"]["principalId"]
    assert identity["sessionContext"]["sessionIssuer"]["arn"].endswith(":role/SageMakerRole")
    assert event["EventId"] == record["eventID"]
    sagemaker.delete_experiment(ExperimentName=name)
    names = [found["EventName"] for found, _ in events(trail, ResourceName=name)]
    assert names == ["DeleteExperiment", "CreateExperiment"]


def test_who_called_is_told_also_of_refused_calls(trail, user, fresh):
    ann, as_ann = user(allow("sagemaker:ListModels"))
    name = ann.rsplit("/", 1)[1]
    as_ann("sagemaker").list_models()
    with pytest.raises(ClientError):
        as_ann("sagemaker").delete_model(ModelName="none")
    (denied, denied_record), (listed, listed_record) = events(trail, Username=name)
    assert (denied["EventName"], denied_record["errorCode"]) == ("DeleteModel", "AccessDeniedException")
    assert "is not authorized to perform: sagemaker:DeleteModel" in denied_record["errorMessage"]
    assert denied_record["responseElements"] is None
    assert (listed["EventName"], listed["ReadOnly"]) == ("ListModels", "true")
    assert listed_record["userIdentity"]["type"] == "IAMUser"
    assert listed_record["userIdentity"]["userName"] == name
    assert events(trail, AccessKeyId=listed["AccessKeyId"])[0][0]["EventId"] == denied["EventId"]
    assert [event["EventName"] for event, _ in events(trail, EventId=denied["EventId"])] == ["DeleteModel"]


def test_secrets_are_in_no_event(trail, client, fresh, server):
    iam, name = client("iam"), fresh("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    secrets = client("secretsmanager")
    secrets.create_secret(Name=name, SecretString="the-secret-value")
    session = client("sts").assume_role(RoleArn=role_arn(iam), RoleSessionName=name)["Credentials"]
    everything = [record for _, record in events(trail, ReadOnly="false")]
    text = json.dumps(everything)
    assert name in text and key["AccessKeyId"] in text and session["AccessKeyId"] in text
    hidden = ["the-secret-value", key["SecretAccessKey"], session["SecretAccessKey"], session["SessionToken"]]
    assert [secret for secret in hidden if secret in text] == []
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def role_arn(iam):
    return iam.get_role(RoleName="SageMakerRole")["Role"]["Arn"]


def test_objects_and_invocations_are_not_in_the_history(trail, s3, bucket, client):
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    s3.get_object(Bucket=bucket, Key="a")
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    names = {event["EventName"] for event, _ in events(trail, ResourceName=bucket)}
    assert names == {"CreateBucket", "PutBucketTagging"}


def test_pages_go_back_in_time_and_belong_to_their_question(trail, sagemaker, fresh):
    names = [fresh("paged") for _ in range(5)]
    for name in names:
        sagemaker.create_experiment(ExperimentName=name)
    question = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateExperiment"}]}
    pages = trail.get_paginator("lookup_events").paginate(**question, PaginationConfig={"PageSize": 2, "MaxItems": 5})
    found = [json.loads(event["CloudTrailEvent"])["requestParameters"] for page in pages for event in page["Events"]]
    assert [parameters["experimentName"] for parameters in found] == names[::-1]
    token = trail.lookup_events(**question, MaxResults=1)["NextToken"]
    other = {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "true"}], "NextToken": token}
    assert refusal(lambda: trail.lookup_events(**other))[0] == "InvalidNextTokenException"
    for name in names:
        sagemaker.delete_experiment(ExperimentName=name)


def test_times_narrow_the_history(trail, sagemaker, fresh):
    name = fresh("timed")
    sagemaker.create_experiment(ExperimentName=name)
    now = datetime.now(UTC)
    wanted = {"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": name}]}
    hour = timedelta(hours=1)
    assert len(trail.lookup_events(**wanted, StartTime=now - hour, EndTime=now + hour)["Events"]) == 1
    assert trail.lookup_events(**wanted, StartTime=now + hour)["Events"] == []
    assert trail.lookup_events(**wanted, EndTime=now - hour)["Events"] == []
    backwards = {"StartTime": now, "EndTime": now - hour}
    assert refusal(lambda: trail.lookup_events(**backwards))[0] == "InvalidTimeRangeException"
    sagemaker.delete_experiment(ExperimentName=name)


def test_other_regions_have_their_own_history(trail, client, fresh):
    name = fresh("abroad")
    client("sagemaker", region="eu-west-1").create_experiment(ExperimentName=name)
    assert events(trail, ResourceName=name) == []
    [(_, record)] = events(client("cloudtrail", region="eu-west-1"), ResourceName=name)
    assert record["awsRegion"] == "eu-west-1"


def test_calls_that_only_look_are_told_without_their_answer(trail, client):
    for _ in range(3):
        trail.lookup_events()
    client("logs").test_metric_filter(filterPattern="x", logEventMessages=["x"])
    for name in ["LookupEvents", "TestMetricFilter"]:
        for event, record in events(trail, EventName=name):
            assert (event["ReadOnly"], record["responseElements"]) == ("true", None)
