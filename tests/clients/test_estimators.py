"""The SageMaker SDK's own way from data to predictions, with three of its releases and an unchanged program."""

from concurrent.futures import ThreadPoolExecutor

import pytest

ENVIRONMENTS = ["sagemaker-1", "sagemaker-2020", "sagemaker-2"]


@pytest.mark.timeout(480)
def test_estimators_of_three_sdks_train_attach_deploy_predict_and_transform(run_program):
    # Side by side: most of the time they sleep between two looks at a job, some of them for 30 s.
    with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
        results = list(pool.map(lambda environment: run_program("estimator.py", environment), ENVIRONMENTS))
    for environment, result in zip(ENVIRONMENTS, results, strict=True):
        assert result["round"], environment
        assert result["completed"], environment
        assert result["predicted"][0] > 0.8, environment
        assert result["predicted"][1] < 0.2, environment
        assert [round(value, 4) for value in result["transformed"]] == [
            round(value, 4) for value in result["predicted"]
        ], environment
