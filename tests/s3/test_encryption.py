"""Bodies that are to be encrypted are so on the disk, and whatever is changed there is found."""

import base64
import hashlib
import http.client
import os
import urllib.parse

import pytest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from policies import deny, policy, refusal
from server_process import ServerProcess, wait_until

MIB = 2**20
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
KMS_HEADER = "x-amz-server-side-encryption-aws-kms"
SSE_C_HEADER = "s3:x-amz-server-side-encryption-customer"
MARKER = b"a house of seven gables; "
#: Name to size: a row, a file, and parts.
SIZES = {"row": 10, "file": 100_000, "parts": 20 * MIB}
PART = 6 * MIB
#: Content of a frame, see server/src/core/sealed-frames.ts.
FRAME, CONTENT = 65536, 65520


@pytest.fixture(scope="module")
def own():
    """A server of this file, whose folder is looked into."""
    with ServerProcess() as process:
        yield process


@pytest.fixture
def s3(own):
    return own.client("s3")


@pytest.fixture
def bucket(s3, fresh):
    name = fresh("sealed")
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def key_arn(own):
    return own.client("kms").create_key()["KeyMetadata"]["Arn"]


def customer(key=KEY, source=False):
    prefix = "CopySourceSSECustomer" if source else "SSECustomer"
    return {f"{prefix}Algorithm": "AES256", f"{prefix}Key": key}


def spelled(key=KEY):
    """As `customer`, for operations whose keys boto3 does not spell out itself."""
    text = lambda value: base64.b64encode(value).decode()  # noqa: E731
    return {**customer(text(key)), "SSECustomerKeyMD5": text(hashlib.md5(key).digest())}


@pytest.fixture
def ways(key_arn):
    """How objects are encrypted: members of a write, and those of a read."""
    kms = {"ServerSideEncryption": "aws:kms"}
    return {
        "plain": ({}, {}),
        "SSE-S3": ({"ServerSideEncryption": "AES256"}, {}),
        "SSE-KMS": ({**kms, "SSEKMSKeyId": key_arn}, {}),
        "SSE-KMS with a bucket key": ({**kms, "SSEKMSKeyId": key_arn, "BucketKeyEnabled": True}, {}),
        "SSE-KMS by the key of AWS": (kms, {}),
        "SSE-C": (customer(), customer()),
    }


def marked(size):
    """Bytes that hold the marker, however they are cut."""
    return (MARKER * (size // len(MARKER) + 1))[:size]


def put(s3, bucket, name, body, write):
    """Writes in one go or, with more bytes than a part has, in parts. Returns the ETag."""
    if len(body) <= PART:
        return s3.put_object(Bucket=bucket, Key=name, Body=body, **write)["ETag"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key=name, **write)["UploadId"]
    place = {"Bucket": bucket, "Key": name, "UploadId": upload}
    customers = {member: value for member, value in write.items() if member.startswith("SSECustomer")}
    parts = []
    for number, start in enumerate(range(0, len(body), PART), 1):
        part = s3.upload_part(**place, PartNumber=number, Body=body[start : start + PART], **customers)
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    return s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})["ETag"]


def files_with(folder, *needles):
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            found += [path.relative_to(folder) for needle in needles if needle in content]
    return found


def test_bytes_come_back_and_lie_nowhere_on_the_disk(own, s3, bucket, ways):
    for way, (write, read) in ways.items():
        for name, size in SIZES.items():
            body = marked(size) if way != "plain" else os.urandom(size)
            key = f"{way}/{name}"
            etag = put(s3, bucket, key, body, write)
            got = s3.get_object(Bucket=bucket, Key=key, **read)
            assert (got["ContentLength"], got["ETag"]) == (size, etag)
            assert got["Body"].read() == body, key
            for start, end in [
                (0, 0),
                (3, 8),
                (CONTENT - 1, CONTENT),
                (PART - 5, PART + CONTENT),
                (size - 3, size - 1),
            ]:
                if end < size:
                    part = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end}", **read)["Body"].read()
                    assert part == body[start : end + 1], (key, start)
    secrets = [MARKER[:10], MARKER[5:] + MARKER[:5], base64.b64encode(marked(10))[:12], KEY, base64.b64encode(KEY)]
    assert files_with(own.folder, *secrets) == []
    s3.put_object(Bucket=bucket, Key="plain", Body=marked(100_000))
    assert len(files_with(own.folder, MARKER)) == 1


