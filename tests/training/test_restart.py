"""Kill -9 of the server at any time of a training job: same status, each log line once, nothing left over."""

import subprocess
import time

import pytest
from server_process import wait_until
from xgboost_jobs import training_request

ROUNDS = 400
LINES = "\n".join(f"{number % 2},{number % 2 + number / 1000},{number % 7}" for number in range(200))
PARAMETERS = {"num_round": ROUNDS, "objective": "binary:logistic", "eval_metric": "logloss", "seed": 7}


def ended(server, name):
    def look():
        job = server.client("sagemaker").describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return wait_until(look, 120, f"{name} is over")


def lines_of(server, name):
    """Every message of the job's log streams."""
    logs, group = server.client("logs"), "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    found = []
    for stream in streams:
        token = {}
        while True:
            page = logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True, **token
            )
            if not page["events"]:
                break
            found += [event["message"] for event in page["events"]]
            token = {"nextToken": page["nextForwardToken"]}
    return found


def rounds_of(lines):
    """Numbers of the boosting rounds whose evaluation was logged."""
    return [int(line.split("[")[1].split("]")[0]) for line in lines if "train-logloss" in line]


@pytest.mark.parametrize("after_seconds", [0.0, 0.1, 0.5, 2.0])
def test_a_job_survives_a_kill(own_server, fresh, after_seconds):
    server = own_server()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="restarts")
    s3.put_object(Bucket="restarts", Key="train/a.csv", Body=LINES)
    name = fresh("killed")
    server.client("sagemaker").create_training_job(**training_request(name, "restarts", PARAMETERS))
    time.sleep(after_seconds)  # the moment of the kill is the case; nothing is waited for
    server.kill()
    server.start()
    job = ended(server, name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = lines_of(server, name)
    assert rounds_of(lines) == list(range(ROUNDS)), "each round is logged once and in order"
    server.client("s3").head_object(Bucket="restarts", Key=f"models/{name}/output/model.tar.gz")
    folder = str(server.folder)
    wait_until(lambda: not processes_with(folder), 20, "no process of the job is left")


def processes_with(folder):
    """Command lines of processes that name the folder, but for the server itself."""
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in listing.splitlines() if folder in line and "main.ts" not in line)
