"""What a training container finds in its channels: Pipe mode, records, shuffling, manifests, configuration."""

import gzip
import hashlib
import json
import os

import pytest
from botocore.exceptions import ClientError
from channel_programs import (
    as_record,
    augmented,
    begin_program,
    failure_of,
    pipe,
    put,
    records,
    result_of,
)
from own_programs import files_of, printed
from server_process import wait_until
from xgboost_jobs import channel, ended_job

# Larger than what a pipe holds, and than what is kept in a row.
LARGE = b"0123456789abcdef" * 200_000


@pytest.fixture
def begin(server, bucket, fresh):
    """begin(program, *channels, **changes): the name of a job that runs the program."""

    def start(program, *channels, **changes):
        name = fresh("channels")
        begin_program(server, bucket, name, program, channels, **changes)
        return name

    return start


@pytest.fixture
def run(server, bucket, begin):
    """run(…) as begin: the program's `result`."""
    return lambda program, *channels, **changes: result_of(server, bucket, begin(program, *channels, **changes))


@pytest.fixture
def fails(server, begin):
    """fails(…) as begin: the job's FailureReason."""
    return lambda program, *channels, **changes: failure_of(server, begin(program, *channels, **changes))


def test_objects_come_one_after_another_epoch_after_epoch(server, bucket, run):
    put(
        server,
        bucket,
        {"train/b": b"second\n", "train/a": b"first\n", "train/c/": b"", "train/d": LARGE, "train/e": b""},
    )
    found = run(
        """
for epoch in range(3):
    data = read("train", epoch)
    result[epoch] = [data[:13].decode(), len(data), hashlib.sha256(data).hexdigest()]
""",
        pipe(bucket, "train/"),
    )
    assert found["0"][:2] == ["first\nsecond\n", 13 + len(LARGE)]
    assert found["0"] == found["1"] == found["2"]


def test_the_first_fifo_is_there_and_the_next_only_when_it_was_read(server, bucket, run):
    put(server, bucket, {"train/a": b"small"})
    found = run(
        """
result["at the start"] = sorted(os.listdir(DATA))
fifo = opened("train", 0)
result["first"] = fifo.read(1).decode()
time.sleep(0.3)
result["half read"] = os.path.exists(path("train", 1))
result["rest"] = fifo.read().decode()
fifo.close()
result["second"] = text("train", 1)
third = opened("train", 2)
status = os.fstat(third.fileno())
result["owner"] = [status.st_uid, status.st_gid]
""",
        pipe(bucket, "train/"),
    )
    assert found == {
        "at the start": ["code", "train_0"],
        "first": "s",
        "half read": False,
        "rest": "mall",
        "second": "small",
        "owner": [0, 0],
    }


def test_an_epoch_closed_early_is_followed_by_the_next_from_its_beginning(server, bucket, run):
    put(server, bucket, {"train/a": b"start" + LARGE})
    found = run(
        """
result["read"] = []
for epoch in range(3):
    with opened("train", epoch) as fifo:
        result["read"].append(fifo.read(5).decode())
result["last"] = len(read("train", 3))
""",
        pipe(bucket, "train/"),
    )
    assert found == {"read": ["start"] * 3, "last": 5 + len(LARGE)}


def test_channels_are_independent_and_one_that_nobody_opens_holds_up_nothing(server, bucket, run):
    put(server, bucket, {"train/a": b"T" * 300_000, "validation/a": b"V", "unused/a": LARGE})
    found = run(
        """
result["train"] = [len(read("train", epoch)) for epoch in range(4)]
slow = opened("train", 4)
result["validation"] = [text("validation", epoch) for epoch in range(3)]
result["slow"] = len(slow.read())
result["unused"] = os.path.exists(path("unused", 0))
""",
        pipe(bucket, "train/"),
        pipe(bucket, "validation/", name="validation"),
        pipe(bucket, "unused/", name="unused"),
    )
    assert found == {"train": [300_000] * 4, "validation": ["V"] * 3, "slow": 300_000, "unused": True}


def test_pipe_and_file_channels_stand_side_by_side_and_are_described(server, bucket, run):
    put(server, bucket, {"train/a": b"T", "files/x/y": b"F"})
    files = channel(bucket, "files/", name="files", S3DataDistributionType="ShardedByS3Key")
    found = run(
        """
for name in ("inputdataconfig", "resourceconfig"):
    result[name] = json.load(open(f"/opt/ml/input/config/{name}.json"))
result["file"] = open(f"{DATA}/files/x/y").read()
result["pipe"] = text("train", 0)
""",
        pipe(bucket, "train/", ContentType="text/plain", RecordWrapperType="None", CompressionType="None"),
        files,
    )
    config = found.pop("inputdataconfig")
    assert config["train"] == {
        "ContentType": "text/plain",
        "TrainingInputMode": "Pipe",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    assert config["files"] == {
        "ContentType": "text/csv",
        "TrainingInputMode": "File",
        "S3DistributionType": "ShardedByS3Key",
        "RecordWrapperType": "None",
    }
    resources = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}
    assert found == {"resourceconfig": resources, "file": "F", "pipe": "T"}