def test_what_is_not_asked_for_is_not_claimed(s3, bucket, key_arn):
    told = lambda key: s3.head_object(Bucket=bucket, Key=key).get("ServerSideEncryption")  # noqa: E731
    s3.put_object(Bucket=bucket, Key="before", Body=b"1")
    assert (
        refusal(lambda: s3.get_bucket_encryption(Bucket=bucket))[0] == "ServerSideEncryptionConfigurationNotFoundError"
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=bucket, Key="after", Body=b"1")
    assert (told("before"), told("after")) == (None, "AES256")
    s3.copy_object(Bucket=bucket, Key="before", CopySource=f"{bucket}/before")
    assert told("before") == "AES256"


def test_etags_tell_the_md5_only_where_the_caller_has_no_key_of_their_own(s3, bucket, ways):
    body = b"guess"
    md5 = f'"{hashlib.md5(body).hexdigest()}"'
    told = {way: s3.put_object(Bucket=bucket, Key="k", Body=body, **write)["ETag"] for way, (write, _) in ways.items()}
    assert {way for way, etag in told.items() if etag == md5} == {"plain", "SSE-S3"}
    assert len(set(told.values())) == len(ways) - 1
    assert all(len(etag) == len(md5) for etag in told.values())


def test_checksums_are_told_to_who_may_read_and_lie_nowhere(own, s3, bucket, key_arn, ways):
    body = b"few bytes"
    for way in ("SSE-KMS", "SSE-C"):
        write, read = ways[way]
        place = {"Bucket": bucket, "Key": way}
        value = s3.put_object(**place, Body=body, ChecksumAlgorithm="SHA256", **write)["ChecksumSHA256"]
        assert value == base64.b64encode(hashlib.sha256(body).digest()).decode()
        assert s3.head_object(**place, ChecksumMode="ENABLED", **read)["ChecksumSHA256"] == value
        wanted = {"ObjectAttributes": ["Checksum"]}
        assert (
            s3.get_object_attributes(**place, **wanted, **(read and spelled()))["Checksum"]["ChecksumSHA256"] == value
        )
        upload = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA256", **write)["UploadId"]
        part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=body, ChecksumAlgorithm="SHA256", **read)
        assert s3.list_parts(**place, UploadId=upload)["Parts"][0]["ChecksumSHA256"] == value
        parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": value}]
        s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
        whole = base64.b64encode(hashlib.sha256(base64.b64decode(value)).digest()).decode()
        assert s3.head_object(**place, ChecksumMode="ENABLED", **read)["ChecksumSHA256"] == f"{whole}-1"
        assert files_with(own.folder, value.encode(), whole.encode()) == []


def test_copies_are_encrypted_anew(s3, bucket, ways):
    body = marked(200_000)
    for source, (write, _) in ways.items():
        s3.put_object(Bucket=bucket, Key=source, Body=body, **write)
        open_source = customer(source=True) if source == "SSE-C" else {}
        for target, (again, read) in ways.items():
            place = {"Bucket": bucket, "Key": f"{source} as {target}"}
            s3.copy_object(**place, CopySource={"Bucket": bucket, "Key": source}, **again, **open_source)
            assert s3.get_object(**place, **read)["Body"].read() == body, place
            upload = s3.create_multipart_upload(**place, **again)["UploadId"]
            part = s3.upload_part_copy(
                **place,
                UploadId=upload,
                PartNumber=1,
                CopySource={"Bucket": bucket, "Key": source},
                CopySourceRange="bytes=7-99999",
                **read,
                **open_source,
            )["CopyPartResult"]
            parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
            s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
            assert s3.get_object(**place, **read)["Body"].read() == body[7:100_000], place


