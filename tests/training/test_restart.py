"""Kill -9 of the server at any time of a training job: same status, each log line once, nothing left over."""

import time

import pytest
from job_processes import processes_with
from long_cases import cases
from own_programs import files_of, instances, objects_below, outcome, printed, program_request
from server_process import wait_until
from xgboost_jobs import ended_job, lines_by_stream, training_request

ROUNDS = 400
LINES = "\n".join(f"{number % 2},{number % 2 + number / 1000},{number % 7}" for number in range(200))
PARAMETERS = {"num_round": ROUNDS, "objective": "binary:logistic", "eval_metric": "logloss", "seed": 7}


def ended_over_a_kill(server, name):
    """The job once it is over; the server is killed now, and started again."""
    server.kill()
    server.start()
    return ended_job(server.client("sagemaker"), name)


def rounds_of(lines):
    """Numbers of the boosting rounds whose evaluation was logged."""
    return [int(line.split("[")[1].split("]")[0]) for line in lines if "train-logloss" in line]


@pytest.mark.parametrize("after_seconds", cases(0.5, 2.0, long=[0.0, 0.1]))
def test_a_job_survives_a_kill(own_server, fresh, after_seconds):
    server = own_server()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="restarts")
    s3.put_object(Bucket="restarts", Key="train/a.csv", Body=LINES)
    name = fresh("killed")
    server.client("sagemaker").create_training_job(**training_request(name, "restarts", PARAMETERS))
    time.sleep(after_seconds)  # the moment of the kill is the case; nothing is waited for
    job = ended_over_a_kill(server, name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = printed(server, name)
    assert rounds_of(lines) == list(range(ROUNDS)), "each round is logged once and in order"
    server.client("s3").head_object(Bucket="restarts", Key=f"models/{name}/output/model.tar.gz")
    folder = str(server.folder)
    wait_until(lambda: not processes_with(folder), 20, "no process of the job is left")


# Counts in the log and in a checkpoint; the model is what was counted.
COUNTING = """
import os, signal, sys, time
me = os.environ["CURRENT_HOST"]
def told(*_):
    open(f"/opt/ml/model/{me}", "w").write("told")
    open(f"/opt/ml/checkpoints/{me}-last", "w").write("told")
    sys.exit(0)
signal.signal(signal.SIGTERM, told)
for number in range(25):
    print(f"step {number}", flush=True)
    open(f"/opt/ml/checkpoints/{me}", "w").write(str(number))
    time.sleep(0.1)
open(f"/opt/ml/model/{me}", "w").write("counted")
END
"""
HOSTS = ("algo-1", "algo-2")


def begin_counting(server, name, end="", **changes):
    server.client("s3").create_bucket(Bucket="restarts")
    config = {"S3Uri": f"s3://restarts/{name}/"}
    changes = {"ResourceConfig": instances(2), "CheckpointConfig": config, **changes}
    request = program_request(server.client("s3"), "restarts", name, COUNTING.replace("END", end), **changes)
    server.client("sagemaker").create_training_job(**request)


def check_logs(server, name):
    """Every host has counted once, from the start."""
    streams = lines_by_stream(server.client("logs"), "/aws/sagemaker/TrainingJobs", f"{name}/")
    assert [stream.split("/")[1][:6] for stream in streams] == list(HOSTS)
    for lines in streams.values():
        assert lines == [f"step {number}" for number in range(len(lines))]


@pytest.mark.parametrize("after_seconds", cases(1.5, long=[0.0, 0.2, 0.6, 3.0, 3.6]))
def test_a_job_of_two_hosts_survives_a_kill(own_server, fresh, after_seconds):
    server, name = own_server(arguments=["--cpus", "4"]), fresh("killed")
    begin_counting(server, name)
    time.sleep(after_seconds)  # the moment of the kill is the case; nothing is waited for
    job = ended_over_a_kill(server, name)
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    check_logs(server, name)
    s3 = server.client("s3")
    assert files_of(s3, "restarts", name) == dict.fromkeys(HOSTS, b"counted")
    assert objects_below(s3, "restarts", f"{name}/") == dict.fromkeys(HOSTS, b"24")


@pytest.mark.parametrize("after_seconds", cases(0.0, long=[0.1, 0.5]))
def test_a_stop_is_remembered_over_a_kill(own_server, fresh, after_seconds):
    server, name = own_server(arguments=["--cpus", "4", "--longest-grace-seconds", "20"]), fresh("stopped")
    begin_counting(server, name, "time.sleep(600)")
    s3 = server.client("s3")
    wait_until(lambda: set(objects_below(s3, "restarts", f"{name}/")) == set(HOSTS), 60, "both hosts count")
    server.client("sagemaker").stop_training_job(TrainingJobName=name)
    time.sleep(after_seconds)  # the moment of the kill is the case
    job = ended_over_a_kill(server, name)
    assert outcome(job) == ("Stopped", "Stopped"), job.get("FailureReason")
    check_logs(server, name)
    s3 = server.client("s3")
    assert files_of(s3, "restarts", name) == dict.fromkeys(HOSTS, b"told")
    found = objects_below(s3, "restarts", f"{name}/")
    assert {host: found[f"{host}-last"] for host in HOSTS} == dict.fromkeys(HOSTS, b"told")


@pytest.mark.parametrize("after_seconds", cases(1.0, long=[0.0, 0.3]))
def test_a_failure_of_one_host_is_remembered_over_a_kill(own_server, fresh, after_seconds):
    server, name = own_server(arguments=["--cpus", "4", "--longest-grace-seconds", "20"]), fresh("failed")
    begin_counting(server, name, "sys.exit(7) if me == 'algo-2' else time.sleep(600)")
    s3 = server.client("s3")
    counted = lambda: objects_below(s3, "restarts", f"{name}/").get("algo-2") == b"24"  # noqa: E731
    wait_until(counted, 60, "the second host has counted to its end")
    time.sleep(after_seconds)  # the moment of the kill is the case
    job = ended_over_a_kill(server, name)
    assert outcome(job) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("AlgorithmError: Exit code: 7.")
    check_logs(server, name)
    assert objects_below(server.client("s3"), "restarts", f"{name}/")["algo-1-last"] == b"told"
