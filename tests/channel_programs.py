"""Programs that read the channels of a training job inside its container, and what they found."""

import json
import struct

from own_programs import files_of, instances, printed, program_request
from xgboost_jobs import ended_job

MAGIC = 0xCED7230A
# What every program begins with. `result` is what the test gets.
PRELUDE = """
import hashlib, json, os, sys, time
DATA = "/opt/ml/input/data"
result = {}

def path(channel, epoch):
    return f"{DATA}/{channel}_{epoch}"

def opened(channel, epoch):
    for _ in range(1000):
        try:
            return open(path(channel, epoch), "rb", buffering=0)
        except FileNotFoundError:
            time.sleep(0.01)
    raise SystemExit(f"{channel}_{epoch} did not appear")

def read(channel, epoch):
    with opened(channel, epoch) as fifo:
        return fifo.read()

def text(channel, epoch):
    return read(channel, epoch).decode("latin-1")
"""
EPILOGUE = """
with open("/opt/ml/model/result.json", "w") as file:
    json.dump(result, file)
"""


def pipe(bucket, prefix, name="train", data_type="S3Prefix", distribution=None, **more):
    """A channel in Pipe mode; `more` are members of the channel."""
    source = {"S3DataType": data_type, "S3Uri": f"s3://{bucket}/{prefix}"}
    if distribution:
        source["S3DataDistributionType"] = distribution
    return {"ChannelName": name, "InputMode": "Pipe", "DataSource": {"S3DataSource": source}, **more}


def augmented(bucket, key, attributes, **more):
    """A channel of an augmented manifest."""
    made = pipe(bucket, key, data_type="AugmentedManifestFile", **more)
    made["DataSource"]["S3DataSource"]["AttributeNames"] = attributes
    return made


def begin_program(server, bucket, name, program, channels, hosts=1):
    """Creates a job that runs a Python program in the image of XGBoost."""
    changes = {"channels": channels, "ResourceConfig": instances(hosts)}
    request = program_request(server.client("s3"), bucket, name, PRELUDE + program + EPILOGUE, **changes)
    server.client("sagemaker").create_training_job(**request)


def result_of(server, bucket, name):
    """`result` of a program once its job has completed."""
    job = ended_job(server.client("sagemaker"), name)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), printed(server, name))
    return json.loads(files_of(server.client("s3"), bucket, name)["result.json"])


def failure_of(server, name):
    job = ended_job(server.client("sagemaker"), name)
    assert job["TrainingJobStatus"] == "Failed", job
    return job["FailureReason"]


def records(data):
    """Payloads of RecordIO frames, those of continued records put together."""
    found, at, parts = [], 0, []
    while at < len(data):
        magic, word = struct.unpack_from("<II", data, at)
        assert magic == MAGIC, f"no frame at {at}"
        flag, length = word >> 29, word & (2**29 - 1)
        parts.append(data[at + 8 : at + 8 + length])
        at += 8 + (length + 3) // 4 * 4
        if flag in (0, 3):
            found.append(b"".join(parts))
            parts = []
    return found


def as_record(payload):
    return struct.pack("<II", MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)


def put(server, bucket, objects):
    for key, body in objects.items():
        server.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