def test_gzip_is_unpacked(server, bucket, run):
    two_members = gzip.compress(b"one ") + gzip.compress(b"two ")
    put(server, bucket, {"train/a.gz": two_members, "train/b.gz": gzip.compress(LARGE), "train/c.gz": b""})
    found = run(
        """
data = read("train", 0)
result["start"], result["length"] = data[:8].decode(), len(data)
result["again"] = read("train", 1) == data
""",
        pipe(bucket, "train/", CompressionType="Gzip"),
    )
    assert found == {"start": "one two ", "length": 8 + len(LARGE), "again": True}


def test_objects_become_records_unless_they_are(server, bucket, begin):
    objects = {"a": b"five!", "b": as_record(b"left") + as_record(b"as it is"), "c": b"", "d": LARGE}
    put(server, bucket, {f"train/{key}": body for key, body in objects.items()})
    put(server, bucket, {f"packed/{key}": gzip.compress(body) for key, body in objects.items()})
    name = begin(
        """
data = read("train", 0)
result["same"] = read("packed", 0) == data
open("/opt/ml/model/data", "wb").write(data)
""",
        pipe(bucket, "train/", RecordWrapperType="RecordIO"),
        pipe(bucket, "packed/", name="packed", RecordWrapperType="RecordIO", CompressionType="Gzip"),
    )
    assert result_of(server, bucket, name) == {"same": True}
    data = files_of(server.client("s3"), bucket, name)["data"]
    assert data == as_record(b"five!") + objects["b"] + as_record(b"") + as_record(LARGE)
    assert records(data) == [b"five!", b"left", b"as it is", b"", LARGE]


def test_a_seed_shuffles_each_epoch_anew_and_every_channel_alike(server, bucket, run):
    for prefix in ("images", "labels"):
        put(server, bucket, {f"{prefix}/{number:02}": b"%02d " % number for number in range(20)})
    shuffled = {"ShuffleConfig": {"Seed": 2**62 + 1}}
    found = run(
        """
for channel in ("images", "labels", "other", "plain"):
    result[channel] = [text(channel, epoch) for epoch in range(3)]
""",
        pipe(bucket, "images/", name="images", **shuffled),
        pipe(bucket, "labels/", name="labels", **shuffled),
        pipe(bucket, "labels/", name="other", ShuffleConfig={"Seed": 1}),
        pipe(bucket, "labels/", name="plain"),
    )
    listing = " ".join(f"{number:02}" for number in range(20)) + " "
    assert found["plain"] == [listing] * 3
    assert found["images"] == found["labels"] != found["other"]
    orders = [*found["images"], *found["other"]]
    assert len(set(orders)) == 6
    assert {tuple(sorted(order.split())) for order in orders} == {tuple(sorted(listing.split()))}


def test_a_manifest_names_what_is_streamed_and_in_which_order(server, bucket, run):
    put(server, bucket, {"a/1": b"one ", "a/2": b"two ", "b/../3": b"three "})
    put(server, bucket, {"manifest": json.dumps([{"prefix": f"s3://{bucket}"}, "/a/2", "/a/1", "/b/../3", "/a/2"])})
    found = run('result["data"] = text("train", 0)', pipe(bucket, "manifest", data_type="ManifestFile"))
    assert found == {"data": "two one three two "}


def a_labeled(bucket, number):
    """A line as Ground Truth writes it."""
    return {
        "source-ref": f"s3://{bucket}/images/{number}",
        "species": number,
        "species-metadata": {
            "class-name": "iris",
            "confidence": 0.87,
            "human-annotated": "yes",
            "creation-date": "2020-09-14T00:00:00",
            "type": "groundtruth/image-classification",
        },
    }


def lines(*entries):
    return "".join(f"{json.dumps(entry)}\n" for entry in entries).encode()


def test_an_augmented_manifest_gives_a_record_for_each_attribute(server, bucket, run):
    images = [b"\x89PNG small", LARGE, as_record(b"wrapped all the same")]
    put(server, bucket, {f"images/{number}": image for number, image in enumerate(images)})
    put(server, bucket, {"manifest": lines(*(a_labeled(bucket, number) for number in range(3)))})
    program = """
data = read("train", 0)
result["size"] = len(data)
result["hash"] = hashlib.sha256(data).hexdigest()
result["same again"] = read("train", 1) == data
result["text"] = text("text", 0)
"""
    found = run(
        program,
        augmented(bucket, "manifest", ["source-ref", "species"], RecordWrapperType="RecordIO"),
        augmented(bucket, "manifest", ["species", "species-metadata"], name="text"),
    )
    expected = b"".join(as_record(image) + as_record(b"%d" % number) for number, image in enumerate(images))
    metadata = json.dumps(a_labeled(bucket, 0)["species-metadata"], separators=(",", ":"))
    assert found == {
        "size": len(expected),
        "hash": hashlib.sha256(expected).hexdigest(),
        "same again": True,
        "text": "".join(f"{number}{metadata}" for number in range(3)),
    }


