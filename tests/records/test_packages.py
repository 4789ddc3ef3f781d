"""Algorithms and model packages: what they may say, and a package made from an algorithm."""

import functools

import pytest
from policies import allow, refusal
from record_nouns import INFERENCE, TRAINING
from server_process import ACCOUNT, ROLE, wait_until
from xgboost_jobs import IMAGE, as_csv, channel, ended_job, training_request

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


def test_a_package_is_registered_as_newer_clients_do(client, fresh):
    """The SageMaker SDK's `register` says at once how the package stands; nobody here has packages of groups."""
    sagemaker, name = client("sagemaker"), fresh("package")
    standing = {"ModelApprovalStatus": "PendingManualApproval", "SkipModelValidation": "None"}
    sagemaker.create_model_package(ModelPackageName=name, InferenceSpecification=INFERENCE, **standing)
    assert sagemaker.describe_model_package(ModelPackageName=name)["ModelApprovalStatus"] == "PendingManualApproval"
    query = {"NameContains": name}
    for kind, names in ({"Unversioned": [name], "Both": [name], "Versioned": []}).items():
        listed = sagemaker.list_model_packages(**query, ModelPackageType=kind)["ModelPackageSummaryList"]
        assert [(each["ModelPackageName"], each["ModelApprovalStatus"]) for each in listed] == [
            (each, "PendingManualApproval") for each in names
        ]
    sagemaker.delete_model_package(ModelPackageName=name)


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
    "a validation that is skipped": {"SkipModelValidation": "All", "InferenceSpecification": INFERENCE},
    "a group": {"ModelPackageGroupName": "group", "InferenceSpecification": INFERENCE},
}


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES.keys())
def test_a_package_is_refused_for(package, client, fresh):
    create, name = client("sagemaker").create_model_package, fresh("package")
    assert refusal(lambda: create(ModelPackageName=name, **package))[0] == "ValidationException"


