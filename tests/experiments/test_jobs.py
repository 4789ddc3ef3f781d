"""Trial components of training, processing and transform jobs: what they show, where they are, that they stay right."""

from functools import partial

import pytest
from experiment_jobs import BUCKET, METRIC, SLEEPS, of_job, training
from policies import refusal
from processing_jobs import ended_processing, processing_request, s3_input, s3_output
from server_process import ACCOUNT
from xgboost_jobs import IMAGE, ended_job


@pytest.fixture(scope="module")
def trained(server):
    """A training job that is over, of no experiment."""
    sagemaker, s3 = server.client("sagemaker"), server.client("s3")
    changes = {
        "HyperParameters": {"max_depth": "5", "objective": "reg:squarederror"},
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    return ended_job(sagemaker, training(sagemaker, s3, "Trained-Alone", **changes))


def test_a_training_job_without_an_experiment_has_a_component_in_no_trial(sagemaker, trained):
    name = "Trained-Alone-aws-training-job"
    found = of_job(sagemaker, "training-job", "trained-alone")
    arn = trained["TrainingJobArn"]
    assert trained["TrainingJobStatus"] == "Completed", trained
    assert found["TrialComponentName"] == found["DisplayName"] == name
    assert found["Source"] == {"SourceArn": arn, "SourceType": "SageMakerTrainingJob"}
    assert found["Status"] == {
        "PrimaryStatus": "Completed",
        "Message": "Status: Completed, secondary status: Completed, failure reason: .",
    }
    times = (trained["TrainingStartTime"], trained["TrainingEndTime"], trained["LastModifiedTime"])
    assert (found["StartTime"], found["EndTime"], found["LastModifiedTime"]) == times
    assert found["Parameters"] == {
        "max_depth": {"NumberValue": 5.0},
        "objective": {"StringValue": "reg:squarederror"},
        "SageMaker.ImageUri": {"StringValue": IMAGE},
        "SageMaker.InstanceCount": {"NumberValue": 1.0},
        "SageMaker.InstanceType": {"StringValue": "ml.t3.medium"},
        "SageMaker.VolumeSizeInGB": {"NumberValue": 1.0},
    }
    assert found["InputArtifacts"] == {
        "SageMaker.ImageUri": {"Value": IMAGE},
        "code": {"MediaType": "text/csv", "Value": f"s3://{BUCKET}/code/Trained-Alone/"},
    }
    model = trained["ModelArtifacts"]["S3ModelArtifacts"]
    assert found["OutputArtifacts"] == {"SageMaker.ModelArtifact": {"Value": model}}
    assert sagemaker.list_trials(TrialComponentName=name)["TrialSummaries"] == []
    tags = sagemaker.list_tags(ResourceArn=found["TrialComponentArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]


def test_metrics_have_statistics_over_all_that_the_program_printed(sagemaker, trained):
    [metric] = of_job(sagemaker, "training-job", "trained-alone")["Metrics"]
    assert abs(metric.pop("StdDev") - (2 / 3) ** 0.5) < 1e-9
    assert metric.pop("TimeStamp")
    assert metric == {
        "MetricName": METRIC,
        "SourceArn": trained["TrainingJobArn"],
        "Max": 4.0,
        "Min": 2.0,
        "Last": 3.0,
        "Count": 3,
        "Avg": 3.0,
    }


def test_a_component_follows_its_job(sagemaker, s3, experiment, trial, fresh):
    parent = experiment()
    inner = trial(parent)
    config = {"TrialName": inner, "TrialComponentDisplayName": "Fit"}
    job = training(sagemaker, s3, fresh("train"), SLEEPS, ExperimentConfig=config)
    found = of_job(sagemaker, "training-job", job)
    assert (found["DisplayName"], found["Status"]["PrimaryStatus"]) == ("Fit", "InProgress")
    assert "EndTime" not in found
    [listed] = sagemaker.list_trial_components(ExperimentName=parent)["TrialComponentSummaries"]
    assert listed["TrialComponentName"] == f"{job}-aws-training-job"
    assert sagemaker.describe_training_job(TrainingJobName=job)["ExperimentConfig"] == config
    sagemaker.stop_training_job(TrainingJobName=job)
    assert of_job(sagemaker, "training-job", job)["Status"]["PrimaryStatus"] in ("Stopping", "Stopped")
    ended_job(sagemaker, job)
    stopped = of_job(sagemaker, "training-job", job)
    assert stopped["Status"]["PrimaryStatus"] == "Stopped"
    assert stopped["EndTime"]


def test_a_job_of_an_experiment_without_a_trial_gets_a_new_one(sagemaker, s3, experiment, fresh):
    parent = experiment()
    job = training(sagemaker, s3, fresh("train"), "pass", ExperimentConfig={"ExperimentName": parent})
    [made] = sagemaker.list_trials(ExperimentName=parent)["TrialSummaries"]
    assert made["TrialName"] == f"{job}-aws-trial"
    [listed] = sagemaker.list_trial_components(TrialName=made["TrialName"])["TrialComponentSummaries"]
    assert listed["TrialComponentName"] == f"{job}-aws-training-job"


REFUSED = {
    "an experiment that is not there": ({"ExperimentName": "nobody"}, "ResourceNotFound", "Experiment 'nobody'"),
    "a trial that is not there": ({"TrialName": "nobody"}, "ResourceNotFound", "Trial 'nobody'"),
    "a trial of another experiment": (
        {"ExperimentName": "ONE", "TrialName": "INNER"},
        "ValidationException",
        "belongs to",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_no_job_is_made_with(what, sagemaker, s3, experiment, trial, fresh):
    one, inner = experiment(), trial(experiment())
    config, code, text = REFUSED[what]
    names = {"ONE": one, "INNER": inner}
    config = {key: names.get(value, value) for key, value in config.items()}
    name = fresh("train")
    refused = refusal(partial(training, sagemaker, s3, name, "pass", ExperimentConfig=config))
    assert (refused[0], text in refused[1]) == (code, True), refused
    assert refusal(partial(sagemaker.describe_training_job, TrainingJobName=name))[0] == "ResourceNotFound"
    described = partial(sagemaker.describe_trial_component, TrialComponentName=f"{name}-aws-training-job")
    assert refusal(described)[0] == "ResourceNotFound"


def test_a_component_of_somebody_elses_is_never_overwritten(sagemaker, s3, component, fresh):
    job = fresh("train")
    mine = component(TrialComponentName=f"{job}-aws-training-job", DisplayName="Mine")
    training(sagemaker, s3, job, "pass")
    assert sagemaker.describe_trial_component(TrialComponentName=mine)["DisplayName"] == "Mine"
    assert of_job(sagemaker, "training-job", job)["TrialComponentName"].startswith(f"{mine}-")


def test_a_new_trial_and_a_component_of_names_that_are_taken_get_others(
    sagemaker, s3, experiment, trial, component, fresh
):
    parent, job = experiment(), fresh("train")
    taken = trial(experiment(), TrialName=f"{job}-aws-trial")
    mine = component(TrialComponentName=f"{job}-aws-training-job")
    training(sagemaker, s3, job, "pass", ExperimentConfig={"ExperimentName": parent})
    [made] = sagemaker.list_trials(ExperimentName=parent)["TrialSummaries"]
    assert made["TrialName"].startswith(f"{taken}-")
    [listed] = sagemaker.list_trial_components(TrialName=made["TrialName"])["TrialComponentSummaries"]
    assert listed["TrialComponentName"].startswith(f"{mine}-")


def test_a_processing_job_shows_where_data_came_from_and_went(sagemaker, s3, experiment, trial, fresh):
    parent = experiment()
    inner = trial(parent)
    s3.put_object(Bucket=BUCKET, Key="raw/rows.csv", Body=b"1,2\n")
    name = fresh("process")
    request = processing_request(
        s3,
        BUCKET,
        name,
        'open("/opt/ml/output/message", "w").write("well")',
        inputs=[s3_input("raw", f"s3://{BUCKET}/raw/")],
        outputs=[s3_output("clean", f"s3://{BUCKET}/clean")],
        ExperimentConfig={"ExperimentName": parent, "TrialName": inner, "TrialComponentDisplayName": "Clean"},
    )
    sagemaker.create_processing_job(**request)
    ended = ended_processing(sagemaker, name)
    found = of_job(sagemaker, "processing-job", name)
    assert found["TrialComponentName"] == f"{name}-aws-processing-job"
    assert found["Source"]["SourceType"] == "SageMakerProcessingJob"
    assert (found["DisplayName"], found["Status"]["PrimaryStatus"]) == ("Clean", "Completed"), ended
    assert found["EndTime"] == ended["ProcessingEndTime"]
    assert found["InputArtifacts"]["raw"] == {"Value": f"s3://{BUCKET}/raw/"}
    assert found["OutputArtifacts"] == {"clean": {"Value": f"s3://{BUCKET}/clean"}}
    assert found["Parameters"]["SageMaker.InstanceType"] == {"StringValue": "ml.t3.medium"}
    [listed] = sagemaker.list_trials(TrialComponentName=found["TrialComponentName"])["TrialSummaries"]
    assert listed["TrialName"] == inner


def test_a_transform_job_shows_its_model_and_its_data(sagemaker, s3, fresh):
    model, name = fresh("model"), fresh("transform")
    s3.put_object(Bucket=BUCKET, Key="transform/rows.csv", Body=b"1,2\n")
    sagemaker.create_model(
        ModelName=model,
        ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole",
        PrimaryContainer={"Image": IMAGE},
    )
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/transform/"}},
            "ContentType": "text/csv",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/transformed"},
        TransformResources={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1},
    )
    found = of_job(sagemaker, "transform-job", name)
    assert found["TrialComponentName"] == f"{name}-aws-transform-job"
    assert found["Parameters"]["SageMaker.ModelName"] == {"StringValue": model}
    assert found["InputArtifacts"] == {
        "SageMaker.ImageUri": {"Value": IMAGE},
        "SageMaker.TransformInput": {"MediaType": "text/csv", "Value": f"s3://{BUCKET}/transform/"},
    }
    assert found["OutputArtifacts"] == {"SageMaker.TransformOutput": {"Value": f"s3://{BUCKET}/transformed"}}
    sagemaker.stop_transform_job(TransformJobName=name)


def test_what_people_say_of_a_jobs_component_wins_over_the_job(sagemaker, trained):
    name = "trained-alone-aws-training-job"
    assert trained
    sagemaker.update_trial_component(
        TrialComponentName=name,
        DisplayName="Mine",
        Parameters={"objective": {"StringValue": "mine"}, "more": {"NumberValue": 1.0}},
        ParametersToRemove=["max_depth"],
    )
    found = sagemaker.describe_trial_component(TrialComponentName=name)
    parameters = {key: value for key, value in found["Parameters"].items() if not key.startswith("SageMaker.")}
    assert parameters == {"objective": {"StringValue": "mine"}, "more": {"NumberValue": 1.0}}
    assert (found["DisplayName"], found["Status"]["PrimaryStatus"]) == ("Mine", "Completed")
    sagemaker.update_trial_component(
        TrialComponentName=name,
        DisplayName=name,
        Parameters={"max_depth": {"NumberValue": 5.0}},
        ParametersToRemove=["more"],
    )
    assert "max_depth" in sagemaker.describe_trial_component(TrialComponentName=name)["Parameters"]


def test_a_component_survives_the_death_of_the_server(own_server, fresh):
    """A job that was acknowledged is there with its component and its trial, and both end as they would have."""
    server = own_server()
    sagemaker, s3 = server.client("sagemaker"), server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    sagemaker.create_experiment(ExperimentName="e")
    job = training(sagemaker, s3, fresh("train"), ExperimentConfig={"ExperimentName": "e"})
    server.kill()
    server.start()
    sagemaker = server.client("sagemaker")
    [listed] = sagemaker.list_trial_components(ExperimentName="e")["TrialComponentSummaries"]
    assert listed["TrialComponentName"] == f"{job}-aws-training-job"
    ended = ended_job(sagemaker, job)
    found = of_job(sagemaker, "training-job", job)
    assert (found["Status"]["PrimaryStatus"], found["EndTime"]) == ("Completed", ended["TrainingEndTime"])
    assert {metric["MetricName"]: metric["Last"] for metric in found["Metrics"]} == {METRIC: 3.0}
