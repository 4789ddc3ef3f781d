"""Example notebooks of September 2020, by the people who wrote SageMaker's: run from top to bottom, told by
`sagebrush env` alone where they are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from foreign_clients import python_of
from outside_suites import Suite, sources
from shells import in_shell, printed

EXAMPLES = Suite(
    title="Amazon SageMaker examples",
    variable="SAGEMAKER_EXAMPLES_SOURCES",
    repository="https://github.com/aws/amazon-sagemaker-examples",
    commit="db08c55ec715362ce765bf18f3f3ad71a66e0a52",
    paths=("sagemaker-python-sdk/scikit_learn_iris",),
)
RUNNER = Path(__file__).parent / "run_notebook.py"


def run_notebook(server, home, folder, name):
    """What the notebook prints; it runs in a copy, since it writes beside itself."""
    python = python_of("examples")
    copy = shutil.copytree(folder, home / folder.name)
    variables = {**in_shell(printed(server.folder)), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    # Cells call `aws` and `python` as a notebook instance has them.
    variables["PATH"] = f"{Path(os.environ['AWS_CLI']).parent}:{python.parent}:{variables['PATH']}"
    done = subprocess.run(
        [str(python), str(RUNNER), str(copy / name)],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


@pytest.mark.timeout(2400)
def test_scikit_learn_iris_trains_serves_and_transforms(own_server, tmp_path):
    folder = sources(EXAMPLES) / "sagemaker-python-sdk/scikit_learn_iris"
    output = run_notebook(own_server(), tmp_path, folder, "Scikit-learn Estimator Example With Batch Transform.ipynb")
    assert "Waiting for transform job: " in output
    # The last cell compares labels with predictions, file by file from the second of ten.
    assert output.count("are identical") == 9, output[-3000:]
