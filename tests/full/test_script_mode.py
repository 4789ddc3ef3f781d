"""Users' scripts by the SageMaker SDKs 1.72, 2.14 and the newest 2.x, told by `sagebrush env` alone where they are."""

import pytest
from stories import digits, iris, mnist, wheel


def iris_and_wheel(folder):
    wheel(folder / "wheels")
    return iris(folder)


@pytest.mark.timeout(1200)
def test_each_sdk_trains_serves_and_transforms_with_scikit_learn(tell):
    for environment, found in tell("iris.py", iris_and_wheel).items():
        assert found["accuracy"] > 0.9, environment
        assert found["metric"] == found["accuracy"], environment
        assert found["deployed"] == pytest.approx(found["accuracy"], abs=1e-3), environment
        assert found["transformed"] == pytest.approx(found["accuracy"], abs=1e-3), environment
        assert found["version"].startswith("Image sagemaker-scikit-learn asks for version 0.23; here runs"), environment
        assert found["names"] == ["setosa"] * 3, environment
        assert found["git"][0] > 0.9, environment
        assert found["git"][1], environment


@pytest.mark.timeout(1200)
def test_each_sdk_trains_and_serves_with_xgboost(tell):
    for environment, found in tell("digits.py", digits).items():
        assert found["accuracy"] > 0.93, environment
        assert found["rounds"], environment
        assert found["deployed"] == pytest.approx(found["accuracy"], abs=1e-3), environment
        assert found["same"], environment


@pytest.mark.timeout(1800)
def test_each_sdk_trains_and_serves_with_tensorflow(tell):
    for environment, found in tell("mnist_tensorflow.py", mnist).items():
        assert found["accuracy"] > 0.9, environment
        assert found["deployed"] > 0.9, environment
        assert found["handled"] == found["deployed"], environment
        assert found["columns"] == [2, 10], environment
        assert found["place"], environment


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("framework", ["mxnet", "pytorch"])
def test_each_sdk_trains_and_serves_with(tell, framework):
    for environment, found in tell(f"mnist_{framework}.py", mnist).items():
        assert found["accuracy"] > 0.9, environment
        assert found["deployed"] > 0.9, environment
