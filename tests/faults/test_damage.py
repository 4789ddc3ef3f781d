"""Bytes that the disk did not keep: nothing wrong is handed out as right, and whoever reads it is told what it was."""

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from kept_model import ROWS, keep_model
from server_process import FLAGS, NODE, ROOT, ServerProcess, wait_until
from xgboost_jobs import (
    create_endpoint,
    create_model,
    ended_job,
    ended_transform,
    settled_endpoint,
    training_request,
    transform_request,
)

PART = 5 * 2**20
SIZES = iter(range(300_001, 400_000))


@pytest.fixture(scope="module")
def server():
    process = ServerProcess()
    process.start()
    keep_model(process)
    yield process
    process.close()


def blob_of(server, size):
    """The file of the body that has this size, which no other body has."""
    [found] = [file for file in (server.folder / "blobs").rglob("*") if file.is_file() and file.stat().st_size == size]
    return found


def put(server, key, body=None):
    """Puts an object of a size of its own; gives its bytes and its file."""
    body = body or random.Random(key).randbytes(next(SIZES))
    server.client("s3").put_object(Bucket="kept", Key=key, Body=body)
    return body, blob_of(server, len(body))


def flip(file, at):
    """Changes one bit of the byte, counted from the end when it is negative."""
    with file.open("r+b") as stream:
        stream.seek(at, os.SEEK_END if at < 0 else os.SEEK_SET)
        byte = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte[0] ^ 1]))


DAMAGES = {
    "a bit of the first byte": lambda file: flip(file, 0),
    "a bit in the middle": lambda file: flip(file, 150_000),
    "a bit of the last byte": lambda file: flip(file, -1),
    "the last byte": lambda file: os.truncate(file, file.stat().st_size - 1),
    "its second half": lambda file: os.truncate(file, 150_000),
    "all its bytes": lambda file: os.truncate(file, 0),
    "the file": lambda file: file.unlink(),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_an_object_is_never_handed_out_as_whole_when_it_has_lost(server, what):
    s3 = server.client("s3", response_checksum_validation="when_required")
    key = f"lost/{what}"
    body, file = put(server, key)
    DAMAGES[what](file)
    with pytest.raises((BotoCoreError, ClientError)):
        s3.get_object(Bucket="kept", Key=key)["Body"].read()
    with pytest.raises((BotoCoreError, ClientError)):
        s3.copy_object(Bucket="kept", Key="copy", CopySource=f"kept/{key}")
    with pytest.raises(ClientError) as missing:
        s3.head_object(Bucket="kept", Key="copy")
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    # The server's words come through a pipe, after its answer or before.
    wait_until(lambda: f"s3://kept/{key} cannot be read" in "".join(server.errors), 20, "the server says so")
    assert s3.head_object(Bucket="kept", Key=key)["ContentLength"] == len(body)
    s3.put_object(Bucket="kept", Key=key, Body=body)
    assert s3.get_object(Bucket="kept", Key=key)["Body"].read() == body


@pytest.mark.parametrize("what", ["the last byte", "the file"])
def test_a_range_that_is_not_there_any_more_is_not_made_up(server, what):
    s3 = server.client("s3")
    body, file = put(server, f"range/{what}")
    DAMAGES[what](file)
    with pytest.raises((BotoCoreError, ClientError)):
        s3.get_object(Bucket="kept", Key=f"range/{what}", Range=f"bytes={len(body) - 10}-")["Body"].read()


def test_a_damaged_part_spoils_reads_that_need_it_and_no_others(server):
    s3 = server.client("s3", response_checksum_validation="when_required")
    upload = s3.create_multipart_upload(Bucket="kept", Key="parts")["UploadId"]
    bodies = [random.Random(number).randbytes(PART + number) for number in (1, 2)]
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(Bucket="kept", Key="parts", UploadId=upload, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, 1)
    ]
    s3.complete_multipart_upload(Bucket="kept", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    flip(blob_of(server, PART + 2), PART)
    assert s3.get_object(Bucket="kept", Key="parts", PartNumber=1)["Body"].read() == bodies[0]
    for damaged in ({}, {"PartNumber": 2}):
        with pytest.raises((BotoCoreError, ClientError)):
            s3.get_object(Bucket="kept", Key="parts", **damaged)["Body"].read()


def test_a_training_job_that_reads_damaged_data_fails_naming_it(server):
    _, file = put(server, "damaged/rows.csv", ROWS * 10_000)
    flip(file, 1000)
    request = training_request("reads-damage", "kept", {"num_round": 2})
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = "s3://kept/damaged/"
    server.client("sagemaker").create_training_job(**request)
    job = ended_job(server.client("sagemaker"), "reads-damage")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: s3://kept/damaged/rows.csv cannot be read: its blob ")
    assert job["FailureReason"].endswith(" Put the object again, or restore a backup.")


def test_a_transform_job_that_reads_damaged_data_fails_naming_it(server):
    _, file = put(server, "asked/rows.csv", b"1\n" * 100_001)
    flip(file, -2)
    sagemaker = server.client("sagemaker")
    sagemaker.create_transform_job(**transform_request("reads-damage", "model", "kept", "asked/"))
    job = ended_transform(sagemaker, "reads-damage")
    assert job["TransformJobStatus"] == "Failed"
    assert "s3://kept/asked/rows.csv cannot be read" in job["FailureReason"]
    listed = server.client("s3").list_objects_v2(Bucket="kept", Prefix="answers/")
    assert "Contents" not in listed


def test_an_endpoint_whose_model_is_damaged_fails_naming_it(server):
    sagemaker = server.client("sagemaker")
    _, file = put(server, "model.tar.gz")
    file.unlink()
    create_model(sagemaker, "damaged", "s3://kept/model.tar.gz")
    create_endpoint(sagemaker, "damaged", "damaged")
    endpoint = settled_endpoint(sagemaker, "damaged")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "s3://kept/model.tar.gz cannot be read" in endpoint["FailureReason"]


def doctor(folder):
    command = [NODE, *FLAGS, ROOT / "server/src/cli/start.mjs", "doctor", "--data", folder]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60).stdout


