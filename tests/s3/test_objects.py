"""Objects: bytes, headers, ranges, conditions, checksums, tags."""

import base64
import hashlib
import http.client
import zlib
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError


def code(failure):
    return failure.value.response["Error"]["Code"]


def status(failure):
    return failure.value.response["ResponseMetadata"]["HTTPStatusCode"]


KEYS = [
    "plain",
    "folder/name",
    "space and +plus",
    "ümläut/日本",
    "a//b",
    "./dots",
    "tilde~*'()",
    "%41",
    "q?x=1&y",
    "\t",
]


@pytest.mark.parametrize("key", KEYS)
def test_any_key_keeps_its_bytes(client, bucket, key):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


def test_headers_and_metadata_come_back(client, bucket):
    s3 = client("s3")
    given = {
        "ContentType": "text/csv",
        "CacheControl": "no-store",
        "ContentDisposition": 'attachment; filename="a.csv"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "Metadata": {"experiment": "7", "note": "two words"},
    }
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **given)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert {name: head[name] for name in given} == given
    assert head["ETag"] == f'"{hashlib.md5(b"x").hexdigest()}"'


RANGES = {
    "bytes=0-0": (b"0", "bytes 0-0/10"),
    "bytes=3-5": (b"345", "bytes 3-5/10"),
    "bytes=7-": (b"789", "bytes 7-9/10"),
    "bytes=-2": (b"89", "bytes 8-9/10"),
    "bytes=5-99": (b"56789", "bytes 5-9/10"),
    "bytes=-99": (b"0123456789", "bytes 0-9/10"),
}


@pytest.mark.parametrize("asked", RANGES)
def test_a_range_gives_its_part(client, bucket, asked):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert (got["Body"].read(), got["ContentRange"]) == RANGES[asked]
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_range_behind_the_end_is_refused_and_a_malformed_one_ignored(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    with pytest.raises(ClientError) as failure:
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-")
    assert (code(failure), status(failure)) == ("InvalidRange", 416)
    assert s3.get_object(Bucket=bucket, Key="k", Range="lines=1-2")["Body"].read() == b"0123456789"


def test_reads_hold_to_their_conditions(client, bucket):
    s3 = client("s3")
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    when = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)["Body"].read() == b"1"
    refusals = [
        ({"IfNoneMatch": etag}, 304),
        ({"IfModifiedSince": when}, 304),
        ({"IfMatch": '"other"'}, 412),
        ({"IfUnmodifiedSince": when.replace(year=when.year - 1)}, 412),
    ]
    for condition, expected in refusals:
        with pytest.raises(ClientError) as failure:
            s3.get_object(Bucket=bucket, Key="k", **condition)
        assert status(failure) == expected, condition
    # A tag that matches outweighs a date that does not.
    s3.get_object(Bucket=bucket, Key="k", IfMatch=etag, IfUnmodifiedSince=when.replace(year=when.year - 1))


def test_writes_hold_to_their_conditions(client, bucket):
    s3 = client("s3")
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError) as failure:
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert (code(failure), status(failure)) == ("PreconditionFailed", 412)
    with pytest.raises(ClientError) as failure:
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"other"')
    assert code(failure) == "PreconditionFailed"
    with pytest.raises(ClientError) as failure:
        s3.put_object(Bucket=bucket, Key="none", Body=b"2", IfMatch=etag)
    assert code(failure) == "NoSuchKey"
    s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"3"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_a_checksum_asked_for_is_kept(client, bucket, algorithm):
    s3 = client("s3")
    sums = {
        "CRC32": zlib.crc32(b"body").to_bytes(4, "big"),
        "SHA1": hashlib.sha1(b"body").digest(),
        "SHA256": hashlib.sha256(b"body").digest(),
    }
    expected = base64.b64encode(sums[algorithm]).decode()
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"body", ChecksumAlgorithm=algorithm)
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    member = f"Checksum{algorithm}"
    assert (put[member], head[member], head["ChecksumType"]) == (expected, expected, "FULL_OBJECT")


# Values published for the nine bytes 123456789 in the catalogue of parametrised CRC algorithms.
PUBLISHED = {"ChecksumCRC32C": "e3069283", "ChecksumCRC64NVME": "ae8b14860a799888"}


@pytest.mark.parametrize("member", PUBLISHED)
def test_crcs_that_the_client_cannot_make_are_checked(client, bucket, member):
    s3 = client("s3")
    value = base64.b64encode(bytes.fromhex(PUBLISHED[member])).decode()
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"123456789", **{member: value})[member] == value
    with pytest.raises(ClientError) as failure:
        s3.put_object(Bucket=bucket, Key="k", Body=b"12345678?", **{member: value})
    assert code(failure) == "BadDigest"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"123456789"


def test_a_wrong_md5_leaves_the_old_object(client, bucket):
    s3 = client("s3", request_checksum_calculation="when_required")
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    with pytest.raises(ClientError) as failure:
        s3.put_object(Bucket=bucket, Key="k", Body=b"new", ContentMD5=wrong)
    assert code(failure) == "BadDigest"
    with pytest.raises(ClientError) as failure:
        s3.put_object(Bucket=bucket, Key="k", Body=b"new", ContentMD5="nonsense")
    assert code(failure) == "InvalidDigest"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_an_object_nobody_summed_has_a_crc64(client, bucket):
    s3 = client("s3", request_checksum_calculation="when_required")
    s3.put_object(Bucket=bucket, Key="k", Body=b"123456789")
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert base64.b64decode(head["ChecksumCRC64NVME"]).hex() == PUBLISHED["ChecksumCRC64NVME"]


def test_a_put_cut_in_the_middle_leaves_the_old_object(client, bucket):
    s3 = client("s3", signature_version="s3v4")
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    url = urlsplit(s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"}))
    connection = http.client.HTTPConnection(url.netloc)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", str(2**20))
    connection.endheaders()
    connection.send(b"x" * 300 * 1024)
    connection.close()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_tags_are_put_with_the_object_or_later(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", Tagging="a=1&b=two%20words")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "two words"},
    ]
    assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "c", "Value": ""}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    eleven = [{"Key": str(number), "Value": ""} for number in range(11)]
    with pytest.raises(ClientError) as failure:
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": eleven})
    assert code(failure) == "BadRequest"


def test_many_objects_are_deleted_at_once(client, bucket):
    s3 = client("s3")
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    wanted = {"Objects": [{"Key": key} for key in ["a", "b", "never"]]}
    deleted = s3.delete_objects(Bucket=bucket, Delete=wanted)["Deleted"]
    assert sorted(entry["Key"] for entry in deleted) == ["a", "b", "never"]
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_what_is_not_there_is_named(client, bucket, fresh):
    s3 = client("s3")
    with pytest.raises(ClientError) as failure:
        s3.get_object(Bucket=bucket, Key="missing")
    assert failure.value.response["Error"]["Key"] == "missing"
    assert code(failure) == "NoSuchKey"
    with pytest.raises(ClientError) as failure:
        s3.get_object(Bucket=fresh("nobucket"), Key="k")
    assert code(failure) == "NoSuchBucket"
    s3.delete_object(Bucket=bucket, Key="missing")


def test_encryption_asked_for_is_recorded(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", ServerSideEncryption="AES256")
    assert s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "AES256"
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", ServerSideEncryption="aws:kms")
    assert s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "aws:kms"
