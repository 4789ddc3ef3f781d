"""The SageMaker SDK's own way from data to predictions, with three of its releases and an unchanged program."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from mnist import DATA

ENVIRONMENTS = ["sagemaker-1", "sagemaker-2020", "sagemaker-2"]


def of_each(run_program, program, *arguments):
    """{environment: what the program printed}."""
    # Side by side: most of the time they sleep between two looks at a job, some of them for 30 s.
    with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
        results = pool.map(lambda environment: run_program(program, environment, *arguments), ENVIRONMENTS)
        return dict(zip(ENVIRONMENTS, results, strict=True))


@pytest.mark.timeout(480)
def test_estimators_of_three_sdks_train_attach_deploy_predict_and_transform(run_program):
    for environment, result in of_each(run_program, "estimator.py").items():
        assert result["round"], environment
        assert result["completed"], environment
        assert result["predicted"][0] > 0.8, environment
        assert result["predicted"][1] < 0.2, environment
        assert [round(value, 4) for value in result["transformed"]] == [
            round(value, 4) for value in result["predicted"]
        ], environment


@pytest.mark.timeout(480)
def test_the_estimator_of_factorization_machines_in_three_sdks(run_program):
    for environment, result in of_each(run_program, "factorization_machines.py", str(DATA)).items():
        assert result["image"].endswith("/factorization-machines:1"), environment
        assert int(result["attached"]) == 4, environment
        assert result["accuracy"] > 0.97, environment
        assert result["right"] == [result["accuracy"]] * 2, environment
