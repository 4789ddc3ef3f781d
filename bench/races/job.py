"""From CreateTrainingJob to the first line that the program prints, against the same program as a plain process."""

import json
import os
import subprocess
import time
from pathlib import Path

import processes
from jobs import HYPERPARAMETERS, put_data, small_csv, temporary_folder, training_job
from results import Measure
from servers import Ours

TITLE = "A small training job"
COMPARED = (
    "The built-in XGBoost on 200 rows. Ours: from sending CreateTrainingJob to the time of the job's first log line, "
    "which the program prints when it has read its data (the time is the server's, when it reads the line). Peer: from "
    "starting `python -m images.kit xgboost train` as a plain process on the same files to the same line, so with the "
    "imports that a spare has done before. The server is left alone between jobs until it is quiet."
)
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
JOB_SECONDS = 120
ROOT = Path(__file__).resolve().parent.parent.parent


def run(options):
    with_spare = Measure("first line, with a spare", "ms", "ms plain Python", "≤ 150 ms more", compare="added")
    without = Measure("first line, without spares", "ms", "ms plain Python", "", compare="added")
    whole = Measure("whole job, with a spare", "ms", "ms plain Python", "", compare="added")
    servers = [Ours(arguments=["--spares", str(count)]) for count in (1, 0)]
    try:
        for server in servers:
            put_data(server.start())
            first_line(server, "warms-up")
        for number in range(options.jobs):
            line, end = plain()
            for server, measure in zip(servers, (with_spare, without), strict=True):
                processes.wait_until_quiet(server.process.pid)
                ours_line, ours_end = first_line(server, f"job-{number}")
                measure.ours.append(ours_line)
                measure.theirs.append(line)
                if measure is with_spare:
                    whole.ours.append(ours_end)
                    whole.theirs.append(end)
    finally:
        for server in servers:
            server.close()
    return [with_spare, without, whole]


def first_line(server, name):
    """Milliseconds from the call to the first line, and to the end of the job."""
    sagemaker, logs = server.client("sagemaker"), server.client("logs")
    request = training_job(name)
    began = time.time()
    sagemaker.create_training_job(**request)
    while (job := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] == "InProgress":
        if time.time() - began > JOB_SECONDS:
            raise RuntimeError(f"{name} has not ended within {JOB_SECONDS} s: {job}")
        time.sleep(0.02)
    if job["TrainingJobStatus"] != "Completed":
        raise RuntimeError(f"{name} is {job['TrainingJobStatus']}: {job.get('FailureReason')}")
    stream = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")["logStreams"][0]
    events = logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"], startFromHead=True)
    line = next(event for event in events["events"] if "rows" in event["message"])
    return line["timestamp"] - began * 1000, (job["TrainingEndTime"].timestamp() - began) * 1000


def plain():
    """Milliseconds from starting the program to its first line, and to its end."""
    with temporary_folder() as folder:
        root = Path(folder)
        files = {
            "hyperparameters.json": HYPERPARAMETERS,
            "inputdataconfig.json": {"train": {"ContentType": "text/csv", "TrainingInputMode": "File"}},
            "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"},
        }
        for part in ("input/config", "input/data/train", "model", "output/data"):
            (root / part).mkdir(parents=True)
        for name, content in files.items():
            (root / "input/config" / name).write_text(json.dumps(content))
        (root / "input/data/train/data.csv").write_bytes(small_csv(200))
        command = [os.environ["BENCH_XGBOOST_PYTHON"], "-m", "images.kit", "xgboost", "train"]
        environment = {**os.environ, "SAGEBRUSH_ML_ROOT": folder}
        began = time.perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            lines = iter(process.stdout.readline, "")
            next(line for line in lines if "rows" in line)
            first = time.perf_counter() - began
            process.stdout.read()
        if process.returncode != 0:
            raise RuntimeError(f"the program ended with {process.returncode}")
        return first * 1000, (time.perf_counter() - began) * 1000
