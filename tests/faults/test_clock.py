"""The clock is set forward and back under jobs, endpoints and sessions: nothing ends early, lasts longer or crashes.

Only the server's clock is set, by `set_clock.mjs`, and that of the clients here: setting the machine's needs a machine.
"""

import datetime
import random
import time
import urllib.error
import urllib.request
from pathlib import Path

import botocore.auth
import pytest
from botocore.exceptions import ClientError
from odd_models import ARGUMENTS, create_odd_endpoint, invoke, streams_of, wait_for
from server_process import ROLE, ServerProcess, wait_until
from xgboost_jobs import ended_job, log_lines, training_request

HOUR = 3600
PRELOAD = Path(__file__).parent / "set_clock.mjs"
GROUP = "/aws/sagemaker/TrainingJobs"
COUNTING = "i=0; while [ ! -e /opt/ml/input/data/train/stop ]; do echo line $i; sleep 0.05; i=$((i+1)); done"
WELL = b"status 200 well"


class Machine:
    """A server and its clock, `ahead` of this machine's by so many seconds; so are its clients' clocks."""

    def __init__(self, folder):
        self.ahead = 0
        self.file = folder / "clock"
        self.file.write_text("0")
        environment = {"NODE_OPTIONS": f"--import={PRELOAD.as_uri()}", "MACHINE_CLOCK": str(self.file)}
        self.server = ServerProcess(arguments=[*ARGUMENTS, "--cpus", "16"], environment=environment)
        self.server.start()

    def set(self, ahead, clients=True):
        if self.file.read_text() != str(ahead):
            seen = self.file.with_name("clock.seen")
            beside = self.file.with_name("clock.new")
            beside.write_text(str(ahead))
            beside.rename(self.file)
            wait_until(lambda: seen.exists() and seen.read_text() == str(ahead), 10, "the server's clock is set")
        if clients:
            self.ahead = ahead

    def now(self):
        return time.time() + self.ahead


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    made = Machine(tmp_path_factory.mktemp("clock"))
    made.server.client("s3").create_bucket(Bucket="odd")
    made.server.client("s3").put_object(Bucket="odd", Key="train/rows.csv", Body=b"0,1\n")
    yield made
    made.server.close()


@pytest.fixture
def machine(shared, monkeypatch):
    """The shared machine at the right time, with clients that go by its clock."""
    shared.set(0)
    now = botocore.auth.get_current_datetime
    ahead = lambda *given, **named: now(*given, **named) + datetime.timedelta(seconds=shared.ahead)  # noqa: E731
    monkeypatch.setattr(botocore.auth, "get_current_datetime", ahead)
    return shared


@pytest.fixture
def sagemaker(machine):
    return machine.server.client("sagemaker")


def begin(machine, name, seconds):
    request = training_request(name, "odd", {}, StoppingCondition={"MaxRuntimeInSeconds": seconds})
    request["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["/bin/sh", "-c"],
        "ContainerArguments": [f"trap 'exit 0' TERM; {COUNTING}"],
    }
    sagemaker = machine.server.client("sagemaker")
    sagemaker.create_training_job(**request)
    wait_until(lambda: lines_of(machine, name), 60, f"{name} prints")
    return sagemaker.describe_training_job(TrainingJobName=name)


def number_of(line):
    return int(line.split()[1])


def lines_of(machine, name):
    logs = machine.server.client("logs")
    try:
        return log_lines(logs, GROUP, f"{name}/")
    except logs.exceptions.ResourceNotFoundException:
        return []  # nothing has printed yet


def status_of(sagemaker, name):
    return sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]


def check_times(job, started):
    """What a person reads of the job makes sense, whatever became of the clock."""
    entries = job["SecondaryStatusTransitions"]
    times = [time for entry in entries for time in (entry["StartTime"], entry["EndTime"])]
    assert times == sorted(times)
    assert job["TrainingEndTime"] >= job["TrainingStartTime"]
    assert 0 < job["TrainingTimeInSeconds"] <= time.monotonic() - started + 2


