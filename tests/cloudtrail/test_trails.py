"""Trails: files of events in a bucket whose policy lets CloudTrail write."""

import gzip
import json

import pytest
from policies import refusal
from server_process import wait_until


def bucket_for(server, name, trail_name, prefix=""):
    s3, account = server.client("s3"), server.client("sts").get_caller_identity()["Account"]
    s3.create_bucket(Bucket=name)
    arn = f"arn:aws:cloudtrail:us-east-1:{account}:trail/{trail_name}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/{prefix}AWSLogs/{account}/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": arn}},
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return s3, account


def records(s3, bucket):
    found = []
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        if entry["Key"].endswith(".json.gz"):
            found += json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()))[
                "Records"
            ]
    return found


def wait_for(condition):
    return wait_until(condition, 30, "events have been delivered")


def test_a_trail_writes_what_was_called_while_it_logs(trailing, trail):
    s3, account = bucket_for(trailing, "trail-one", "one", "logs/")
    made = trail.create_trail(Name="one", S3BucketName="trail-one", S3KeyPrefix="logs")
    assert made["TrailARN"] == f"arn:aws:cloudtrail:us-east-1:{account}:trail/one"
    assert not trail.get_trail_status(Name="one")["IsLogging"]
    sagemaker = trailing.client("sagemaker")
    sagemaker.create_experiment(ExperimentName="before")
    trail.start_logging(Name="one")
    sagemaker.create_experiment(ExperimentName="during")

    def names():
        return [
            record["requestParameters"]["experimentName"]
            for record in records(s3, "trail-one")
            if record["eventName"] == "CreateExperiment"
        ]

    assert wait_for(names) == ["during"]
    status = trail.get_trail_status(Name=made["TrailARN"])
    assert status["IsLogging"] and "LatestDeliveryError" not in status
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="trail-one")["Contents"]]
    assert keys[0] == f"logs/AWSLogs/{account}/CloudTrail/"
    assert all(key.startswith(f"logs/AWSLogs/{account}/CloudTrail/us-east-1/20") for key in keys[1:])
    sagemaker.create_experiment(ExperimentName="at-the-end")
    trail.stop_logging(Name="one")
    sagemaker.create_experiment(ExperimentName="after")
    trail.delete_trail(Name="one")
    assert sorted(names()) == ["at-the-end", "during"]


def test_selectors_choose_reads_writes_and_objects(trailing, trail):
    s3, _ = bucket_for(trailing, "trail-two", "two")
    trail.create_trail(Name="two", S3BucketName="trail-two")
    selectors = [
        {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": []},
        {
            "ReadWriteType": "ReadOnly",
            "IncludeManagementEvents": False,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::watched/"]}],
        },
    ]
    assert trail.put_event_selectors(TrailName="two", EventSelectors=selectors)["EventSelectors"] == selectors
    assert trail.get_trail(Name="two")["Trail"]["HasCustomEventSelectors"]
    trail.start_logging(Name="two")
    sagemaker = trailing.client("sagemaker")
    sagemaker.list_models()
    for bucket in ("watched", "unwatched"):
        s3.create_bucket(Bucket=bucket)
        s3.head_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="a", Body=b"x")
        s3.list_objects_v2(Bucket=bucket)
    sagemaker.create_experiment(ExperimentName="last")

    def found():
        written = records(s3, "trail-two")
        return [(record["eventName"], (record["requestParameters"] or {}).get("bucketName")) for record in written]

    wait_for(lambda: ("CreateExperiment", None) in found())
    assert ("CreateBucket", "unwatched") in found() and ("ListObjectsV2", "watched") in found()
    unwanted = [("ListObjectsV2", "unwatched"), ("HeadBucket", "watched"), ("ListModels", None)]
    assert [one for one in unwanted if one in found()] == []
    trail.delete_trail(Name="two")


