"""Processors of the SageMaker SDKs 1.72, 2.14 and the newest 2.x, told by `sagebrush env` alone where they are."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from foreign_clients import CLIENTS, python_of
from shells import in_shell, printed

ENVIRONMENTS = ["sagemaker-1", "sagemaker-2020", "sagemaker-2"]
# A program sleeps up to 30 s between two looks at a job.
PROGRAM_SECONDS = 600


@pytest.mark.timeout(900)
def test_scripts_and_programs(server, tmp_path):
    variables = in_shell(printed(server.folder))

    def run(environment):
        folder = tmp_path / environment
        folder.mkdir()
        done = subprocess.run(
            [str(python_of(environment)), str(CLIENTS / "programs/processors.py")],
            env={**variables, "HOME": str(folder), "PYTHONWARNINGS": "ignore"},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PROGRAM_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{environment}:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return json.loads(done.stdout.strip().splitlines()[-1])

    with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
        results = dict(zip(ENVIRONMENTS, pool.map(run, ENVIRONMENTS), strict=True))
    for environment, found in results.items():
        failure = found.pop("failure")
        assert found == {
            "status": "Completed",
            "message": "10 rows",
            "entrypoint": ["python3", "/opt/ml/processing/input/code/split.py"],
            "log": True,
            "counts": {"train": 8, "test": 2},
            "stopped": "Stopped",
            "arguments": True,
        }, environment
        assert "Failed" in failure and "Exit code: 3." in failure, environment