def test_lines_of_an_augmented_manifest_are_shuffled_whole(server, bucket, run):
    put(server, bucket, {"manifest": lines(*({"a": f"{number:02}-", "b": number * 2} for number in range(30)))})
    found = run(
        'result["epochs"] = [text("train", epoch) for epoch in range(2)]',
        augmented(bucket, "manifest", ["a", "b"], ShuffleConfig={"Seed": 5}),
    )
    first, second = found["epochs"]
    assert first != second
    for number in range(30):
        for epoch in (first, second):
            assert f"{number:02}-{number * 2}" in epoch


def test_referenced_objects_may_be_gzip(server, bucket, run):
    put(
        server,
        bucket,
        {"packed": gzip.compress(b"unpacked "), "manifest": lines({"a-ref": f"s3://{bucket}/packed", "b": "x"})},
    )
    found = run(
        'result["data"] = text("train", 0)',
        augmented(bucket, "manifest", ["a-ref", "b"], CompressionType="Gzip"),
    )
    assert found == {"data": "unpacked x"}


GOOD = {"source-ref": "s3://{bucket}/there", "label": 1}
BAD_MANIFESTS = {
    "a line without the attribute": (
        [GOOD, {"label": 1}],
        ["line 2", 'no attribute "source-ref"', "s3://{bucket}/manifest"],
    ),
    "an attribute in other letters": (
        [{**GOOD, "Label": 1, "label": 1}, {"source-ref": GOOD["source-ref"], "Label": 1}],
        ["line 2", '"label"'],
    ),
    "a line that is cut": ([GOOD, GOOD, '{"source-ref": "s3://{bucket}/th'], ["line 3", "is no JSON"]),
    "a reference that is no URI": ([{**GOOD, "source-ref": "there"}], ["line 1", '"source-ref"', "S3 URI"]),
    "no line": ([" "], ["s3://{bucket}/manifest has no line"]),
    "a reference to nothing": ([{**GOOD, "source-ref": "s3://{bucket}/nowhere"}], ["s3://{bucket}/nowhere"]),
}


@pytest.mark.parametrize("sentence", BAD_MANIFESTS)
def test_a_bad_augmented_manifest_fails_naming_the_line(server, bucket, fails, sentence):
    entries, named = BAD_MANIFESTS[sentence]
    text = "\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in entries)
    put(server, bucket, {"there": b"x", "manifest": text.replace("{bucket}", bucket).encode()})
    reason = fails('read("train", 0)\nread("train", 1)', augmented(bucket, "manifest", ["source-ref", "label"]))
    assert reason.startswith('ClientError: Data streaming failed for channel "train": ')
    for word in named:
        assert word.replace("{bucket}", bucket) in reason, reason


def test_data_that_is_no_gzip_fails_naming_the_object(server, bucket, fails):
    put(server, bucket, {"train/a": gzip.compress(b"good"), "train/b": b"not packed at all"})
    reason = fails('read("train", 0)', pipe(bucket, "train/", CompressionType="Gzip"))
    assert reason.startswith("ClientError: ") and f"s3://{bucket}/train/b is no gzip data" in reason


def test_gzip_data_that_is_cut_fails_naming_the_object(server, bucket, fails):
    put(server, bucket, {"train/a": gzip.compress(b"x" * 10_000)[:-20]})
    reason = fails('read("train", 0)', pipe(bucket, "train/", CompressionType="Gzip"))
    assert f"s3://{bucket}/train/a is no gzip data" in reason


MISSING = {
    "a prefix without objects": (lambda bucket: pipe(bucket, "nothing/"), ["No S3 objects found", "/nothing/"]),
    "a manifest that is missing": (lambda bucket: pipe(bucket, "none", data_type="ManifestFile"), ["/none"]),
    "an augmented manifest that is missing": (lambda bucket: augmented(bucket, "none", ["a"]), ["/none"]),
}


@pytest.mark.parametrize("sentence", MISSING)
def test_what_is_missing_fails_before_the_program_runs(bucket, fails, sentence):
    made, named = MISSING[sentence]
    reason = fails("raise SystemExit(1)", made(bucket))
    assert reason.startswith('ClientError: Data download failed for channel "train": ')
    for word in named:
        assert word in reason, reason


