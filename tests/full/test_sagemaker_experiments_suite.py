"""Integration tests of the SageMaker Experiments SDK of September 2020, told by `sagebrush env` where they are."""

import pytest
from foreign_clients import python_of
from outside_suites import Suite, compare, outcomes, sources
from shells import in_shell, printed

SUITE = Suite(
    title="SageMaker Experiments SDK",
    variable="SAGEMAKER_EXPERIMENTS_SOURCES",
    repository="https://github.com/aws/sagemaker-experiments",
    commit="50658bf53a2004aee777c7241b56d2271743b1ae",
    paths=("tests",),
)
#: Those of its files that need no Docker of their own.
FILES = ("test_experiment", "test_trial", "test_trial_component", "test_search_expression", "test_tracker")


@pytest.mark.timeout(600)
def test_experiments_trials_components_and_searches_pass(own_server, tmp_path):
    folder = sources(SUITE)
    server = own_server()
    leave_something_to_find(server.client("sagemaker"))
    variables = {**in_shell(printed(server.folder)), "HOME": str(tmp_path)}
    arguments = [*(f"tests/integ/{file}.py" for file in FILES), "--region=us-east-1"]
    found = outcomes(python_of("sagemaker-2020-tests"), folder, arguments, variables, tmp_path / "report.xml")
    compare(SUITE, found)


def leave_something_to_find(sagemaker):
    """The suite's searches are for what earlier runs in its account have left."""
    name = "smexperiments-integ-0"
    sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_trial(TrialName=name, ExperimentName=name)
    sagemaker.create_trial_component(TrialComponentName=name)
