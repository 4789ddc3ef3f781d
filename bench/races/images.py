"""A job of a pushed image of 1 GB, to the first line of its program: the first time, which unpacks it, and later."""

import subprocess
import tempfile
import time
from pathlib import Path

import processes
from jobs import BUCKET, first_line, training_job
from pushed_images import Image, Registry, entry, script, shell_root
from results import Measure
from servers import Ours

TITLE = "A training job of a pushed image of 1 GB"
COMPARED = (
    "An image with a shell and 64 files of 16 MB. Ours: from sending CreateTrainingJob to the time of the job's first "
    "log line (the time is the server's, when it reads the line), when an earlier job has had it unpacked. Peer: "
    "from starting the same program as a plain process to its first line. Unpacking: the first job of the image, "
    "beside `tar -x` of the same layer into a folder and `sync`."
)
JOB_SECONDS = 600
FILES = 64
FILE_BYTES = 16 * 2**20
PROGRAM = "echo started"


def run(options):
    later = Measure("first line, unpacked before", "ms", "ms plain process", "≤ 150 ms more", compare="added")
    first = Measure("first line, with unpacking", "s", "s tar and sync")
    layer = large_layer()
    image = Image([shell_root(), layer, [script("usr/bin/train", PROGRAM)]])
    server = Ours().start()
    try:
        server.client("s3").create_bucket(Bucket=BUCKET)
        server.client("ecr").create_repository(repositoryName="large")
        Registry(server.url, server.client("ecr")).push("large", "v1", image)
        processes.wait_until_quiet(server.process.pid)
        first.ours.append(timed(server, "unpacks") / 1000)
        first.theirs.append(unpacked(image.layers[1]))
        for number in range(options.jobs):
            processes.wait_until_quiet(server.process.pid)
            later.ours.append(timed(server, f"job-{number}"))
            later.theirs.append(plain())
    finally:
        server.close()
    return [later, first]


def large_layer():
    """Files that do not compress, as most of a large image's do not."""
    with Path("/dev/urandom").open("rb") as random:
        return [entry(f"data/{number}", random.read(FILE_BYTES)) for number in range(FILES)]


def timed(server, name):
    """Milliseconds to the first line of a job of the image."""
    request = training_job(name)
    request.pop("InputDataConfig")
    request.pop("HyperParameters")
    request["AlgorithmSpecification"]["TrainingImage"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/large:v1"
    return first_line(server, request, JOB_SECONDS)[0]


def plain():
    """Milliseconds from starting the program to its first line."""
    began = time.perf_counter()
    with subprocess.Popen(["sh", "-c", PROGRAM], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        return (time.perf_counter() - began) * 1000


def unpacked(layer):
    """Seconds that tar takes for the layer, with its files made lasting."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "layer.tar.gz"
        archive.write_bytes(layer)
        began = time.perf_counter()
        (Path(folder) / "root").mkdir()
        subprocess.run(["tar", "-xzf", archive, "-C", f"{folder}/root"], check=True)
        subprocess.run(["sync", "--file-system", f"{folder}/root"], check=True)
        return time.perf_counter() - began