def test_an_object_that_was_damaged_on_disk_is_not_taken_for_whole(server, bucket, fails):
    body = os.urandom(1_000_000)
    put(server, bucket, {"train/a": body})
    stored = next(path for path in server.folder.rglob("*") if path.is_file() and path.stat().st_size == len(body))
    assert stored.read_bytes() == body
    stored.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    reason = fails('read("train", 0)', pipe(bucket, "train/"))
    assert reason.startswith("InternalServerError: ") and f"s3://{bucket}/train/a cannot be read" in reason


CHANGES = {
    "deleted": (lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="train/b"), "was deleted"),
    "changed": (lambda s3, bucket: s3.put_object(Bucket=bucket, Key="train/b", Body=b"new"), "was changed"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_object_that_is_changed_between_epochs_fails_the_job_naming_it(client, server, bucket, begin, change):
    act, told = CHANGES[change]
    put(server, bucket, {"train/a": LARGE, "train/b": b"old"})
    name = begin(
        """
fifo = opened("train", 0)
fifo.read(1)
print("reading", flush=True)
epoch = 0
while True:
    data = fifo.read()
    assert data.endswith(b"old"), data[-10:]
    fifo.close()
    epoch += 1
    fifo = opened("train", epoch)
    time.sleep(0.05)
""",
        pipe(bucket, "train/"),
    )
    wait_until(lambda: "reading" in printed(server, name), 60, "the program reads")
    act(client("s3"), bucket)
    reason = failure_of(server, name)
    assert reason.startswith("ClientError: ") and f"s3://{bucket}/train/b {told}" in reason


def test_a_reference_to_a_bucket_that_is_not_there_fails_naming_object_and_role(server, bucket, fails):
    put(server, bucket, {"train/a": b"x", "manifest": lines({"a-ref": "s3://somebody-elses/object"})})
    reason = fails('read("train", 0)', augmented(bucket, "manifest", ["a-ref"]))
    assert reason.startswith("ClientError: ") and "s3://somebody-elses/object" in reason and "role" in reason


def test_something_else_in_the_place_of_a_fifo_is_not_written_to(server, bucket, fails):
    put(server, bucket, {"train/a": LARGE})
    reason = fails(
        """
fifo = opened("train", 0)
os.symlink("/opt/ml/model/stolen", path("train", 1))
fifo.close()
time.sleep(60)
""",
        pipe(bucket, "train/"),
    )
    assert reason.startswith("AlgorithmError: ") and "train_1" in reason


def test_a_stopped_job_in_pipe_mode_is_stopped(client, server, bucket, begin):
    put(server, bucket, {"train/a": LARGE})
    sagemaker = client("sagemaker")
    name = begin(
        'open("/opt/ml/model/half", "w")\nfifo = opened("train", 0)\nprint("reading")\ntime.sleep(600)',
        pipe(bucket, "train/"),
    )
    wait_until(lambda: "reading" in printed(server, name), 60, "the program reads")
    sagemaker.stop_training_job(TrainingJobName=name)
    job = ended_job(sagemaker, name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped"), job.get("FailureReason")


REFUSED = {
    "records in File mode": (
        {"InputMode": "File", "RecordWrapperType": "RecordIO"},
        {},
        "RecordIO needs the input mode Pipe",
    ),
    "gzip in File mode": ({"InputMode": "File", "CompressionType": "Gzip"}, {}, "Gzip needs the input mode Pipe"),
    "an augmented manifest in File mode": (
        {"InputMode": "File"},
        {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["a"]},
        "AugmentedManifestFile needs the input mode Pipe",
    ),
    "an augmented manifest without attributes": ({}, {"S3DataType": "AugmentedManifestFile"}, "AttributeNames"),
    "attributes of a prefix": ({}, {"AttributeNames": ["a"]}, "AugmentedManifestFile"),
    "a manifest that is a bucket": ({}, {"S3DataType": "ManifestFile", "S3Uri": "s3://bucket"}, "is an object"),
    "a mode that came later": ({"InputMode": "FastFile"}, {}, "FastFile"),
    "a channel with the name of another's FIFO": ({"ChannelName": "cod"}, {}, None),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_channel_is_refused_at_once(bucket, begin, sentence):
    members, source, named = REFUSED[sentence]
    made = {**pipe(bucket, "train/"), **members}
    made["DataSource"] = {"S3DataSource": {**made["DataSource"]["S3DataSource"], **source}}
    channels = [made]
    if named is None:
        channels = [pipe(bucket, "train/"), channel(bucket, "train/", name="train_0")]
        named = 'the channel "train_0" has the name of a FIFO of the channel "train"'
    with pytest.raises(ClientError) as refused:
        begin("", *channels)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert named in refused.value.response["Error"]["Message"]