def test_doctor_names_objects_whose_files_are_gone_or_cut(server):
    for key, damage in {"doctor/gone": DAMAGES["the file"], "doctor/cut": DAMAGES["the last byte"]}.items():
        damage(put(server, key)[1])
    said = doctor(server.folder)
    [line] = [line for line in said.splitlines() if "objects:" in line]
    assert line.startswith("limited")
    assert "s3:object kept doctor/gone" in line
    assert "s3:object kept doctor/cut" in line


KEPT = 100


@pytest.fixture(scope="module")
def written():
    """The data folder of a server that has kept small objects and was stopped; its database is all in one file."""
    server = ServerProcess()
    server.start()
    server.client("s3").create_bucket(Bucket="kept")
    for number in range(KEPT):
        server.client("s3").put_object(Bucket="kept", Key=f"{number:03}", Body=f"body {number}".encode() * 100)
    server.stop()
    with contextlib.closing(sqlite3.connect(server.folder / "rows.db")) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    yield server.folder
    server.close()


@pytest.fixture
def stopped(written, tmp_path):
    """A server on a copy of that folder, not started."""
    folder = tmp_path / "data"
    shutil.copytree(written, folder)
    server = ServerProcess(folder=folder)
    yield server
    server.close()


def test_a_database_whose_head_is_damaged_is_refused_with_what_to_do(stopped):
    database = stopped.folder / "rows.db"
    assert "ok       database" in doctor(stopped.folder)
    for at in range(16):
        flip(database, at)
    with pytest.raises(AssertionError) as refused:
        stopped.start()
    said = str(refused.value)
    assert f"The database {database} is damaged (" in said
    assert "Restore a backup of the data folder" in said
    assert "    at " not in said
    assert "MISSING  database" in doctor(stopped.folder)


def test_a_database_with_damaged_pages_answers_right_or_not_at_all(stopped):
    database = stopped.folder / "rows.db"
    pages = database.stat().st_size // 4096
    numbers = random.Random(os.environ.get("SAGEBRUSH_DAMAGE_SEED", "1"))
    # The first pages hold the schema: they were damaged above.
    for page in numbers.sample(range(pages // 4, pages), pages // 4):
        with database.open("r+b") as stream:
            stream.seek(page * 4096)
            stream.write(numbers.randbytes(4096))
    try:
        stopped.start()
    except AssertionError as refused:
        assert "is damaged (" in str(refused)
        return
    s3 = stopped.client("s3")
    outcomes = {"right": 0, "refused": 0}
    for number in range(KEPT):
        try:
            body = s3.get_object(Bucket="kept", Key=f"{number:03}")["Body"].read()
            assert body == f"body {number}".encode() * 100
            outcomes["right"] += 1
        except (ClientError, BotoCoreError):
            outcomes["refused"] += 1
    assert outcomes["refused"] > 0
    assert stopped.process.poll() is None
    assert "MISSING  database" in doctor(stopped.folder)
