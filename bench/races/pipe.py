"""A channel in Pipe mode against `cat FILE > FIFO`, the same reader behind both."""

import os
import subprocess
import time
from pathlib import Path

from jobs import BUCKET, temporary_folder, training_job
from results import Measure
from servers import Ours

TITLE = "A channel in Pipe mode"
COMPARED = (
    "2 GB in one object, and the same in 2,000 objects of 1 MB. Ours: a training job in Pipe mode, whose program reads "
    "the first epoch. Peer: `cat` of the same bytes, as files, into a FIFO that the same program reads, as plain "
    "processes. The program reads 1 MiB at a time and counts; it takes the time from opening the FIFO to the end of "
    "file. All of it is in the page cache."
)
SIZE = 2_000_000_000
OBJECTS = 2000
LIMIT_SECONDS = 300
ROOT = Path(__file__).resolve().parent.parent
READER = ROOT / "programs" / "read_pipe.py"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"


def run(options):
    measures = {
        "one": Measure("one object", "MB/s", "MB/s cat", "≥ 0.8x"),
        "many": Measure(f"{OBJECTS} objects", "MB/s", "MB/s cat", ""),
    }
    server = Ours()
    with temporary_folder() as name:
        folder = Path(name)
        try:
            put_objects(server.start(), folder)
            for number in range(options.rounds):
                for kind, measure in measures.items():
                    measure.ours.append(streamed(server, f"{kind}-{number}", kind))
                    measure.theirs.append(by_cat(folder, sorted((folder / kind).iterdir())))
        finally:
            server.close()
    return list(measures.values())


def put_objects(server, folder):
    """The same random bytes as one file and as many, on disk and in the bucket."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(READER), BUCKET, "code/read_pipe.py")
    for kind in ("one", "many"):
        (folder / kind).mkdir()
    piece = os.urandom(SIZE // OBJECTS)
    with (folder / "one" / "data").open("wb") as file:
        for number in range(OBJECTS):
            file.write(piece)
            (folder / "many" / f"{number:05}").write_bytes(piece)
            s3.put_object(Bucket=BUCKET, Key=f"many/{number:05}", Body=piece)
    s3.upload_file(str(folder / "one" / "data"), BUCKET, "one/data")


def channel(name, prefix, mode):
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}"}
    return {"ChannelName": name, "InputMode": mode, "DataSource": {"S3DataSource": source}}


def streamed(server, name, kind):
    """MB/s at which the program of a job reads its first epoch."""
    sagemaker, logs = server.client("sagemaker"), server.client("logs")
    request = training_job(name)
    request["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/read_pipe.py"],
        "ContainerArguments": ["/opt/ml/input/data/train_0"],
    }
    request["InputDataConfig"] = [channel("code", "code/", "File"), channel("train", f"{kind}/", "Pipe")]
    sagemaker.create_training_job(**request)
    deadline = time.monotonic() + LIMIT_SECONDS
    while (job := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] != "Completed":
        if job["TrainingJobStatus"] != "InProgress" or time.monotonic() > deadline:
            raise RuntimeError(f"{name} is {job['TrainingJobStatus']}: {job.get('FailureReason')}")
        time.sleep(0.05)
    stream = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")["logStreams"][0]
    events = logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"], startFromHead=True)
    return speed(next(event["message"] for event in events["events"] if event["message"].startswith("read")))


def by_cat(folder, files):
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    try:
        reader = [os.environ["BENCH_XGBOOST_PYTHON"], str(READER), str(fifo)]
        with subprocess.Popen(reader, stdout=subprocess.PIPE, text=True) as process:
            with fifo.open("wb") as end:
                subprocess.run(["cat", *map(str, files)], stdout=end, check=True)
            return speed(process.stdout.read())
    finally:
        fifo.unlink()


def speed(line):
    _, count, seconds = line.split()
    if int(count) != SIZE:
        raise RuntimeError(f"{count} bytes were read, expected {SIZE}")
    return SIZE / float(seconds) / 1e6