def test_an_object_copied_onto_itself_changes_its_encryption(s3, bucket, ways):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 70_000)
    key = {"Bucket": bucket, "Key": "k", "CopySource": f"{bucket}/k"}
    kms, _ = ways["SSE-KMS"]
    s3.copy_object(**key, **kms)
    assert s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "aws:kms"
    s3.copy_object(**key)
    assert "ServerSideEncryption" not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x" * 70_000
    assert refusal(lambda: s3.copy_object(**key))[0] == "InvalidRequest"


# As recorded in LocalStack's tests/aws/services/s3/test_s3.snapshot.json.
WRONG_KEYS = {
    "another key": (
        customer(OTHER_KEY),
        "AccessDenied",
        "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
    ),
    "no key": (
        {},
        "InvalidRequest",
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
        "retrieve the object.",
    ),
    "a short key": (customer(b"k" * 31), "InvalidArgument", "The secret key was invalid for the specified algorithm."),
    "another algorithm": (
        {**customer(), "SSECustomerAlgorithm": "KMS"},
        "InvalidEncryptionAlgorithmError",
        "The Encryption request you specified is not valid. Supported value: AES256.",
    ),
    "an MD5 of another key": (
        {**spelled(KEY), "SSECustomerKeyMD5": spelled(OTHER_KEY)["SSECustomerKeyMD5"]},
        "InvalidArgument",
        "The calculated MD5 hash of the key did not match the hash that was provided.",
    ),
}


@pytest.mark.parametrize("case", WRONG_KEYS)
def test_a_customers_object_is_read_with_its_key_only(s3, bucket, case):
    given, code, text = WRONG_KEYS[case]
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", **customer())
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="k", **given)) == (code, text)
    status = {"AccessDenied": "403"}.get(code, "400")
    assert refusal(lambda: s3.head_object(Bucket=bucket, Key="k", **given))[0] == status


def test_parts_come_with_the_key_of_their_upload(s3, bucket):
    def part(began, given):
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k", **began)["UploadId"]
        place = {"Bucket": bucket, "Key": "k", "UploadId": upload, "PartNumber": 1}
        return refusal(lambda: s3.upload_part(**place, Body=b"1", **given))

    missing = (
        "InvalidRequest",
        "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
        "encryption parameters.",
    )
    other = ("InvalidRequest", "The provided encryption parameters did not match the ones used originally.")
    assert part(customer(), {}) == missing
    assert part({}, customer()) == missing
    assert part(customer(), customer(OTHER_KEY)) == other


def test_policies_see_how_an_object_is_encrypted(s3, bucket, ways):
    """Those of the bucket's that refuse what is not encrypted so, also for the parts of an upload."""
    header = {"SSE-KMS": "s3:x-amz-server-side-encryption", "SSE-C": f"{SSE_C_HEADER}-algorithm"}
    for way, key in header.items():
        without = deny("s3:PutObject", f"arn:aws:s3:::{bucket}/*", Principal="*", Condition={"Null": {key: "true"}})
        s3.put_bucket_policy(Bucket=bucket, Policy=policy(without))
        assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"1"))[0] == "AccessDenied"
        write, _ = ways[way]
        put(s3, bucket, "k", marked(10), write)
        put(s3, bucket, "k", marked(PART + 1), write)


def test_two_kinds_of_encryption_at_once_are_refused(s3, bucket):
    write = lambda **more: s3.put_object(Bucket=bucket, Key="k", Body=b"1", **more)  # noqa: E731
    code, text = refusal(lambda: write(ServerSideEncryption="AES256", **customer()))
    assert (code, "incompatible with the encryption method" in text) == ("InvalidArgument", True)


