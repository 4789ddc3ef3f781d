"""SIGKILL to random processes of units for minutes, under jobs and an endpoint that is called all the time."""

import os
import random
import signal
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from odd_models import ARGUMENTS, create_odd_endpoint, invoke, wait_for
from processes import forwarder, units, wait_until_nothing_is_left
from server_process import ServerProcess, wait_until
from xgboost_jobs import ended_job, lines_by_stream, training_request

GROUP = "/aws/sagemaker/TrainingJobs"
DEATHS = int(os.environ.get("SAGEBRUSH_DEATHS", "60"))
JOBS_AT_ONCE = 3
LINES = 100
COUNTING = (
    f"i=0; while [ $i -lt {LINES} ]; do echo line $i; sleep 0.02; i=$((i+1)); done; echo w >/opt/ml/model/weights"
)
MEMBERS = ["program", "init", "sandbox", "supervisor", "log", "forwarder"]
KILLED = "AlgorithmError: Exit code: 137. The program was ended by SIGKILL."
LOST = "InternalServerError: The instance was lost "

pytestmark = pytest.mark.timeout(300 + 20 * DEATHS)


@pytest.fixture
def server():
    process = ServerProcess(arguments=[*ARGUMENTS, "--cpus", "16"])
    process.start()
    process.client("s3").create_bucket(Bucket="odd")
    process.client("s3").put_object(Bucket="odd", Key="train/rows.csv", Body=b"0,1\n")
    yield process
    process.close()


def begin(server, name):
    request = training_request(name, "odd", {})
    request["AlgorithmSpecification"] |= {"ContainerEntrypoint": ["/bin/sh", "-c"], "ContainerArguments": [COUNTING]}
    server.client("sagemaker").create_training_job(**request)


class Caller(threading.Thread):
    """Calls the endpoint all the time; only errors that ask to try again are allowed."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.wrong, self.answered, self.over = server, [], 0, threading.Event()

    def run(self):
        while not self.over.is_set():
            try:
                assert invoke(self.server, "odd", b"status 200 well") == b"well"
                self.answered += 1
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("ServiceUnavailable", "ModelError"):
                    self.wrong.append(error)
            except (AssertionError, BotoCoreError) as error:
                self.wrong.append(error)


def kill_somebody(server, moments):
    member = moments.choice(MEMBERS)
    running = units(server)
    everybody = member == "forwarder" or not running
    pid = forwarder(server) if everybody else getattr(moments.choice(running), member)
    if pid:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended between the two looks


def check_log(server, job):
    """Every stream has the lines of its attempt in order, none twice."""
    for stream, lines in lines_by_stream(server.client("logs"), GROUP, f"{job['TrainingJobName']}/").items():
        numbers = [int(line.removeprefix("line ")) for line in lines if line.startswith("line ")]
        assert numbers == sorted(set(numbers)), (stream, lines)


def test_jobs_end_as_documented_and_the_endpoint_heals(server):
    moments = random.Random(os.environ.get("SAGEBRUSH_KILL_SEED", "1"))
    create_odd_endpoint(server, "odd", InitialInstanceCount=2)
    wait_for(server, "odd")
    sagemaker, caller, names, open_jobs = server.client("sagemaker"), Caller(server), [], []
    caller.start()
    for _ in range(DEATHS):
        while len(open_jobs) < JOBS_AT_ONCE:
            open_jobs.append(f"job-{len(names)}")
            names.append(open_jobs[-1])
            begin(server, open_jobs[-1])
        time.sleep(moments.uniform(0, 1))  # the moment is what is random here
        kill_somebody(server, moments)
        open_jobs = [
            name
            for name in open_jobs
            if sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
        ]
    outcomes = {"Completed": 0, "Failed": 0}
    for name in names:
        job = ended_job(sagemaker, name)
        outcomes[job["TrainingJobStatus"]] += 1
        if job["TrainingJobStatus"] == "Failed":
            assert job["FailureReason"].startswith((KILLED, LOST)), job["FailureReason"]
        check_log(server, job)
    assert outcomes["Completed"] > 0
    # Replacements of containers that die one after the other are put off for longer and longer.
    wait_until(lambda: len([unit for unit in units(server) if unit.program]) == 2, 330, "both instances run again")
    wait_for(server, "odd")
    caller.over.set()
    caller.join(60)
    assert caller.wrong == []
    assert caller.answered > 0
    assert invoke(server, "odd", b"status 200 well") == b"well"
    sagemaker.delete_endpoint(EndpointName="odd")
    wait_until(lambda: not sagemaker.list_endpoints()["Endpoints"], 60, "the endpoint is deleted")
    wait_until_nothing_is_left(server)
