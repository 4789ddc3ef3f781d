"""A disk that stops taking data under a running server, and comes back; and a start on a folder that takes none."""

import os
import signal
import stat
import time

import pytest
from botocore.exceptions import ClientError
from disks import Disk
from odd_models import ARGUMENTS, create_odd_endpoint, invoke, wait_for
from processes import PROC, cwd, text
from server_process import ROLE, ServerProcess, wait_until
from xgboost_jobs import ended_job, log_lines, training_request

GROUP = "/aws/sagemaker/TrainingJobs"
LARGE = b"large" * 20_000
SMALL = b"small"
WELL = b"status 200 well"
LINES = 40
# Goes on while the disk takes nothing, and needs no more of it than its lines do.
COUNTING = f"i=0; while [ $i -lt {LINES} ]; do echo line $i; sleep 0.1; i=$((i+1)); done"
CONTAINER = {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/xgboost:1"}


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(disk):
    """A server on the disk with two objects, a log, an endpoint in service, and a job that runs for some seconds."""
    process = ServerProcess(folder=disk.data, arguments=[*ARGUMENTS, "--disk-reserve-mb", "1", "--cpus", "16"])
    process.start()
    try:
        fill(process)
        yield process
    finally:
        disk.accept()
        process.close()


def fill(process):
    s3, logs, sagemaker = process.client("s3"), process.client("logs"), process.client("sagemaker")
    s3.create_bucket(Bucket="odd")
    s3.put_object(Bucket="odd", Key="large", Body=LARGE)
    s3.put_object(Bucket="odd", Key="small", Body=SMALL)
    logs.create_log_group(logGroupName="kept")
    logs.create_log_stream(logGroupName="kept", logStreamName="s")
    put_line(process, "before")
    create_odd_endpoint(process, "odd")
    wait_for(process, "odd")
    s3.put_object(Bucket="odd", Key="train/rows.csv", Body=b"0,1\n")
    request = training_request("counting", "odd", {})
    request["AlgorithmSpecification"] |= {"ContainerEntrypoint": ["/bin/sh", "-c"], "ContainerArguments": [COUNTING]}
    sagemaker.create_training_job(**request)
    wait_until(lambda: "line 0" in lines_of(process), 60, "the job prints")


def lines_of(server):
    logs = server.client("logs")
    try:
        return log_lines(logs, GROUP, "counting/")
    except logs.exceptions.ResourceNotFoundException:
        return []  # nothing has printed yet


def put_line(server, text):
    event = {"timestamp": int(time.time() * 1000), "message": text}
    server.client("logs").put_log_events(logGroupName="kept", logStreamName="s", logEvents=[event])


WRITES = {
    "a large object": lambda server, n: server.client("s3").put_object(Bucket="odd", Key=f"large-{n}", Body=LARGE),
    "a small object": lambda server, n: server.client("s3").put_object(Bucket="odd", Key=f"small-{n}", Body=SMALL),
    "the end of an object": lambda server, n: server.client("s3").delete_object(Bucket="odd", Key="large"),
    "a bucket": lambda server, n: server.client("s3").create_bucket(Bucket=f"new-{n}"),
    "a model": lambda server, n: server.client("sagemaker").create_model(
        ModelName=f"m-{n}", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER
    ),
    "a job": lambda server, n: server.client("sagemaker").create_training_job(**training_request(f"j-{n}", "odd", {})),
    "a user": lambda server, n: server.client("iam", profile="root").create_user(UserName=f"u-{n}"),
    "a line of a log": lambda server, n: put_line(server, f"line {n}"),
    "a metric": lambda server, n: server.client("cloudwatch").put_metric_data(
        Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}]
    ),
}


def check_refused(server, number):
    """Every write is refused in its protocol's words, and says what is the matter."""
    for what, write in WRITES.items():
        with pytest.raises(ClientError) as refused:
            write(server, number)
        response = refused.value.response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 503, (what, response)
        assert response["Error"]["Code"].startswith("ServiceUnavailable"), what
        assert response["Error"]["Message"].startswith("The server's disk takes no data at the moment ("), what


def check_kept(server):
    """What was acknowledged before is there, as it was."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    assert s3.get_object(Bucket="odd", Key="large")["Body"].read() == LARGE
    assert s3.get_object(Bucket="odd", Key="small")["Body"].read() == SMALL
    assert log_lines(server.client("logs"), "kept", "s")[0] == "before"
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["odd"]
    assert [model["ModelName"] for model in sagemaker.list_models()["Models"]] == ["odd"]
    assert sagemaker.describe_endpoint(EndpointName="odd")["EndpointStatus"] == "InService"


@pytest.mark.long
def test_a_disk_that_refuses_writes_for_a_while_needs_no_restart(server, disk):
    disk.refuse()
    for number in range(3):
        check_refused(server, number)
        check_kept(server)
        assert invoke(server, "odd", WELL) == b"well"
    disk.accept()
    check_kept(server)
    for write in WRITES.values():
        write(server, 9)
    sagemaker = server.client("sagemaker")
    job = ended_job(sagemaker, "counting")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = [line for line in lines_of(server) if line and not line.startswith("[sagebrush]")]
    # A new attempt prints anew; within one nothing is doubled.
    assert lines[-1] == f"line {LINES - 1}"
    assert invoke(server, "odd", WELL) == b"well"
    sagemaker.delete_endpoint(EndpointName="odd")
    wait_until(lambda: not sagemaker.list_endpoints()["Endpoints"], 60, "the endpoint is deleted")


def test_a_disk_that_has_become_read_only_loses_nothing(server, disk):
    disk.fail()
    check_refused(server, 0)
    check_kept(server)
    assert invoke(server, "odd", WELL) == b"well"
    server.kill()
    with pytest.raises(AssertionError) as refused:
        server.start()
    assert f"The data folder {disk.data} cannot be written to (" in str(refused.value)
    assert "mount -o remount,rw" in str(refused.value)
    wait_until_free(disk)
    disk.unmount()
    disk.mount()
    server.start()
    check_kept(server)
    job = ended_job(server.client("sagemaker"), "counting")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def wait_until_free(disk):
    """Ends what works in the disk's folders: the units, as a restart of the machine would."""

    def is_free():
        held = [
            process
            for process in PROC.glob("[0-9]*")
            if cwd(process).startswith(str(disk.place)) or f"/{disk.data.name}/units/" in text(process / "mountinfo")
        ]
        for process in held:
            try:
                os.kill(int(process.name), signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended between the two looks
        return not held

    wait_until(is_free, 20, "nobody works on the disk")


def test_a_folder_that_is_another_users_is_refused_at_the_start(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere; run the tests as an ordinary user too")
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(AssertionError) as refused:
        ServerProcess(folder=folder).start()
    assert f"The data folder {folder} cannot be written to (" in str(refused.value)
    assert "    at " not in str(refused.value)
