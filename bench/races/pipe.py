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
    "2 GB in one object, and the same in 2,000 objects of 1 MB: an epoch of a channel of a training job in Pipe mode, "
    "against `cat` of the same bytes, as files, into a FIFO. The reader is the same, a plain process beside the job's "
    "container in both cases: it reads 1 MiB at a time, counts, and takes the time from opening the FIFO to the end of "
    "file. All of it is in the page cache."
)
SIZE = 2_000_000_000
OBJECTS = 2000
LIMIT_SECONDS = 60
ROOT = Path(__file__).resolve().parent.parent
READER = ROOT / "programs" / "read_pipe.py"


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
            start_job(server)
            for number in range(options.rounds):
                for kind, measure in measures.items():
                    measure.ours.append(read(next_fifo(server, f"{kind}_{number}")))
                    measure.theirs.append(by_cat(folder, sorted((folder / kind).iterdir())))
        finally:
            server.close()
    return list(measures.values())


def put_objects(server, folder):
    """The same random bytes as one file and as many, on disk and in the bucket."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for kind in ("one", "many"):
        (folder / kind).mkdir()
    piece = os.urandom(SIZE // OBJECTS)
    with (folder / "one" / "data").open("wb") as file:
        for number in range(OBJECTS):
            file.write(piece)
            (folder / "many" / f"{number:05}").write_bytes(piece)
            s3.put_object(Bucket=BUCKET, Key=f"many/{number:05}", Body=piece)
    s3.upload_file(str(folder / "one" / "data"), BUCKET, "one/data")


def start_job(server):
    """A job with a channel for each kind, whose program reads none of them."""
    request = training_job("reads-nothing")
    request["AlgorithmSpecification"] |= {
        "TrainingInputMode": "Pipe",
        "ContainerEntrypoint": ["/bin/sleep"],
        "ContainerArguments": ["86400"],
    }
    request["InputDataConfig"] = [
        {
            "ChannelName": kind,
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{kind}/"}},
        }
        for kind in ("one", "many")
    ]
    server.client("sagemaker").create_training_job(**request)


def next_fifo(server, name):
    """Path of an epoch's FIFO, as this machine has it, once it is there."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (found := list(server.folder.glob(f"**/ml/input/data/{name}"))):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the FIFO {name} did not appear")
        time.sleep(0.05)
    return found[0]


def read(fifo):
    """MB/s at which the reader gets the bytes."""
    return speed(subprocess.run(reading(fifo), capture_output=True, text=True, check=True).stdout)


def reading(fifo):
    return [os.environ["BENCH_XGBOOST_PYTHON"], str(READER), str(fifo)]


def by_cat(folder, files):
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    try:
        with subprocess.Popen(reading(fifo), stdout=subprocess.PIPE, text=True) as process:
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
