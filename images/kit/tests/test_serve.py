"""The supervisor of serving processes, where an image's tests do not reach."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_model_that_crashes_the_process_that_reads_it_is_named_in_the_log():
    program = "import os, sys; from images.kit.serve import run_serving; sys.exit(run_serving(os.abort))"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "SAGEMAKER_BIND_TO_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 134
    assert "ended by SIGABRT while reading the model, whose file must be broken" in done.stderr
