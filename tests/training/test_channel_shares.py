"""Which part of a channel each host of a job finds, in File mode and in Pipe mode."""

import json
from itertools import chain

import pytest
from channel_programs import augmented, begin_program, failure_of, pipe, put
from own_programs import files_of
from xgboost_jobs import channel, ended_job

HOSTS = 3
# Each host leaves a file of its own in the model.
PER_HOST = """
host = json.load(open("/opt/ml/input/config/resourceconfig.json"))
name = host["current_host"]
found = {"resources": host}
%s
json.dump(found, open(f"/opt/ml/model/{name}.json", "w"))
"""
FILES = 'found["files"] = sorted(os.listdir(f"{DATA}/train"))'
PIPE = 'found["epochs"] = [text("train", epoch) for epoch in range(3)]'


@pytest.fixture
def shares(server, bucket, fresh):
    """shares(program, channel, hosts): what each host has found, by its name."""

    def run(program, made, hosts=HOSTS):
        name = fresh("shares")
        # All hosts write result.json; the archive has one of them.
        begin_program(server, bucket, name, PER_HOST % program, [made], hosts=hosts)
        job = ended_job(server.client("sagemaker"), name)
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        found = {}
        for path, body in files_of(server.client("s3"), bucket, name).items():
            if path.startswith("algo-"):
                found[path.removesuffix(".json")] = json.loads(body)
        assert sorted(found) == sorted(f"algo-{number + 1}" for number in range(hosts))
        return found

    return run


def letters(server, bucket, count):
    put(server, bucket, {f"train/{letter}": f"{letter} ".encode() for letter in "abcdefghij"[:count]})


def test_every_host_finds_all_of_a_replicated_channel_and_the_hosts_in_order(server, bucket, shares):
    letters(server, bucket, 4)
    found = shares(FILES, channel(bucket, "train/"))
    hosts = ["algo-1", "algo-2", "algo-3"]
    for name, seen in found.items():
        resources = {"current_host": name, "hosts": hosts, "network_interface_name": "eth0"}
        assert seen == {"resources": resources, "files": list("abcd")}


def test_objects_are_dealt_to_hosts_in_file_mode(server, bucket, shares):
    letters(server, bucket, 7)
    found = shares(FILES, channel(bucket, "train/", S3DataDistributionType="ShardedByS3Key"))
    dealt = [seen["files"] for seen in found.values()]
    assert sorted(len(files) for files in dealt) == [2, 2, 3]
    assert sorted(chain(*dealt)) == list("abcdefg")


def test_with_fewer_objects_than_hosts_some_have_nothing(server, bucket, shares):
    letters(server, bucket, 2)
    found = shares(FILES, channel(bucket, "train/", S3DataDistributionType="ShardedByS3Key"))
    assert sorted(seen["files"] for seen in found.values()) == [[], ["a"], ["b"]]
    found = shares(PIPE, pipe(bucket, "train/", distribution="ShardedByS3Key"))
    assert sorted(seen["epochs"] for seen in found.values()) == [[""] * 3, ["a "] * 3, ["b "] * 3]


def test_objects_are_dealt_anew_for_each_epoch_when_they_are_shuffled(server, bucket, shares):
    letters(server, bucket, 10)
    found = shares(PIPE, pipe(bucket, "train/", distribution="ShardedByS3Key", ShuffleConfig={"Seed": 3}))
    dealt = set()
    for epoch in range(3):
        parts = [seen["epochs"][epoch].split() for seen in found.values()]
        assert sorted(chain(*parts)) == list("abcdefghij"), "each object is one host's"
        dealt.add(tuple(tuple(sorted(part)) for part in parts))
    assert len(dealt) > 1, "not the same objects in every epoch"


def test_lines_of_an_augmented_manifest_are_dealt(server, bucket, shares):
    put(server, bucket, {"manifest": "".join(f'{{"n": {number}, "s": "."}}\n' for number in range(7))})
    made = augmented(bucket, "manifest", ["n", "s"])
    made["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    found = shares(PIPE, made)
    dealt = [seen["epochs"][0].rstrip(".").split(".") for seen in found.values()]
    assert sorted(chain(*dealt)) == list("0123456")
    assert sorted(len(part) for part in dealt) == [2, 2, 3]


def test_entries_of_a_manifest_are_dealt(server, bucket, shares):
    letters(server, bucket, 5)
    put(server, bucket, {"manifest": json.dumps([{"prefix": f"s3://{bucket}/train/"}, *"edcba"])})
    made = channel(bucket, "manifest", S3DataType="ManifestFile", S3DataDistributionType="ShardedByS3Key")
    found = shares(FILES, made, hosts=2)
    assert sorted(seen["files"] for seen in found.values()) == [["a", "c", "e"], ["b", "d"]]


def test_a_failure_of_one_hosts_feed_fails_the_job(server, bucket, fresh):
    put(server, bucket, {"train/a": b"x" * 100, "train/b": b"y" * 100})
    name = fresh("shares")
    program = """
if json.load(open("/opt/ml/input/config/resourceconfig.json"))["current_host"] == "algo-2":
    text("train", 0)
else:
    time.sleep(100)
"""
    begin_program(
        server,
        bucket,
        name,
        program,
        [pipe(bucket, "train/", distribution="ShardedByS3Key", CompressionType="Gzip")],
        hosts=2,
    )
    reason = failure_of(server, name)
    assert reason.startswith("ClientError: ") and f"s3://{bucket}/train/b is no gzip data" in reason