@pytest.mark.parametrize("steps", [[HOUR], [-HOUR], [HOUR, -HOUR, 0], [-HOUR, HOUR, 5 * 365 * 24 * HOUR]])
def test_a_job_goes_on_over_steps_of_the_clock_and_restarts_and_can_be_stopped(machine, sagemaker, fresh, steps):
    name, started = fresh("job"), time.monotonic()
    begin(machine, name, seconds=HOUR // 2)
    for ahead in steps:
        machine.set(ahead)
        before = len(lines_of(machine, name))
        wait_until(lambda before=before: len(lines_of(machine, name)) > before, 20, "the job prints on")
        # A start looks at every job.
        machine.server.kill()
        machine.server.start()
        wait_until(lambda: status_of(machine.server.client("sagemaker"), name) == "InProgress", 20, "the job goes on")
    sagemaker = machine.server.client("sagemaker")
    assert (
        sagemaker.describe_training_job(TrainingJobName=name)["TrainingTimeInSeconds"] < time.monotonic() - started + 2
    )
    sagemaker.stop_training_job(TrainingJobName=name)
    job = ended_job(sagemaker, name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped"), job.get("FailureReason")
    check_times(job, started)
    lines = lines_of(machine, name)
    # Every line once; Logs gives them by their times, which were set back.
    assert sorted(lines, key=number_of) == [f"line {number}" for number in range(len(lines))]


@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
def test_a_limit_of_time_holds_over_a_step_of_the_clock(machine, sagemaker, fresh, ahead):
    name, started = fresh("job"), time.monotonic()
    begin(machine, name, seconds=4)
    machine.set(ahead)
    assert status_of(sagemaker, name) == "InProgress"
    job = ended_job(sagemaker, name, seconds=30)
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert 3 < job["TrainingTimeInSeconds"] < 30
    check_times(job, started)


def test_an_endpoint_serves_through_steps_of_the_clock_in_the_same_container(machine, sagemaker, fresh):
    name = fresh("odd")
    create_odd_endpoint(machine.server, name)
    wait_for(machine.server, name)
    for ahead in (HOUR, -HOUR, 0):
        machine.set(ahead)
        began = machine.now()
        for _ in range(5):
            assert invoke(machine.server, name, WELL) == b"well"
        assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
        wait_until(lambda began=began: total(machine, name, "Invocations", "Sum", began) >= 5, 20, "calls are counted")
        # Microseconds; an hour would be 3.6 billion.
        assert total(machine, name, "OverheadLatency", "Maximum", began) < 60_000_000
    assert len(streams_of(machine.server, name)) == 1
    machine.set(HOUR)
    assert invoke_after_death(machine, name) == b"well"
    sagemaker.delete_endpoint(EndpointName=name)
    wait_until(lambda: not sagemaker.list_endpoints(NameContains=name)["Endpoints"], 60, "the endpoint is deleted")


def invoke_after_death(machine, name):
    """Kills the container; gives the answer of the one that takes its place."""
    with pytest.raises(ClientError):
        invoke(machine.server, name, b"exit 1")

    def answer():
        try:
            return invoke(machine.server, name, WELL)
        except ClientError:
            return None

    return wait_until(answer, 60, "another container answers")


def total(machine, name, metric, statistic, began):
    points = machine.server.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "all"}],
        StartTime=began - 60,
        EndTime=began + 120,
        Period=60,
        Statistics=[statistic],
    )["Datapoints"]
    values = [point[statistic] for point in points]
    return max(values, default=0) if statistic == "Maximum" else sum(values)


