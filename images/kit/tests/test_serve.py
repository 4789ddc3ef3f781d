"""The supervisor of serving processes, where an image's tests do not reach."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


SERVE = "from images.kit.serve import run_serving; sys.exit(run_serving(load))"
SERVE_SCRIPT = "from images.kit.script.crew import serve; sys.exit(serve(load, 1))"
SLOW_FORK = (
    "fork = os.fork\n"
    "def forks():\n"
    "    pid = fork()\n"
    "    time.sleep(0.1 if pid else 0)\n"
    "    return pid\n"
    "os.fork = forks\n"
)
READ = "def load(): stop(); return print\n"

# A stop comes before the supervisor goes on from its fork, while the model is read, as the HTTP server is made, or just
# before that hears signals.
STOPPED_WHILE = {
    "the supervisor forks": SLOW_FORK + READ + SERVE,
    "the model is read": READ + SERVE,
    "the server is made": "import uvicorn; make = uvicorn.Server.__init__; load = lambda: print\n"
    "def made(server, config): make(server, config); stop()\n"
    "uvicorn.Server.__init__ = made\n" + SERVE,
    "the server is about to run": "import uvicorn; run = uvicorn.Server.run; load = lambda: print\n"
    "def runs(server, **sockets): stop(); run(server, **sockets)\n"
    "uvicorn.Server.run = runs\n" + SERVE,
    "the supervisor of a script forks": SLOW_FORK
    + "from images.kit.script import front; run = front.run; load = lambda: print\n"
    "def runs(*sockets): stop(); return run(*sockets)\n"
    "front.run = runs\n" + SERVE_SCRIPT,
    "the model of a script is read": READ + SERVE_SCRIPT,
}


@pytest.mark.parametrize("rest", STOPPED_WHILE.values(), ids=STOPPED_WHILE.keys())
def test_a_stop_that_comes_early_is_not_lost(rest):
    program = (
        f"import os, signal, sys, time\ndef stop(): os.kill(os.getppid(), signal.SIGTERM); time.sleep(0.2)\n{rest}"
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
