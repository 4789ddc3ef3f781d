"""Buckets as boto3 sees them."""

import pytest
from botocore.exceptions import ClientError


def code(failure):
    return failure.value.response["Error"]["Code"]


def test_a_new_bucket_is_listed_and_tells_its_region(client, fresh):
    s3 = client("s3", region="eu-west-1")
    name = fresh("bucket")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    listed = {entry["Name"]: entry["CreationDate"] for entry in s3.list_buckets()["Buckets"]}
    assert listed[name].year >= 2024
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"
    s3.delete_bucket(Bucket=name)
    with pytest.raises(ClientError) as failure:
        s3.head_bucket(Bucket=name)
    assert code(failure) == "404"


def test_a_bucket_outside_the_first_region_needs_its_constraint(client, fresh):
    with pytest.raises(ClientError) as failure:
        client("s3", region="eu-west-1").create_bucket(Bucket=fresh("bucket"))
    assert code(failure) == "IllegalLocationConstraintException"


@pytest.mark.parametrize("name", ["Upper", "a..b", "-start", "192.168.1.1", "a_b"])
def test_names_against_the_rules_are_refused(client, name):
    with pytest.raises(ClientError) as failure:
        client("s3", s3={"addressing_style": "path"}).create_bucket(Bucket=name)
    assert code(failure) == "InvalidBucketName"


def test_creating_ones_own_bucket_again_succeeds_only_in_the_first_region(client, bucket, fresh):
    client("s3").create_bucket(Bucket=bucket)
    other = client("s3", region="us-west-2")
    name = fresh("bucket")
    there = {"LocationConstraint": "us-west-2"}
    other.create_bucket(Bucket=name, CreateBucketConfiguration=there)
    with pytest.raises(ClientError) as failure:
        other.create_bucket(Bucket=name, CreateBucketConfiguration=there)
    assert code(failure) == "BucketAlreadyOwnedByYou"
    other.delete_bucket(Bucket=name)


def test_a_bucket_with_something_in_it_is_not_deleted(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    with pytest.raises(ClientError) as failure:
        s3.delete_bucket(Bucket=bucket)
    assert code(failure) == "BucketNotEmpty"


def test_buckets_are_listed_in_pages(client, fresh):
    s3 = client("s3")
    prefix = fresh("paged")
    names = [f"{prefix}-{index}" for index in range(3)]
    for name in names:
        s3.create_bucket(Bucket=name)
    first = s3.list_buckets(Prefix=prefix, MaxBuckets=2)
    rest = s3.list_buckets(Prefix=prefix, MaxBuckets=2, ContinuationToken=first["ContinuationToken"])
    assert [entry["Name"] for entry in first["Buckets"] + rest["Buckets"]] == names
    assert "ContinuationToken" not in rest
    for name in names:
        s3.delete_bucket(Bucket=name)


SETTINGS = {
    "versioning": ("VersioningConfiguration", {"Status": "Enabled"}, lambda got: {"Status": got["Status"]}),
    "tagging": ("Tagging", {"TagSet": [{"Key": "team", "Value": "ml"}]}, lambda got: {"TagSet": got["TagSet"]}),
    "cors": (
        "CORSConfiguration",
        {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
        lambda got: {"CORSRules": got["CORSRules"]},
    ),
    "lifecycle_configuration": (
        "LifecycleConfiguration",
        {"Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}]},
        lambda got: {"Rules": got["Rules"]},
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_are_given_back_as_they_were_put(client, bucket, setting):
    s3 = client("s3")
    member, value, shown = SETTINGS[setting]
    getattr(s3, f"put_bucket_{setting}")(Bucket=bucket, **{member: value})
    assert shown(getattr(s3, f"get_bucket_{setting}")(Bucket=bucket)) == value


def test_settings_never_made_say_so(client, bucket):
    s3 = client("s3")
    missing = {
        s3.get_bucket_tagging: "NoSuchTagSet",
        s3.get_bucket_cors: "NoSuchCORSConfiguration",
        s3.get_bucket_policy: "NoSuchBucketPolicy",
        s3.get_bucket_lifecycle_configuration: "NoSuchLifecycleConfiguration",
        s3.get_bucket_website: "NoSuchWebsiteConfiguration",
        s3.get_bucket_replication: "ReplicationConfigurationNotFoundError",
        s3.get_object_lock_configuration: "ObjectLockConfigurationNotFoundError",
    }
    for read, expected in missing.items():
        with pytest.raises(ClientError) as failure:
            read(Bucket=bucket)
        assert code(failure) == expected


#: Rules that say nothing, or nothing that could be done.
UNFIT_RULES = {
    "no action": ({}, "InvalidRequest"),
    "no days": ({"Expiration": {"Days": 0}}, "InvalidArgument"),
    "no status": ({"Expiration": {"Days": 1}, "Status": "On"}, "MalformedXML"),
}


def test_rules_of_lifecycles_and_payers_are_checked(client, bucket):
    s3 = client("s3")
    for name, (rule, expected) in UNFIT_RULES.items():
        with pytest.raises(ClientError) as failure:
            rules = [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, **rule}]
            s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        assert (name, code(failure)) == (name, expected)
    with pytest.raises(ClientError) as failure:
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Nobody"})
    assert code(failure) == "MalformedXML"
