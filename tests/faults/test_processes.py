"""SIGKILL to single processes of units, not to the server: jobs end as documented, endpoints heal, nothing is left."""

import os
import random
import signal

import pytest
from botocore.exceptions import ClientError
from odd_models import ARGUMENTS, create_odd_endpoint, invoke, wait_for
from processes import forwarder, units, wait_until_nothing_is_left
from server_process import ServerProcess, wait_until
from xgboost_jobs import ended_job, lines_by_stream, training_request

GROUP = "/aws/sagemaker/TrainingJobs"
LINES = 60
COUNTING = (
    f"i=0; while [ $i -lt {LINES} ]; do echo line $i; sleep 0.02; i=$((i+1)); done; echo w >/opt/ml/model/weights"
)
EXPECTED = [f"line {number}" for number in range(LINES)]
KILLED = (
    r"AlgorithmError: Exit code: 137. The program was ended by SIGKILL. The job's log (group {group}, stream {stream})"
    " shows what it printed."
)
# Whoever is killed, and what becomes of the job: "Failed" as the program's own end, or "Completed".
MEMBERS = {"program": "Failed", "init": "Failed", "sandbox": "Failed", "supervisor": "Completed", "log": "Completed"}


@pytest.fixture(scope="module")
def server():
    process = ServerProcess(arguments=[*ARGUMENTS, "--cpus", "16"])
    process.start()
    process.client("s3").create_bucket(Bucket="odd")
    process.client("s3").put_object(Bucket="odd", Key="train/rows.csv", Body=b"0,1\n")
    yield process
    process.close()


@pytest.fixture
def moments():
    return random.Random(os.environ.get("SAGEBRUSH_KILL_SEED", "1"))


def begin(server, name):
    request = training_request(name, "odd", {})
    request["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["/bin/sh", "-c"],
        "ContainerArguments": [COUNTING],
    }
    server.client("sagemaker").create_training_job(**request)


def kill(member, unit):
    """Kills the member as soon as the unit has one."""
    pid = wait_until(lambda: getattr(unit, member), 20, f"the unit has its {member}")
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended between the two looks


@pytest.mark.parametrize("member", MEMBERS)
def test_a_job_ends_as_documented_when_somebody_kills_its(server, member, fresh, moments):
    name = fresh("job")
    begin(server, name)
    unit = wait_until(lambda: next(iter(units(server)), None), 60, "the unit runs")
    seen = moments.randrange(LINES // 2)
    wait_until(lambda: f"line {seen}\n" in (unit.folder / "output").read_text(), 20, f"line {seen} is printed")
    kill(member, unit)
    job = ended_job(server.client("sagemaker"), name)
    assert job["TrainingJobStatus"] == MEMBERS[member], job.get("FailureReason")
    streams = lines_by_stream(server.client("logs"), GROUP, f"{name}/")
    *cut, last = streams.values()
    if MEMBERS[member] == "Failed":
        assert job["FailureReason"] == KILLED.format(group=GROUP, stream=next(iter(streams)))
        assert cut == []
        assert last == EXPECTED[: len(last)]
        assert len(last) > seen
    elif member == "supervisor":
        [first] = cut
        assert first == EXPECTED[: len(first)]
        assert len(first) > seen
        assert last == EXPECTED
        assert "Launched instance was unhealthy, replacing it!" in [
            entry["StatusMessage"] for entry in job["SecondaryStatusTransitions"]
        ]
    else:
        # What the copier had taken and not yet written is gone with it, nothing else.
        assert cut == []
        assert [line for line in EXPECTED if line in last] == last
        assert last[-1] == EXPECTED[-1]
    wait_until_nothing_is_left(server)


@pytest.fixture(scope="module")
def endpoint(server):
    create_odd_endpoint(server, "odd")
    wait_for(server, "odd")
    yield "odd"
    server.client("sagemaker").delete_endpoint(EndpointName="odd")
    wait_until(lambda: not server.client("sagemaker").list_endpoints()["Endpoints"], 60, "the endpoint is deleted")
    wait_until_nothing_is_left(server)


def answer_or_none(server, name):
    try:
        return invoke(server, name, b"status 200 well")
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("ServiceUnavailable", "ModelError"), error
        return None


@pytest.mark.parametrize("member", [*MEMBERS, "forwarder"])
def test_an_endpoint_heals_by_itself_when_somebody_kills_its(server, endpoint, member):
    unit = wait_until(lambda: next(iter(units(server)), None), 60, "the unit runs")
    if member == "forwarder":
        os.kill(forwarder(server), signal.SIGKILL)
    else:
        kill(member, unit)
    keeps = member in ("forwarder", "log")
    if not keeps:
        wait_until(lambda: not unit.folder.exists(), 60, "the unit is given up")
    wait_until(lambda: answer_or_none(server, endpoint) == b"well", 60, "the endpoint answers again")
    wait_for(server, endpoint)
    [now] = wait_until(lambda: units(server), 20, "a unit runs")
    assert (now.folder == unit.folder) == keeps
    for _ in range(20):
        assert invoke(server, endpoint, b"status 200 well") == b"well"
