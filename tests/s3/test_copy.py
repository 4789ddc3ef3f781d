"""CopyObject: bytes, metadata, conditions, onto itself."""

import pytest
from botocore.exceptions import ClientError


def code(failure):
    return failure.value.response["Error"]["Code"]


def test_a_copy_takes_metadata_and_tags_unless_told_otherwise(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="a b", Body=b"data", Metadata={"m": "1"}, Tagging="t=1", ContentType="text/x")
    source = {"Bucket": bucket, "Key": "a b"}
    s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
    s3.copy_object(
        Bucket=bucket,
        Key="other",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"n": "2"},
        TaggingDirective="REPLACE",
        Tagging="u=2",
    )
    shown = {}
    for key in ["same", "other"]:
        got = s3.get_object(Bucket=bucket, Key=key)
        tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
        shown[key] = (got["Body"].read(), got["Metadata"], got["ContentType"], [tag["Key"] for tag in tags])
    assert shown == {
        "same": (b"data", {"m": "1"}, "text/x", ["t"]),
        "other": (b"data", {"n": "2"}, "binary/octet-stream", ["u"]),
    }


def test_a_copy_onto_itself_has_to_change_something(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"data", Metadata={"m": "1"})
    source = {"Bucket": bucket, "Key": "k"}
    with pytest.raises(ClientError) as failure:
        s3.copy_object(Bucket=bucket, Key="k", CopySource=source)
    assert code(failure) == "InvalidRequest"
    s3.copy_object(Bucket=bucket, Key="k", CopySource=source, MetadataDirective="REPLACE", Metadata={"m": "2"})
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["Metadata"]) == (b"data", {"m": "2"})


def test_conditions_on_the_source_hold(client, bucket):
    s3 = client("s3")
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"data")["ETag"]
    source = {"Bucket": bucket, "Key": "k"}
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfMatch=etag)
    with pytest.raises(ClientError) as failure:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfNoneMatch=etag)
    assert code(failure) == "PreconditionFailed"
    with pytest.raises(ClientError) as failure:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "missing"})
    assert code(failure) == "NoSuchKey"


def test_an_old_version_is_brought_back_by_a_copy(client, bucket):
    s3 = client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"first")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"second")
    copied = s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k", "VersionId": first})
    assert copied["CopySourceVersionId"] == first
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"
