"""Example notebooks of September 2020, by the people who wrote SageMaker's: run from top to bottom, told by
`sagebrush env` alone where they are."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from decision_trees import docker
from foreign_clients import python_of
from job_processes import supervisors
from outside_suites import Suite, sources
from server_process import wait_until
from shells import in_shell, printed
from xgboost_jobs import ended_job, log_lines, settled_endpoint

EXAMPLES = Suite(
    title="Amazon SageMaker examples",
    variable="SAGEMAKER_EXAMPLES_SOURCES",
    repository="https://github.com/aws/amazon-sagemaker-examples",
    commit="db08c55ec715362ce765bf18f3f3ad71a66e0a52",
    paths=("sagemaker-python-sdk/scikit_learn_iris", "advanced_functionality/scikit_bring_your_own"),
)
RUNNER = Path(__file__).parent / "run_notebook.py"


def run_notebook(server, home, folder, name, *programs):
    """What the notebook prints; it runs in a copy, since it writes beside itself.

    programs: folders for PATH.
    """
    python = python_of("examples")
    copy = shutil.copytree(folder, home / folder.name)
    variables = {**in_shell(printed(server.folder)), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    # Cells call `aws` and `python` as a notebook instance has them, and ask the configuration file for the region.
    places = [*programs, Path(os.environ["AWS_CLI"]).parent, python.parent]
    variables["PATH"] = ":".join([*map(str, places), variables["PATH"]])
    (home / ".aws").mkdir()
    (home / ".aws/config").write_text(f"[default]\nregion = {variables['AWS_DEFAULT_REGION']}\n")
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


@pytest.mark.timeout(3600)
def test_scikit_bring_your_own_builds_trains_serves_and_transforms(own_server, tmp_path):
    folder = sources(EXAMPLES) / "advanced_functionality/scikit_bring_your_own"
    server = own_server()
    with docker(folder / "container/Dockerfile") as programs:
        output = run_notebook(server, tmp_path, folder, "scikit_bring_your_own.ipynb", programs)
    # The SDK colours the lines of the job's log.
    assert re.search("Starting the training.+Training complete", output, re.DOTALL), output[-5000:]
    labels = [line.split(",")[0] for line in (folder / "data/iris.csv").read_text().split()]
    # A tree without a limit gives back the labels that it has learned. The cells ask for ten of each, less the last.
    asked = [50 * kind + one for kind in range(3) for one in range(40, 50)][:-1]
    assert "\n".join(labels[one] for one in asked) in output
    assert "Transform results: \n" + "\n".join(labels) in output
    says_what_is_wrong(server)
    ends_in_order(server)


def says_what_is_wrong(server):
    """The reason of a failure is what the program wrote for it."""
    sagemaker = server.client("sagemaker")
    name = sagemaker.list_training_jobs()["TrainingJobSummaries"][0]["TrainingJobName"]
    done = sagemaker.describe_training_job(TrainingJobName=name)
    names = ("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig")
    request = {member: done[member] for member in (*names, "StoppingCondition")}
    sagemaker.create_training_job(TrainingJobName="wrong", HyperParameters={"max_leaf_nodes": "many"}, **request)
    failed = ended_job(sagemaker, "wrong")
    wrong = "AlgorithmError: Exception during training: invalid literal for int() with base 10: 'many'"
    assert failed["FailureReason"].startswith(wrong)


def ends_in_order(server):
    """nginx's lines, written through links to the outputs, and those of the program behind it are the endpoint's log.

    `serve` ends its two programs at SIGTERM, long before the grace of 30 s is over.
    """
    sagemaker, logs = server.client("sagemaker"), server.client("logs")

    def lines():
        return log_lines(logs, "/aws/sagemaker/Endpoints/again", "AllTraffic/")

    config = sagemaker.list_endpoint_configs()["EndpointConfigs"][0]["EndpointConfigName"]
    sagemaker.create_endpoint(EndpointName="again", EndpointConfigName=config)
    assert settled_endpoint(sagemaker, "again")["EndpointStatus"] == "InService"
    answer = server.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="again", ContentType="text/csv", Body="5.0,3.5,1.3,0.3\n"
    )
    assert answer["Body"].read() == b"setosa\n"
    with pytest.raises(ClientError, match="This predictor only supports CSV data"):
        server.client("sagemaker-runtime").invoke_endpoint(EndpointName="again", ContentType="text/plain", Body="5.0")
    assert supervisors(server, "serve")
    sagemaker.delete_endpoint(EndpointName="again")
    wait_until(lambda: not supervisors(server, "serve"), 20, "the program has ended, in less than its grace")
    for words in ("Invoked with 1 records", '"GET /ping HTTP/1.1" 200', '"POST /invocations HTTP/1.1" 415'):
        wait_until(lambda words=words: words in "\n".join(lines()), 20, f"the log has {words}")
