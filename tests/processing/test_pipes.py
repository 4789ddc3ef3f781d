"""Inputs in Pipe mode: FIFOs beside the path, an epoch each, as a program reads them."""

import gzip
import os
import signal

import pytest
from botocore.exceptions import ClientError
from job_processes import feeders
from own_programs import objects_below
from processing_jobs import BUCKET, cluster, ended_processing, logs_of, processing_request, s3_input, s3_output
from server_process import wait_until

READER = """
    import time
    def opened(path):
        for _ in range(1000):
            try:
                return open(path, "rb", buffering=0)
            except FileNotFoundError:
                time.sleep(0.01)
        raise SystemExit(f"{path} did not appear")
    def read(path):
        with opened(path) as fifo:
            return fifo.read()
"""


def piped(name, uri, path=None, **more):
    return s3_input(name, uri, path, S3InputMode="Pipe", **more)


def test_objects_come_one_after_another_again_and_again(run, lines, place):
    program = (
        READER
        + """
    import os
    path = "/opt/ml/processing/input/raw"
    print(os.path.exists(path), read(path + "_0"), read(path + "_1"))
    """
    )
    job = run(program, [piped("raw", place({"a": b"1", "b": b"2", "c/d": b"3"}))])
    assert job["ProcessingJobStatus"] == "Completed", (job, lines(job))
    assert lines(job) == ["False b'123' b'123'"]


KINDS = {
    "packed": ({"a": gzip.compress(b"1"), "b": gzip.compress(b"2")}, {"S3CompressionType": "Gzip"}, b"12"),
    "named by a manifest": (
        {"a": b"1", "b": b"2", "c": b"3", "list": b'[{"prefix": "PREFIX"}, "c", "a"]'},
        {"S3DataType": "ManifestFile"},
        b"31",
    ),
    "with names that could be no files": ({"a//b": b"1", "..": b"2"}, {}, b"21"),
}


@pytest.mark.parametrize("sentence", KINDS)
def test_a_program_reads_objects(run, lines, place, s3, sentence):
    objects, members, expected = KINDS[sentence]
    uri = place(objects)
    if "list" in objects:
        manifest = objects["list"].replace(b"PREFIX", uri.encode())
        s3.put_object(Bucket=BUCKET, Key=uri.split("/", 3)[3] + "list", Body=manifest)
        uri += "list"
    program = READER + '\n    print(read("/opt/ml/processing/data_0"))'
    job = run(program, [piped("raw", uri, "/opt/ml/processing/data", **members)])
    assert (job["ProcessingJobStatus"], lines(job)) == ("Completed", [repr(expected)]), job


def test_each_host_reads_its_share(s3, run, place, fresh):
    program = (
        READER
        + """
    import json
    me = json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"]
    open(f"/opt/ml/processing/output/out/{me}", "wb").write(read("/opt/ml/processing/input/raw_0"))
    """
    )
    uri, out = place({str(number): str(number).encode() for number in range(5)}), fresh("out")
    inputs = [piped("raw", uri, S3DataDistributionType="ShardedByS3Key")]
    job = run(program, inputs, [s3_output("out", f"s3://{BUCKET}/{out}")], ProcessingResources=cluster(2))
    assert job["ProcessingJobStatus"] == "Completed", job
    assert objects_below(s3, BUCKET, f"{out}/") == {"algo-1": b"024", "algo-2": b"13"}


def test_an_input_that_is_not_read_holds_nothing_up(run, place):
    # One that surrounds it does not take the place of a FIFO.
    around = s3_input("around", place({"raw_0": b"x"}), "/opt/ml/processing/input")
    job = run("pass", [piped("raw", place({"a": b"1"})), around])
    assert job["ProcessingJobStatus"] == "Completed", job


def test_data_that_is_not_packed_fails_the_job(run, place):
    program = READER + '\n    read("/opt/ml/processing/input/raw_0")\n    time.sleep(600)'
    job = run(program, [piped("raw", place({"a": b"plain"}), S3CompressionType="Gzip")])
    assert job["ProcessingJobStatus"] == "Failed"
    reason = job["FailureReason"]
    assert reason.startswith('ClientError: Data streaming failed for input "raw": s3://'), reason
    assert "is no gzip data" in reason


PATH = "/opt/ml/processing/x"
REFUSED = {
    "the volume itself": ([piped("a", "s3://xyz/y", "/opt/ml/processing/")], [], "must name something below"),
    "an input in the place of a FIFO": (
        [piped("a", "s3://xyz/y", PATH), s3_input("b", "s3://xyz/y", f"{PATH}_3")],
        [],
        'the LocalPath of "b" is that of a FIFO of "a"',
    ),
    "an output in the place of a FIFO": (
        [piped("a", "s3://xyz/y", PATH)],
        [s3_output("b", "s3://xyz/y", f"{PATH}_0/deep")],
        'the LocalPath of "b" is that of a FIFO of "a"',
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_for(begin, sentence):
    inputs, outputs, named = REFUSED[sentence]
    with pytest.raises(ClientError) as refused:
        begin("pass", inputs, outputs)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert named in refused.value.response["Error"]["Message"]


DATA = b"".join(b"%08d\n" % number for number in range(300_000))
SLOW = (
    READER
    + """
    with opened("/opt/ml/processing/input/raw_0") as fifo:
        data = fifo.read(100_000)
        print("reading", flush=True)
        for _ in range(30):
            time.sleep(0.1)
            data += fifo.read(10_000)
        data += fifo.read()
    open("/opt/ml/output/message", "w").write(str(len(data)))
"""
)


@pytest.fixture
def reading(own_server, fresh):
    """A server with a job whose program is in the middle of its first epoch: (server, name)."""
    server = own_server()
    s3, name = server.client("s3"), fresh("fed")
    s3.create_bucket(Bucket="feeds")
    for part in range(3):
        s3.put_object(Bucket="feeds", Key=f"raw/{part}", Body=DATA[part * 900_000 : (part + 1) * 900_000])
    request = processing_request(s3, "feeds", name, SLOW, [piped("raw", "s3://feeds/raw/")])
    server.client("sagemaker").create_processing_job(**request)
    wait_until(lambda: "reading" in logs_of(server.client("logs"), name).get("algo-1", []), 60, "the program reads")
    return server, name


@pytest.mark.parametrize("what", ["the server", "the feeder", "both"])
def test_a_death_gives_no_program_less_data(reading, what):
    server, name = reading
    if what != "the feeder":
        server.kill()
    if what != "the server":
        for process in feeders(server):
            os.kill(process, signal.SIGKILL)
    if what != "the feeder":
        server.start()
    job = ended_processing(server.client("sagemaker"), name)
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", str(len(DATA))), job
    wait_until(lambda: not feeders(server), 20, "nothing feeds any more")
