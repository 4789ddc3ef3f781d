"""A server with CPUs for several jobs and a short grace, and jobs of a test's own program."""

import pytest
from processing_jobs import BUCKET, ended_processing, logs_of, processing_request
from server_process import running_server


@pytest.fixture(scope="module")
def server():
    with running_server(BUCKET, "--cpus", "16", "--longest-grace-seconds", "20") as process:
        yield process


@pytest.fixture
def place(s3, fresh):
    """place({key: body}): the URI of a prefix that holds these."""

    def put(objects):
        prefix = fresh("in")
        for key, body in objects.items():
            s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{key}", Body=body)
        return f"s3://{BUCKET}/{prefix}/"

    return put


@pytest.fixture
def begin(server, fresh):
    """begin(program, inputs, outputs, **changes): the name of a job. `changes` replace or add members."""

    def start(program, inputs=(), outputs=(), **changes):
        name = changes.pop("name", None) or fresh("process")
        request = processing_request(server.client("s3"), BUCKET, name, program, inputs, outputs, **changes)
        server.client("sagemaker").create_processing_job(**request)
        return name

    return start


@pytest.fixture
def run(server, begin):
    """run(…) as begin: the job once it is over."""

    def run_whole(program, inputs=(), outputs=(), **changes):
        return ended_processing(server.client("sagemaker"), begin(program, inputs, outputs, **changes))

    return run_whole


@pytest.fixture
def lines(server):
    """lines(job): the lines of a job of one host."""

    def of_job(job):
        return logs_of(server.client("logs"), job["ProcessingJobName"]).get("algo-1", [])

    return of_job
