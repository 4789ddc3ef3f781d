"""A server with a bucket, and experiments that go away with all they hold."""

import pytest
from experiment_jobs import BUCKET
from server_process import running_server


@pytest.fixture(scope="module")
def server():
    with running_server(BUCKET, "--cpus", "16", "--longest-grace-seconds", "20") as process:
        yield process


@pytest.fixture
def experiment(sagemaker, fresh):
    """experiment(**members): the name of a new experiment."""

    def make(**members):
        name = members.pop("ExperimentName", None) or fresh("experiment")
        sagemaker.create_experiment(ExperimentName=name, **members)
        return name

    return make


@pytest.fixture
def trial(sagemaker, fresh):
    """trial(experiment, **members): the name of a new trial of it."""

    def make(experiment, **members):
        name = members.pop("TrialName", None) or fresh("trial")
        sagemaker.create_trial(TrialName=name, ExperimentName=experiment, **members)
        return name

    return make


@pytest.fixture
def component(sagemaker, fresh):
    """component(*trials, **members): the name of a new trial component that is in them."""

    def make(*trials, **members):
        name = members.pop("TrialComponentName", None) or fresh("component")
        sagemaker.create_trial_component(TrialComponentName=name, **members)
        for trial in trials:
            sagemaker.associate_trial_component(TrialComponentName=name, TrialName=trial)
        return name

    return make
