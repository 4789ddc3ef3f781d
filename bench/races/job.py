"""From CreateTrainingJob to the first line that the program prints, against the same program as a plain process."""

import json
import os
import subprocess
import time
from pathlib import Path

import processes
from jobs import HYPERPARAMETERS, first_line, put_data, small_csv, temporary_folder, training_job
from results import Measure
from servers import Ours

TITLE = "A small training job"
COMPARED = (
    "The built-in XGBoost on 200 rows. Ours: from sending CreateTrainingJob to the time of the job's first log line, "
    "which the program prints when it has read its data (the time is the server's, when it reads the line). Peer: from "
    "starting `python -m images.kit xgboost train` as a plain process on the same files to the same line, so with the "
    "imports that a spare has done before. The server is left alone between jobs until it is quiet."
)
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
            timed(server, "warms-up")
        for number in range(options.jobs):
            line, end = plain()
            for server, measure in zip(servers, (with_spare, without), strict=True):
                processes.wait_until_quiet(server.process.pid)
                ours_line, ours_end = timed(server, f"job-{number}")
                measure.ours.append(ours_line)
                measure.theirs.append(line)
                if measure is with_spare:
                    whole.ours.append(ours_end)
                    whole.theirs.append(end)
    finally:
        for server in servers:
            server.close()
    return [with_spare, without, whole]


def timed(server, name):
    """Milliseconds to the first line that the program prints when it has read its data, and to the end of the job."""
    return first_line(server, training_job(name), JOB_SECONDS, "rows")


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
