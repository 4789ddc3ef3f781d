"""The supervisor of serving processes, where an image's tests do not reach."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


# A stop comes while the model is read, as the worker's HTTP server is made, and just before that hears signals.
STOPPED_WHILE = {
    "the model is read": "def load(): stop(); return print",
    "the server is made": "import uvicorn; make = uvicorn.Server.__init__; load = lambda: print\n"
    "def made(server, config): make(server, config); stop()\n"
    "uvicorn.Server.__init__ = made",
    "the server is about to run": "import uvicorn; run = uvicorn.Server.run; load = lambda: print\n"
    "def runs(server, **sockets): stop(); run(server, **sockets)\n"
    "uvicorn.Server.run = runs",
}


@pytest.mark.parametrize("when", STOPPED_WHILE.values(), ids=STOPPED_WHILE.keys())
def test_a_stop_that_comes_early_is_not_lost(when):
    program = (
        "import os, signal, sys, time\n"
        "def stop(): os.kill(os.getppid(), signal.SIGTERM); time.sleep(0.2)\n"
        f"{when}\n"
        "from images.kit.serve import run_serving; sys.exit(run_serving(load))"
    )
    variables = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SAGEMAKER_BIND_TO_PORT": "0",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_model_that_crashes_the_process_that_reads_it_is_named_in_the_log():
    program = "import os, sys; from images.kit.serve import run_serving; sys.exit(run_serving(os.abort))"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "SAGEMAKER_BIND_TO_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 134
    assert "ended by SIGABRT while reading the model, whose file must be broken" in done.stderr
