"""Algorithms and model packages: what they may say, and a package made from an algorithm."""

import pytest
from policies import refusal
from record_nouns import INFERENCE, TRAINING
from server_process import ACCOUNT, ROLE
from xgboost_jobs import IMAGE

INTEGER = {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "9"}}
CONTINUOUS = {"ContinuousParameterRangeSpecification": {"MinValue": "0.1", "MaxValue": "1"}}
CATEGORICAL = {"CategoricalParameterRangeSpecification": {"Values": ["a", "b"]}}


def depth(**more):
    return {"SupportedHyperParameters": [{"Name": "depth", "Type": "Integer", **more}]}


def test_an_algorithm_is_completed_and_given_back(client, fresh):
    sagemaker, name = client("sagemaker"), fresh("Algorithm")
    parameters = [
        {"Name": "depth", "Type": "Integer", "Range": INTEGER, "IsTunable": True, "DefaultValue": "3"},
        {"Name": "eta", "Type": "Continuous", "Range": CONTINUOUS, "IsRequired": True},
        {"Name": "kind", "Type": "Categorical", "Range": CATEGORICAL, "DefaultValue": "b"},
        {"Name": "note", "Type": "FreeText", "DefaultValue": "any"},
    ]
    training = {
        **TRAINING,
        "SupportedHyperParameters": parameters,
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
        "SupportedTuningJobObjectiveMetrics": [{"Type": "Minimize", "MetricName": "loss"}],
    }
    sagemaker.create_algorithm(AlgorithmName=name, AlgorithmDescription="Trees", TrainingSpecification=training)
    described = sagemaker.describe_algorithm(AlgorithmName=name)
    assert described["TrainingSpecification"] == training
    assert described["AlgorithmStatus"] == "Completed"
    assert described["AlgorithmStatusDetails"] == {"ValidationStatuses": [], "ImageScanStatuses": []}
    by_arn = sagemaker.describe_algorithm(AlgorithmName=described["AlgorithmArn"])
    assert (by_arn["AlgorithmName"], described["AlgorithmArn"]) == (
        name,
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:algorithm/{name.lower()}",
    )
    [listed] = sagemaker.list_algorithms(NameContains=name)["AlgorithmSummaryList"]
    assert (listed["AlgorithmDescription"], listed["AlgorithmStatus"]) == ("Trees", "Completed")
    sagemaker.delete_algorithm(AlgorithmName=name)


TRAININGS = {
    "a range of another type": depth(Range=CONTINUOUS),
    "two ranges": depth(Range={**INTEGER, **CONTINUOUS}),
    "a default out of its range": depth(Range=INTEGER, DefaultValue="10"),
    "a default of another type": depth(DefaultValue="three"),
    "ends the wrong way round": depth(Range={"IntegerParameterRangeSpecification": {"MinValue": "9", "MaxValue": "1"}}),
    "an end that is no integer": depth(
        Range={"IntegerParameterRangeSpecification": {"MinValue": "1.5", "MaxValue": "9"}}
    ),
    "a tunable one without a range": depth(IsTunable=True),
    "a tunable text": {"SupportedHyperParameters": [{"Name": "n", "Type": "FreeText", "IsTunable": True}]},
    "two of one name": {"SupportedHyperParameters": [{"Name": "n", "Type": "FreeText"}] * 2},
    "two channels of one name": {"TrainingChannels": TRAINING["TrainingChannels"] * 2},
    "an objective that is no metric": {"SupportedTuningJobObjectiveMetrics": [{"Type": "Minimize", "MetricName": "x"}]},
    "an image that is not there": {"TrainingImage": IMAGE.replace("sagemaker-xgboost", "nothing-like-it")},
}


@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS.keys())
def test_an_algorithm_is_refused_for(training, client, fresh):
    create, name = client("sagemaker").create_algorithm, fresh("algorithm")
    code, text = refusal(lambda: create(AlgorithmName=name, TrainingSpecification={**TRAINING, **training}))
    assert code == "ValidationException", text


def test_a_package_of_an_algorithm_has_its_container_and_the_artifact(client, fresh):
    sagemaker, algorithm, name = client("sagemaker"), fresh("Algorithm"), fresh("package")
    made = sagemaker.create_algorithm(
        AlgorithmName=algorithm, TrainingSpecification=TRAINING, InferenceSpecification=INFERENCE
    )
    artifact = "s3://models/trained/model.tar.gz"
    source = {"SourceAlgorithms": [{"AlgorithmName": made["AlgorithmArn"], "ModelDataUrl": artifact}]}
    sagemaker.create_model_package(ModelPackageName=name, SourceAlgorithmSpecification=source)
    described = sagemaker.describe_model_package(ModelPackageName=name)
    assert described["SourceAlgorithmSpecification"] == source
    assert described["InferenceSpecification"]["Containers"] == [{"Image": IMAGE, "ModelDataUrl": artifact}]
    assert described["ModelPackageStatus"] == "Completed"
    sagemaker.delete_algorithm(AlgorithmName=algorithm)
    again = sagemaker.describe_model_package(ModelPackageName=described["ModelPackageArn"])
    assert again["InferenceSpecification"] == described["InferenceSpecification"]
    sagemaker.delete_model_package(ModelPackageName=described["ModelPackageArn"])


PACKAGES = {
    "neither a container nor an algorithm": {},
    "both": {
        "InferenceSpecification": INFERENCE,
        "SourceAlgorithmSpecification": {"SourceAlgorithms": [{"AlgorithmName": "none"}]},
    },
    "an algorithm that is not there": {
        "SourceAlgorithmSpecification": {"SourceAlgorithms": [{"AlgorithmName": "none"}]}
    },
    "an artifact that is no archive": {
        "InferenceSpecification": {**INFERENCE, "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://models/a.zip"}]}
    },
    "a group": {"ModelPackageGroupName": "group", "InferenceSpecification": INFERENCE},
}


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES.keys())
def test_a_package_is_refused_for(package, client, fresh):
    create, name = client("sagemaker").create_model_package, fresh("package")
    assert refusal(lambda: create(ModelPackageName=name, **package))[0] == "ValidationException"


def test_what_a_validation_would_run_is_named(client, fresh):
    transform = {
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://in/"}}},
        "TransformOutput": {"S3OutputPath": "s3://out/"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    profile = {"ProfileName": "small", "TransformJobDefinition": transform}
    validation = {"ValidationRole": ROLE, "ValidationProfiles": [profile]}
    create, name = client("sagemaker").create_model_package, fresh("package")
    code, text = refusal(
        lambda: create(ModelPackageName=name, InferenceSpecification=INFERENCE, ValidationSpecification=validation)
    )
    assert (code, "ValidationSpecification" in text) == ("NotYetAvailable", True)