def test_lists_page_through_everything_once_whatever_time_it_was_made(machine, sagemaker, fresh):
    prefix = fresh("model")
    container = {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/xgboost:1"}
    steps = random.Random(3).choices([-HOUR, 0, HOUR], k=6)
    for number, ahead in enumerate(steps):
        machine.set(ahead)
        for twin in "ab":
            sagemaker.create_model(
                ModelName=f"{prefix}-{number}{twin}", ExecutionRoleArn=ROLE, PrimaryContainer=container
            )
    found, page = [], sagemaker.list_models(NameContains=prefix, MaxResults=5, SortBy="CreationTime")
    found += page["Models"]
    for ahead in (HOUR, -HOUR, 0):
        if "NextToken" not in page:
            break
        machine.set(ahead)
        page = sagemaker.list_models(
            NameContains=prefix, MaxResults=5, SortBy="CreationTime", NextToken=page["NextToken"]
        )
        found += page["Models"]
    assert len({model["ModelName"] for model in found}) == len(found) == 2 * len(steps)
    times = [model["CreationTime"] for model in found]
    assert times in (sorted(times), sorted(times, reverse=True))


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_signatures_and_sessions_are_judged_by_the_time_as_it_is_now(machine):
    server = machine.server
    given = server.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900)["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"])
    session = server.client("sts", keys=keys, token=given["SessionToken"])
    url = server.client("s3", signature_version="s3v4").generate_presigned_url(
        "get_object", Params={"Bucket": "odd", "Key": "train/rows.csv"}, ExpiresIn=600
    )
    assert session.get_caller_identity()["Arn"].endswith("/me")
    assert urllib.request.urlopen(url, timeout=10).read() == b"0,1\n"
    for ahead in (HOUR, -HOUR):
        machine.set(ahead, clients=False)
        assert refusal(server.client("sts").get_caller_identity) == "SignatureDoesNotMatch"
        assert refusal(server.client("s3").list_buckets) == "RequestTimeTooSkewed"
        with pytest.raises(urllib.error.HTTPError) as expired:
            urllib.request.urlopen(url, timeout=10)
        assert expired.value.code == 403
        machine.set(ahead)
        assert server.client("sts").get_caller_identity()["Account"]
        assert server.client("s3").list_buckets()["Buckets"]
        if ahead > 0:
            assert refusal(session.get_caller_identity) == "ExpiredToken"
        machine.set(0)
    assert session.get_caller_identity()["Arn"].endswith("/me")


def test_a_key_that_is_deleted_after_the_clock_was_set_back_is_refused_at_once(machine, fresh):
    iam, name = machine.server.client("iam", profile="root"), fresh("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    sts = machine.server.client("sts", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
    assert sts.get_caller_identity()["Arn"].endswith(f"user/{name}")
    machine.set(-HOUR)
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    assert refusal(sts.get_caller_identity) == "InvalidClientTokenId"


def test_log_lines_and_objects_of_every_time_are_there_once(machine):
    logs, s3 = machine.server.client("logs"), machine.server.client("s3")
    logs.create_log_group(logGroupName="set")
    logs.create_log_stream(logGroupName="set", logStreamName="s")
    steps = [0, HOUR, -HOUR, 0, HOUR]
    for number, ahead in enumerate(steps):
        machine.set(ahead)
        event = {"timestamp": int(machine.now() * 1000), "message": f"{number}"}
        logs.put_log_events(logGroupName="set", logStreamName="s", logEvents=[event])
        s3.put_object(Bucket="odd", Key=f"set/{number}", Body=b"x" * 20_000)
        s3.put_object(Bucket="odd", Key="set/again", Body=f"{number}".encode() * 20_000)
        assert s3.get_object(Bucket="odd", Key="set/again")["Body"].read() == f"{number}".encode() * 20_000
    machine.server.kill()
    machine.server.start()
    s3 = machine.server.client("s3")
    assert sorted(log_lines(machine.server.client("logs"), "set", "s")) == [f"{number}" for number in range(len(steps))]
    for number in range(len(steps)):
        assert s3.get_object(Bucket="odd", Key=f"set/{number}")["Body"].read() == b"x" * 20_000
    assert s3.get_object(Bucket="odd", Key="set/again")["Body"].read() == b"4" * 20_000
