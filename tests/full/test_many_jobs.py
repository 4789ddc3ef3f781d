"""A hundred training jobs at once, on one host and on two: all end right, in the order they were made."""

import pytest
from own_programs import files_of, instances, outcome, program_request
from server_process import running_server
from xgboost_jobs import ended_job

JOBS = 100
PROGRAM = """
import os, sys
me, job = os.environ["CURRENT_HOST"], os.environ["TRAINING_JOB_NAME"]
if job.endswith("-bad"):
    sys.exit(5)
open(f"/opt/ml/model/{me}", "w").write(job)
open("/opt/ml/checkpoints/" + me, "w").write(job)
"""

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def server():
    with running_server("many", "--cpus", "2") as process:
        yield process


def kind_of(number):
    """Instances of a job, and whether its program fails."""
    return 2 if number % 5 == 0 else 1, number % 10 == 3


def test_a_hundred_jobs_end_right_and_in_order(server):
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    names = []
    for number in range(JOBS):
        count, is_bad = kind_of(number)
        name = f"many-{number:03}{'-bad' if is_bad else ''}"
        names.append(name)
        config = {"S3Uri": f"s3://many/checkpoints/{name}"}
        changes = {"ResourceConfig": instances(count), "CheckpointConfig": config}
        sagemaker.create_training_job(**program_request(s3, "many", name, PROGRAM, **changes))
    started = []
    for number, name in enumerate(names):
        count, is_bad = kind_of(number)
        job = ended_job(sagemaker, name, 900)
        started.append(job["TrainingStartTime"])
        if is_bad:
            assert outcome(job) == ("Failed", "Failed")
            assert job["FailureReason"].startswith("AlgorithmError: Exit code: 5.")
        else:
            assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
            hosts = {f"algo-{host + 1}": name.encode() for host in range(count)}
            assert files_of(s3, "many", name) == hosts
    # Every instance asks for both CPUs here, so that one job runs at a time, first come first served.
    assert started == sorted(started)
    assert not sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]