def test_a_selector_takes_what_is_written_and_read_below_its_address(trailing, trail):
    s3, _ = bucket_for(trailing, "trail-data", "data")
    s3.create_bucket(Bucket="house")
    trail.create_trail(Name="data", S3BucketName="trail-data")
    below = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::house/kept/"]}]
    trail.put_event_selectors(
        TrailName="data", EventSelectors=[{"IncludeManagementEvents": False, "DataResources": below}]
    )
    trail.start_logging(Name="data")
    for key in ("other/a", "kept/a"):
        s3.put_object(Bucket="house", Key=key, Body=b"x")
        s3.get_object(Bucket="house", Key=key)["Body"].read()
    s3.delete_object(Bucket="house", Key="kept/a")

    def found():
        told = [(one["eventName"], one["requestParameters"]) for one in records(s3, "trail-data")]
        return sorted((name, named["bucketName"], named["key"]) for name, named in told)

    wait_for(lambda: len(found()) >= 3)
    assert found() == [(name, "house", "kept/a") for name in ("DeleteObject", "GetObject", "PutObject")]
    trail.delete_trail(Name="data")


def test_a_bucket_that_does_not_let_cloudtrail_in_is_refused_and_told_of_later(trailing, trail):
    s3 = trailing.client("s3")
    s3.create_bucket(Bucket="closed")
    create = trail.create_trail
    text = "S3 bucket nowhere-at-all does not exist!"
    missing = refusal(lambda: create(Name="bad", S3BucketName="nowhere-at-all"))
    assert missing == ("S3BucketDoesNotExistException", text)
    text = "Incorrect S3 bucket policy is detected for bucket: closed"
    assert refusal(lambda: create(Name="bad", S3BucketName="closed")) == ("InsufficientS3BucketPolicyException", text)
    s3, _ = bucket_for(trailing, "shut-later", "other")
    assert refusal(lambda: create(Name="bad", S3BucketName="shut-later"))[0] == "InsufficientS3BucketPolicyException"
    create(Name="other", S3BucketName="shut-later")
    trail.start_logging(Name="other")
    s3.delete_bucket_policy(Bucket="shut-later")
    status = wait_for(lambda: trail.get_trail_status(Name="other").get("LatestDeliveryError"))
    assert status == "AccessDenied"
    trail.delete_trail(Name="other")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("aa", "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."),
        (
            "a" * 129,
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters.",
        ),
        ("trail!", "Trail name must ends with a letter or number."),
        ("-trail", "Trail name must starts with a letter or number."),
        (
            "my#trail",
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), "
            "hyphens (-), and underscores (_).",
        ),
    ],
)
def test_names_of_trails(trail, name, text):
    assert refusal(lambda: trail.create_trail(Name=name, S3BucketName="any")) == ("InvalidTrailNameException", text)


def test_trails_are_described_listed_changed_and_tagged(trailing, trail):
    _, account = bucket_for(trailing, "trail-three", "three")
    made = trail.create_trail(
        Name="three", S3BucketName="trail-three", IsMultiRegionTrail=True, TagsList=[{"Key": "a", "Value": "b"}]
    )
    arn = made["TrailARN"]
    abroad = trailing.client("cloudtrail", region="eu-west-1")
    for where in (trail, abroad):
        assert "three" in [found["Name"] for found in where.describe_trails(trailNameList=[])["trailList"]]
    assert abroad.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert {"TrailARN": arn, "Name": "three", "HomeRegion": "us-east-1"} in abroad.list_trails()["Trails"]
    assert refusal(lambda: abroad.delete_trail(Name=arn))[0] == "InvalidHomeRegionException"
    assert refusal(lambda: abroad.get_trail(Name="three"))[0] == "TrailNotFoundException"
    text = "Multi-Region trail must include global service events."
    wrong = {"Name": "three", "IncludeGlobalServiceEvents": False}
    assert refusal(lambda: trail.update_trail(**wrong)) == ("InvalidParameterCombinationException", text)
    assert not trail.update_trail(Name="three", IsMultiRegionTrail=False)["IsMultiRegionTrail"]
    trail.add_tags(ResourceId=arn, TagsList=[{"Key": "c", "Value": "d"}])
    trail.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}])
    [tags] = trail.list_tags(ResourceIdList=[arn])["ResourceTagList"]
    assert tags == {"ResourceId": arn, "TagsList": [{"Key": "c", "Value": "d"}]}
    text = f"Trail three already exists for customer: {account}"
    again = {"Name": "three", "S3BucketName": "trail-three"}
    assert refusal(lambda: trail.create_trail(**again)) == ("TrailAlreadyExistsException", text)
    trail.delete_trail(Name="three")
    assert refusal(lambda: trail.get_trail_status(Name="three"))[0] == "TrailNotFoundException"
