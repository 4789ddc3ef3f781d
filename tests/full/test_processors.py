"""Processors of the SageMaker SDKs 1.72, 2.14, the newest 2.x and 3.x, told by `sagebrush env` alone where they are."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from foreign_clients import CLIENTS, printed_by_sdk, python_of
from shells import in_shell, printed

ENVIRONMENTS = ["sagemaker-1", "sagemaker-2020", "sagemaker-2"]
# A program sleeps up to 30 s between two looks at a job.
PROGRAM_SECONDS = 600


@pytest.fixture
def run(server, tmp_path):
    """run("processors.py", "sagemaker-2"): the last line that the program prints, read as JSON."""
    variables = in_shell(printed(server.folder))

    def run_program(program, environment):
        folder = tmp_path / environment
        folder.mkdir()
        place = CLIENTS / "programs" / program
        return printed_by_sdk(python_of(environment), place, variables, folder, seconds=PROGRAM_SECONDS)

    return run_program


@pytest.mark.timeout(900)
def test_each_sdk_runs_scripts_and_programs(run):
    with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
        found = pool.map(lambda environment: run("processors.py", environment), ENVIRONMENTS)
        results = dict(zip(ENVIRONMENTS, found, strict=True))
    for environment, found in results.items():
        failure = found.pop("failure")
        assert found == {
            "status": "Completed",
            "message": "10 rows",
            "entrypoint": ["python3", "/opt/ml/processing/input/code/split.py"],
            "log": True,
            "counts": {"train": 8, "test": 2},
            "stopped": "Stopped",
            "scaled": True,
            "arguments": True,
        }, environment
        assert "Failed" in failure and "Exit code: 3." in failure, environment


# Of an install: its environment has 940 MB.
@pytest.mark.timeout(900)
def test_the_third_generation_runs_a_script_and_one_with_its_modules(run):
    assert run("processors_3.py", "sagemaker-3") == {
        "script": ["Completed", "10", "10"],
        "framework": ["Completed", "285", "285"],
        "log": ["result 10", "result 285"],
    }
