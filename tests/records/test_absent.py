"""Nouns that cannot be made yet: nothing is listed, nothing is found, and making one is refused by name."""

import pytest
from policies import allow, refusal
from server_process import ROLE

DOMAIN = {"DomainId": "d-1"}
PROFILE = {**DOMAIN, "UserProfileName": "ann"}
APP = {**PROFILE, "AppType": "JupyterServer", "AppName": "default"}

EMPTY = {
    "list_apps": "Apps",
    "list_auto_ml_jobs": "AutoMLJobSummaries",
    "list_compilation_jobs": "CompilationJobSummaries",
    "list_domains": "Domains",
    "list_hyper_parameter_tuning_jobs": "HyperParameterTuningJobSummaries",
    "list_labeling_jobs": "LabelingJobSummaryList",
    "list_monitoring_executions": "MonitoringExecutionSummaries",
    "list_monitoring_schedules": "MonitoringScheduleSummaries",
    "list_notebook_instances": "NotebookInstances",
    "list_user_profiles": "UserProfiles",
}

MISSING = {
    "ResourceNotFound": {
        "describe_auto_ml_job": {"AutoMLJobName": "none"},
        "stop_auto_ml_job": {"AutoMLJobName": "none"},
        "list_candidates_for_auto_ml_job": {"AutoMLJobName": "none"},
        "describe_compilation_job": {"CompilationJobName": "none"},
        "stop_compilation_job": {"CompilationJobName": "none"},
        "describe_hyper_parameter_tuning_job": {"HyperParameterTuningJobName": "none"},
        "stop_hyper_parameter_tuning_job": {"HyperParameterTuningJobName": "none"},
        "list_training_jobs_for_hyper_parameter_tuning_job": {"HyperParameterTuningJobName": "none"},
        "describe_labeling_job": {"LabelingJobName": "none"},
        "stop_labeling_job": {"LabelingJobName": "none"},
        "describe_monitoring_schedule": {"MonitoringScheduleName": "none"},
        "delete_monitoring_schedule": {"MonitoringScheduleName": "none"},
        "stop_monitoring_schedule": {"MonitoringScheduleName": "none"},
        "update_monitoring_schedule": {
            "MonitoringScheduleName": "none",
            "MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "none", "MonitoringType": "DataQuality"},
        },
        "describe_domain": DOMAIN,
        "delete_domain": DOMAIN,
        "update_domain": DOMAIN,
        "describe_user_profile": PROFILE,
        "delete_user_profile": PROFILE,
        "update_user_profile": PROFILE,
        "describe_app": APP,
        "delete_app": APP,
    },
    # The code that botocore's waiter for a deleted instance ends on.
    "ValidationException": {
        "describe_notebook_instance": {"NotebookInstanceName": "none"},
        "delete_notebook_instance": {"NotebookInstanceName": "none"},
        "stop_notebook_instance": {"NotebookInstanceName": "none"},
        "update_notebook_instance": {"NotebookInstanceName": "none"},
    },
}


@pytest.mark.parametrize(("operation", "member"), EMPTY.items())
def test_nothing_is_listed_by(operation, member, client):
    answer = getattr(client("sagemaker"), operation)(MaxResults=5)
    assert answer[member] == []
    assert "NextToken" not in answer


@pytest.mark.parametrize(
    ("code", "operation", "request_"),
    [(code, operation, request) for code, calls in MISSING.items() for operation, request in calls.items()],
)
def test_nothing_is_found_by(code, operation, request_, client):
    call = getattr(client("sagemaker"), operation)
    if operation == "update_monitoring_schedule":
        # Members that name a definition are newer than these operations and refused before anything is looked for.
        code = "ValidationException"
    assert refusal(lambda: call(**request_))[0] == code


def test_a_waiter_for_a_deleted_notebook_instance_ends(client):
    client("sagemaker").get_waiter("notebook_instance_deleted").wait(NotebookInstanceName="none")


def test_what_cannot_be_made_is_checked_and_then_refused_by_name(client):
    sagemaker = client("sagemaker")
    instance = {"NotebookInstanceName": "lab", "InstanceType": "ml.t3.medium"}
    expected = {ROLE: "NotYetAvailable", "the-role-of-nobody-at-all": "ValidationException"}
    for role, code in expected.items():
        found, _ = refusal(lambda role=role: sagemaker.create_notebook_instance(**instance, RoleArn=role))
        assert found == code


def test_what_is_not_there_is_guarded_too(user):
    _, clients = user(allow("sagemaker:DescribeLabelingJob", "arn:aws:sagemaker:*:*:labeling-job/mine"))
    describe = clients("sagemaker").describe_labeling_job
    assert refusal(lambda: describe(LabelingJobName="mine"))[0] == "ResourceNotFound"
    assert refusal(lambda: describe(LabelingJobName="theirs"))[0] == "AccessDeniedException"
