"""Versioning, delete markers and object lock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError


def code(failure):
    return failure.value.response["Error"]["Code"]


@pytest.fixture
def versioned(client, bucket):
    client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def test_every_put_makes_a_version(client, versioned):
    s3 = client("s3")
    ids = [s3.put_object(Bucket=versioned, Key="k", Body=str(n).encode())["VersionId"] for n in range(3)]
    for number, version in enumerate(ids):
        assert s3.get_object(Bucket=versioned, Key="k", VersionId=version)["Body"].read() == str(number).encode()
    listed = s3.list_object_versions(Bucket=versioned)["Versions"]
    assert [(entry["VersionId"], entry["IsLatest"]) for entry in listed] == [
        (ids[2], True),
        (ids[1], False),
        (ids[0], False),
    ]


def test_a_delete_marker_hides_and_its_removal_brings_back(client, versioned):
    s3 = client("s3")
    s3.put_object(Bucket=versioned, Key="k", Body=b"1")
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"] is True
    with pytest.raises(ClientError) as failure:
        s3.get_object(Bucket=versioned, Key="k")
    assert code(failure) == "NoSuchKey"
    assert failure.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    assert s3.list_objects_v2(Bucket=versioned)["KeyCount"] == 0
    with pytest.raises(ClientError) as failure:
        s3.get_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert code(failure) == "MethodNotAllowed"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"1"


def test_deleting_the_current_version_uncovers_the_one_before(client, versioned):
    s3 = client("s3")
    s3.put_object(Bucket=versioned, Key="k", Body=b"1")
    second = s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=second)
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"1"


def test_versions_that_are_deleted_at_the_same_time_are_all_gone(client, versioned):
    s3 = client("s3")

    def put(number):
        return s3.put_object(Bucket=versioned, Key="key", Body=b"%d" % number)["VersionId"]

    def delete(version):
        s3.delete_object(Bucket=versioned, Key="key", VersionId=version)

    with ThreadPoolExecutor(6) as callers:
        for _ in range(100):
            # The newest first: while it goes, the one before takes its place.
            list(callers.map(delete, sorted(callers.map(put, range(6)))))
            left = s3.list_object_versions(Bucket=versioned)
            assert [left.get("Versions"), left.get("DeleteMarkers")] == [None, None]


def test_suspended_versioning_writes_the_null_version(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(Bucket=bucket, Key="k", Body=b"kept")["VersionId"]
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"before"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"after")
    listed = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [entry["VersionId"] for entry in listed] == ["null", kept]
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"after"
    s3.delete_object(Bucket=bucket, Key="k")
    page = s3.list_object_versions(Bucket=bucket)
    assert [entry["VersionId"] for entry in page["DeleteMarkers"]] == ["null"]
    assert [entry["VersionId"] for entry in page["Versions"]] == [kept]


def test_versions_are_listed_in_pages_with_delimiters(client, versioned):
    s3 = client("s3")
    for key in ["a", "b/1", "b/2", "c"]:
        for _ in range(3):
            s3.put_object(Bucket=versioned, Key=key, Body=b"")
    s3.delete_object(Bucket=versioned, Key="a")
    whole = s3.list_object_versions(Bucket=versioned)
    expected = sorted((e["Key"], e["VersionId"]) for e in whole["Versions"] + whole["DeleteMarkers"])
    latest = [(e["Key"], e["VersionId"]) for e in whole["Versions"] + whole["DeleteMarkers"] if e["IsLatest"]]
    assert len(latest) == 4
    for size in [1, 2, 5]:
        seen, still_latest = [], []
        for page in s3.get_paginator("list_object_versions").paginate(
            Bucket=versioned, PaginationConfig={"PageSize": size}
        ):
            for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
                seen.append((entry["Key"], entry["VersionId"]))
                if entry["IsLatest"]:
                    still_latest.append((entry["Key"], entry["VersionId"]))
        assert (sorted(seen), sorted(still_latest)) == (expected, sorted(latest))
    rolled = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [entry["Prefix"] for entry in rolled["CommonPrefixes"]] == ["b/"]


def test_locked_versions_are_kept(client, fresh):
    s3 = client("s3")
    name = fresh("locked")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    version = s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    until = datetime.now(UTC) + timedelta(days=1)
    s3.put_object_retention(Bucket=name, Key="k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})
    with pytest.raises(ClientError) as failure:
        s3.delete_object(Bucket=name, Key="k", VersionId=version)
    assert code(failure) == "AccessDenied"
    errors = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "k", "VersionId": version}]})["Errors"]
    assert [(entry["Code"], entry["VersionId"]) for entry in errors] == [("AccessDenied", version)]
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "ON"})
    with pytest.raises(ClientError):
        s3.delete_object(Bucket=name, Key="k", VersionId=version, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "OFF"})
    s3.delete_object(Bucket=name, Key="k", VersionId=version, BypassGovernanceRetention=True)
    s3.delete_bucket(Bucket=name)