def a_transform(bucket, **more):
    return {
        "TransformInput": {
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/in/"}},
        },
        "TransformOutput": {"S3OutputPath": f"s3://{bucket}/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    }


def a_validation(bucket, training=True, **more):
    """ValidationSpecification of one profile: a training job on train/ and a transform job on in/."""
    job = {
        "TrainingInputMode": "File",
        "HyperParameters": {"num_round": "2"},
        "InputDataConfig": [channel(bucket, "train/")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    profile = {"ProfileName": "small", "TransformJobDefinition": a_transform(bucket)}
    profile |= {"TrainingJobDefinition": {**job, **more}} if training else {}
    return {"ValidationRole": ROLE, "ValidationProfiles": [profile]}


OBJECTIVE = {"Name": "objective", "Type": "FreeText", "DefaultValue": "reg:squarederror"}
TREES = {
    **TRAINING,
    "SupportedHyperParameters": [{"Name": "num_round", "Type": "Integer", "IsRequired": True}, OBJECTIVE],
}


def create_trees(sagemaker, name, validation):
    """Makes an algorithm that trains and predicts, and is to be validated."""
    sagemaker.create_algorithm(
        AlgorithmName=name,
        TrainingSpecification=TREES,
        InferenceSpecification={**INFERENCE, "Containers": [{"Image": IMAGE}]},
        ValidationSpecification=validation,
    )


@pytest.fixture
def data(client, bucket):
    """A bucket with rows to train on and rows to predict."""
    client("s3").put_object(Bucket=bucket, Key="train/rows.csv", Body=as_csv([[1, 0.5], [2, 1.5], [3, 2.5], [4, 3.5]]))
    client("s3").put_object(Bucket=bucket, Key="in/rows.csv", Body=as_csv([[0.5], [2.5]]))
    return bucket


def statuses(description, noun):
    return [item["Status"] for item in description[f"{noun}StatusDetails"]["ValidationStatuses"]]


def validated(describe, name, noun):
    """The description once its validation has ended."""

    def look():
        description = describe(**{f"{noun}Name": name})
        return description if description[f"{noun}Status"] in ("Completed", "Failed") else None

    return wait_until(look, 120, f"the validation of {name} has ended")


def answers_of_a_model_of(sagemaker, s3, bucket, package):
    """What a model made of the package, named by its ARN, predicts; the package may go before it is used."""
    name = package["ModelPackageName"]
    container = {"ModelPackageName": package["ModelPackageArn"], "Environment": {"OWN": "1"}}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    assert sagemaker.describe_model(ModelName=name)["PrimaryContainer"] == container
    sagemaker.delete_model_package(ModelPackageName=name)
    transform = a_transform(bucket, TransformOutput={"S3OutputPath": f"s3://{bucket}/again"})
    sagemaker.create_transform_job(TransformJobName=name, ModelName=name, **transform)
    look = functools.partial(sagemaker.describe_transform_job, TransformJobName=name)
    wait_until(lambda: look()["TransformJobStatus"] != "InProgress", 120, f"transform job {name} has ended")
    assert look()["TransformJobStatus"] == "Completed", look()
    return s3.get_object(Bucket=bucket, Key="again/rows.csv.out")["Body"].read().decode().split()


def test_a_training_job_names_an_algorithm(client, data, fresh):
    sagemaker, name = client("sagemaker"), fresh("Trees")
    algorithm = sagemaker.create_algorithm(AlgorithmName=name, TrainingSpecification=TREES)["AlgorithmArn"]
    specification = {"AlgorithmName": algorithm, "TrainingInputMode": "File"}
    request = training_request(name, data, {"num_round": 2}, AlgorithmSpecification=specification)
    request["ResourceConfig"]["InstanceType"] = "ml.m5.large"
    sagemaker.create_training_job(**request)
    sagemaker.delete_algorithm(AlgorithmName=name)
    job = ended_job(sagemaker, name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["HyperParameters"] == {"num_round": "2", "objective": "reg:squarederror"}
    assert job["AlgorithmSpecification"]["AlgorithmName"] == algorithm
    assert "TrainingImage" not in job["AlgorithmSpecification"]


def test_an_algorithm_trains_only_as_it_says(client, data, fresh):
    sagemaker, name = client("sagemaker"), fresh("trees")
    sagemaker.create_algorithm(AlgorithmName=name, TrainingSpecification=TREES)
    by_name = {"AlgorithmName": name, "TrainingInputMode": "File"}
    good = training_request(name, data, {"num_round": 2}, AlgorithmSpecification=by_name)
    resources = {**good["ResourceConfig"], "InstanceType": "ml.m5.large"}
    good["ResourceConfig"] = resources
    cases = {
        "an image as well": {"AlgorithmSpecification": {**by_name, "TrainingImage": IMAGE}},
        "an algorithm that is not there": {"AlgorithmSpecification": {**by_name, "AlgorithmName": "none"}},
        "a mode that it does not have": {"AlgorithmSpecification": {**by_name, "TrainingInputMode": "Pipe"}},
        "a hyperparameter that it does not have": {"HyperParameters": {"num_round": "2", "max_depth": "3"}},
        "a value of another type": {"HyperParameters": {"num_round": "two"}},
        "no value of a required one": {"HyperParameters": {}},
        "a channel that it does not have": {"InputDataConfig": [channel(data, "train/", name="other")]},
        "another content type": {"InputDataConfig": [channel(data, "train/", content_type="text/libsvm")]},
        "another instance type": {"ResourceConfig": {**resources, "InstanceType": "ml.c5.large"}},
        "two instances": {"ResourceConfig": {**resources, "InstanceCount": 2}},
    }
    for why, change in cases.items():
        assert refusal(functools.partial(sagemaker.create_training_job, **{**good, **change}))[0] == (
            "ValidationException"
        ), why
    sagemaker.delete_algorithm(AlgorithmName=name)


MODELS = {
    "an image beside a package": {"Image": IMAGE, "ModelPackageName": "package"},
    "an artifact beside a package": {"ModelDataUrl": "s3://models/model.tar.gz", "ModelPackageName": "package"},
    "a package that is not there": {"ModelPackageName": "no-such-package"},
}


@pytest.mark.parametrize("container", MODELS.values(), ids=MODELS.keys())
def test_a_model_is_refused_for(container, client, fresh):
    create, name = client("sagemaker").create_model, fresh("model")
    code, text = refusal(lambda: create(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container))
    assert (code, "ackage" in text) == ("ValidationException", True)


def test_a_validation_trains_transforms_and_ends(client, data, fresh):
    sagemaker, name = client("sagemaker"), fresh("Trees")
    create_trees(sagemaker, name, a_validation(data))
    assert sagemaker.describe_algorithm(AlgorithmName=name)["AlgorithmStatus"] in ("Pending", "InProgress")
    assert refusal(lambda: sagemaker.delete_algorithm(AlgorithmName=name))[0] == "ConflictException"
    algorithm = validated(sagemaker.describe_algorithm, name, "Algorithm")
    assert algorithm["AlgorithmStatus"] == "Completed", algorithm["AlgorithmStatusDetails"]
    assert statuses(algorithm, "Algorithm") == ["Completed", "Completed"]
    [job] = sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    trained = sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
    assert trained["HyperParameters"] == {"num_round": "2", "objective": "reg:squarederror"}
    assert trained["EnableNetworkIsolation"] is True
    answers = client("s3").get_object(Bucket=data, Key="out/rows.csv.out")["Body"].read().decode().split()
    assert len(answers) == 2
    artifact = trained["ModelArtifacts"]["S3ModelArtifacts"]
    source = {"SourceAlgorithms": [{"AlgorithmName": name, "ModelDataUrl": artifact}]}
    sagemaker.create_model_package(
        ModelPackageName=name,
        SourceAlgorithmSpecification=source,
        ValidationSpecification=a_validation(data, training=False),
    )
    package = validated(sagemaker.describe_model_package, name, "ModelPackage")
    assert package["ModelPackageStatus"] == "Completed", package["ModelPackageStatusDetails"]
    assert statuses(package, "ModelPackage") == ["Completed"]
    assert answers_of_a_model_of(sagemaker, client("s3"), data, package) == answers
    sagemaker.delete_algorithm(AlgorithmName=name)


def test_a_validation_whose_job_fails_says_why(client, data, fresh):
    sagemaker, name = client("sagemaker"), fresh("trees")
    create_trees(sagemaker, name, a_validation(data, HyperParameters={"num_round": "2", "objective": "reg:wishful"}))
    algorithm = validated(sagemaker.describe_algorithm, name, "Algorithm")
    assert algorithm["AlgorithmStatus"] == "Failed"
    assert statuses(algorithm, "Algorithm") == ["Failed", "NotStarted"]
    assert "objective" in algorithm["AlgorithmStatusDetails"]["ValidationStatuses"][0]["FailureReason"]
    source = {"SourceAlgorithms": [{"AlgorithmName": name}]}
    create = functools.partial(sagemaker.create_model_package, SourceAlgorithmSpecification=source)
    assert "is Failed" in refusal(lambda: create(ModelPackageName=name))[1]
    sagemaker.delete_algorithm(AlgorithmName=name)


@pytest.mark.long
def test_a_validation_goes_on_after_a_kill(own_server, fresh):
    server = own_server()
    sagemaker, s3, name = server.client("sagemaker"), server.client("s3"), fresh("trees")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="train/rows.csv", Body=as_csv([[1, 0.5], [2, 1.5]]))
    s3.put_object(Bucket="data", Key="in/rows.csv", Body=as_csv([[0.5]]))
    create_trees(sagemaker, name, a_validation("data"))
    wait_until(lambda: sagemaker.list_training_jobs()["TrainingJobSummaries"], 30, "its training job is there")
    server.kill()
    server.start()
    sagemaker = server.client("sagemaker")
    algorithm = validated(sagemaker.describe_algorithm, name, "Algorithm")
    assert algorithm["AlgorithmStatus"] == "Completed", algorithm["AlgorithmStatusDetails"]
    for list_, many in ((sagemaker.list_training_jobs, "Training"), (sagemaker.list_transform_jobs, "Transform")):
        assert len(list_()[f"{many}JobSummaries"]) == 1


def test_a_profile_that_the_algorithm_cannot_meet_is_refused(client, fresh):
    create, name = client("sagemaker").create_algorithm, fresh("trees")
    required = {**TREES, "TrainingChannels": [{**TREES["TrainingChannels"][0], "IsRequired": True}]}
    big = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}
    cases = {
        "a channel that it does not have": a_validation("b", InputDataConfig=[channel("b", "in/", name="other")]),
        "another instance type": a_validation("b", ResourceConfig={**big, "InstanceType": "ml.p3.2xlarge"}),
        "two instances": a_validation("b", ResourceConfig=big),
        "no value of a required hyperparameter": a_validation("b", HyperParameters={}),
        "a role that is not there": {**a_validation("b"), "ValidationRole": ROLE + "s"},
    }
    for why, validation in cases.items():
        request = {"TrainingSpecification": required, "InferenceSpecification": INFERENCE}
        call = functools.partial(create, AlgorithmName=name, **request, ValidationSpecification=validation)
        assert refusal(call)[0] == "ValidationException", why
    without = functools.partial(create, AlgorithmName=name, TrainingSpecification=required)
    assert "InferenceSpecification" in refusal(lambda: without(ValidationSpecification=a_validation("b")))[1]


def test_a_validation_needs_a_role_that_the_caller_may_pass(user, fresh):
    _, clients = user(allow("sagemaker:CreateModelPackage"))
    create, name = clients("sagemaker").create_model_package, fresh("package")
    validation = a_validation("b", training=False)
    request = {"InferenceSpecification": INFERENCE, "ValidationSpecification": validation}
    code, text = refusal(lambda: create(ModelPackageName=name, **request))
    assert (code, "iam:PassRole" in text) == ("AccessDeniedException", True)
