"""Multipart uploads, by hand and by the transfer library."""

import hashlib
import io
import os

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

MIB = 2**20


def code(failure):
    return failure.value.response["Error"]["Code"]


@pytest.fixture
def upload(client, bucket):
    """upload(parts, **create): uploads the parts and returns (upload id, list for completion)."""
    s3 = client("s3")

    def begin(parts, **create):
        number = s3.create_multipart_upload(Bucket=bucket, Key="k", **create)["UploadId"]
        sums = {name: create[name] for name in ["ChecksumAlgorithm"] if name in create}
        done = []
        for index, body in enumerate(parts, 1):
            answer = s3.upload_part(Bucket=bucket, Key="k", UploadId=number, PartNumber=index, Body=body, **sums)
            given = {name: value for name, value in answer.items() if name.startswith("Checksum")}
            done.append({"PartNumber": index, "ETag": answer["ETag"], **given})
        return number, done

    return begin


def complete(s3, bucket, upload_id, parts):
    return s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts})


def test_parts_become_one_object(client, bucket, upload):
    s3 = client("s3")
    bodies = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"end"]
    upload_id, parts = upload(bodies, Metadata={"m": "1"}, ContentType="x/y")
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, 5 * MIB), (2, 5 * MIB), (3, 3)]
    etag = complete(s3, bucket, upload_id, parts)["ETag"]
    digest = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in bodies)).hexdigest()
    assert etag == f'"{digest}-3"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(bodies)
    assert (got["Metadata"], got["ContentType"]) == ({"m": "1"}, "x/y")
    across = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={5 * MIB - 2}-{5 * MIB + 1}")["Body"].read()
    assert across == bodies[0][-2:] + bodies[1][:2]
    second = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (bodies[1], 3)


def test_completion_is_refused_when_parts_do_not_fit(client, bucket, upload):
    s3 = client("s3")
    upload_id, parts = upload([b"small", b"end"])
    cases = [
        (parts, "EntityTooSmall"),
        (parts[::-1], "InvalidPartOrder"),
        ([{**parts[0], "ETag": '"0123"'}], "InvalidPart"),
        ([*parts, {"PartNumber": 9, "ETag": parts[0]["ETag"]}], "InvalidPart"),
    ]
    for wanted, expected in cases:
        with pytest.raises(ClientError) as failure:
            complete(s3, bucket, upload_id, wanted)
        assert code(failure) == expected
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    with pytest.raises(ClientError) as failure:
        complete(s3, bucket, upload_id, parts[:1])
    assert code(failure) == "NoSuchUpload"


def test_a_part_sent_again_replaces_the_one_before(client, bucket, upload):
    s3 = client("s3")
    upload_id, _ = upload([b"first"])
    again = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"second")
    complete(s3, bucket, upload_id, [{"PartNumber": 1, "ETag": again["ETag"]}])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second"


@pytest.mark.parametrize(("algorithm", "kind"), [("SHA256", "COMPOSITE"), ("CRC32", "FULL_OBJECT")])
def test_checksums_of_uploads_are_kept(client, bucket, upload, algorithm, kind):
    s3 = client("s3")
    bodies = [b"a" * 5 * MIB, b"b"]
    upload_id, parts = upload(bodies, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    complete(s3, bucket, upload_id, parts)
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["ChecksumType"] == kind
    s3.put_object(Bucket=bucket, Key="whole", Body=b"".join(bodies), ChecksumAlgorithm=algorithm)
    whole = s3.head_object(Bucket=bucket, Key="whole", ChecksumMode="ENABLED")[f"Checksum{algorithm}"]
    if kind == "FULL_OBJECT":
        assert head[f"Checksum{algorithm}"] == whole
    else:
        assert head[f"Checksum{algorithm}"].endswith("-2")


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_a_part_is_read_with_its_own_checksum_where_the_object_has_that_of_all_parts(client, bucket, upload, kind):
    s3 = client("s3")
    upload_id, parts = upload([b"a" * 5 * MIB, b"b"], ChecksumAlgorithm="CRC32", ChecksumType=kind)
    complete(s3, bucket, upload_id, parts)
    for read in (s3.get_object, s3.head_object):
        answer = read(Bucket=bucket, Key="k", PartNumber=2, ChecksumMode="ENABLED")
        found = (answer.get("ChecksumCRC32"), answer.get("ChecksumType"))
        assert found == ((parts[1]["ChecksumCRC32"], "COMPOSITE") if kind == "COMPOSITE" else (None, None))


def test_parts_are_copied_from_objects(client, bucket):
    s3 = client("s3")
    source = os.urandom(6 * MIB)
    s3.put_object(Bucket=bucket, Key="source", Body=source)
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = []
    for number, area in enumerate([f"0-{5 * MIB - 1}", f"{5 * MIB}-{6 * MIB - 1}"], 1):
        answer = s3.upload_part_copy(
            Bucket=bucket,
            Key="k",
            UploadId=upload_id,
            PartNumber=number,
            CopySource={"Bucket": bucket, "Key": "source"},
            CopySourceRange=f"bytes={area}",
        )
        parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
    complete(s3, bucket, upload_id, parts)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == source


def test_uploads_under_way_are_listed(client, bucket):
    s3 = client("s3")
    started = [s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in ["a", "a", "b/c"]]
    page = s3.list_multipart_uploads(Bucket=bucket)
    assert sorted(entry["UploadId"] for entry in page["Uploads"]) == sorted(started)
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [entry["Prefix"] for entry in rolled["CommonPrefixes"]] == ["b/"]
    seen = []
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1}):
        seen.extend(entry["UploadId"] for entry in page.get("Uploads", []))
    assert sorted(seen) == sorted(started)
    for entry in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]:
        s3.abort_multipart_upload(Bucket=bucket, Key=entry["Key"], UploadId=entry["UploadId"])


def test_the_transfer_library_moves_large_files(client, bucket):
    s3 = client("s3")
    data = os.urandom(17 * MIB)
    settings = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(data), bucket, "large", Config=settings)
    s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copy", Config=settings)
    back = io.BytesIO()
    s3.download_fileobj(bucket, "copy", back, Config=settings)
    assert back.getvalue() == data