def flipped(stored):
    stored[len(stored) // 2] ^= 1
    return stored


def swapped(stored):
    return stored[FRAME : 2 * FRAME] + stored[:FRAME] + stored[2 * FRAME :]


DAMAGE = {
    "a bit is flipped": flipped,
    "frames change places": swapped,
    "its end is cut off": lambda stored: stored[:-FRAME],
    "a frame is left out": lambda stored: stored[FRAME:],
}


def read_broken(s3, **place):
    """What comes of an object that cannot be read whole."""
    got = bytearray()
    with pytest.raises((ClientError, BotoCoreError, HTTPClientError)):
        for chunk in s3.get_object(**place)["Body"].iter_chunks(4096):
            got += chunk
    return bytes(got)


@pytest.mark.parametrize("way", ["SSE-S3", "SSE-KMS", "SSE-C"])
def test_wrong_bytes_are_never_given(own, s3, bucket, ways, way):
    write, read = ways[way]
    body = os.urandom(5 * CONTENT + 100)
    for what, damage in DAMAGE.items():
        before = {*own.folder.glob("blobs/????/*/*")}
        place = {"Bucket": bucket, "Key": what}
        s3.put_object(**place, Body=body, **write)
        (path,) = {*own.folder.glob("blobs/????/*/*")} - before
        path.write_bytes(damage(bytearray(path.read_bytes())))
        assert body.startswith(read_broken(s3, **place, **read)), what
        # A range is not held to the checksum of the whole file: its frames tell.
        with pytest.raises((ClientError, BotoCoreError, HTTPClientError)):
            end = len(body) - 1
            assert s3.get_object(**place, Range=f"bytes=1-{end}", **read)["Body"].read() == "unread"


def test_bytes_of_one_object_are_not_read_as_anothers(own, s3, bucket, ways):
    """Files that change places: each is whole, and neither is the other."""
    write, read = ways["SSE-S3"]
    paths = []
    for name in ("one", "other"):
        before = {*own.folder.glob("blobs/????/*/*")}
        s3.put_object(Bucket=bucket, Key=name, Body=name.encode() * 100_000, **write)
        paths += {*own.folder.glob("blobs/????/*/*")} - before
    first, second = (path.read_bytes() for path in paths)
    paths[0].write_bytes(second[: len(first)])
    assert read_broken(s3, Bucket=bucket, Key="one", Range="bytes=0-9", **read) == b""


def test_old_objects_are_read_after_their_key_was_rotated(own, s3, bucket, key_arn, ways):
    write, _ = ways["SSE-KMS"]
    s3.put_object(Bucket=bucket, Key="old", Body=marked(70_000), **write)
    own.client("kms").rotate_key_on_demand(KeyId=key_arn)
    s3.put_object(Bucket=bucket, Key="new", Body=marked(70_000), **write)
    for name in ("old", "new"):
        assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == marked(70_000)


def test_a_server_that_is_killed_leaves_no_half_object(own, s3, bucket, ways):
    """Last, for it takes the server away from those above."""
    for way, (write, _) in ways.items():
        s3.put_object(Bucket=bucket, Key=way, Body=marked(100_000), **write)
    write, _ = ways["SSE-KMS"]
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "SSE-KMS", **write})
    address = urllib.parse.urlsplit(url)
    sending = http.client.HTTPConnection(address.netloc)
    sending.putrequest("PUT", f"{address.path}?{address.query}")
    headers = {"aws:kms": "x-amz-server-side-encryption", write["SSEKMSKeyId"]: f"{KMS_HEADER}-key-id"}
    for value, header in headers.items():
        sending.putheader(header, value)
    sending.putheader("content-length", str(40 * MIB))
    sending.endheaders(marked(20 * MIB))
    incoming = own.folder / "blobs" / "incoming"
    wait_until(lambda: any(path.stat().st_size > MIB for path in incoming.iterdir()), 30, "bytes are on the disk")
    own.kill()
    sending.close()
    assert files_with(incoming, MARKER) == []
    s3 = own.start().client("s3")
    for way, (_, read) in ways.items():
        assert s3.get_object(Bucket=bucket, Key=way, **read)["Body"].read() == marked(100_000), way
    assert [*incoming.iterdir()] == []
