"""Quotas hold whoever asks at once, and are told in AWS's words."""

from collections import Counter

import pytest
from json_calls import JsonCalls
from processing_jobs import cluster, ended_processing
from record_nouns import TEMPLATE, a_team
from server_process import ROLE, running_server
from volley import volley
from xgboost_jobs import IMAGE, create_model, ended_job, settled_endpoint, training_request

QUOTAS = {
    "Number of instances across all processing jobs": 2,
    "ml.t3.medium for processing job usage": 1,
    "ml.m4.xlarge for training job usage": 1,
    "Maximum number of instances per training job": 3,
    "ml.t2.medium for endpoint usage": 2,
    "Number of models": 5,
    "Number of endpoints": 1,
    "Total number of experiments": 3,
    "Total number of trials allowed in a single experiment": 2,
    "Maximum number of A2I human task UIs": 1,
}
BUCKET = "quotas"
#: Documented for every account (API reference, CreateWorkteam).
MOST_TEAMS = 25


@pytest.fixture(scope="module")
def server():
    # One job runs, the others wait: all are under way.
    quotas = ",".join(f"{name}={count}" for name, count in QUOTAS.items())
    with running_server(BUCKET, "--cpus", "1", "--longest-grace-seconds", "1", "--quotas", quotas) as process:
        s3, sagemaker = process.client("s3"), process.client("sagemaker")
        s3.put_object(Bucket=BUCKET, Key="train/a.csv", Body=b"0,1.4\n1,4.7\n" * 10)
        sagemaker.create_training_job(**training_request("trained", BUCKET, {"num_round": 1}))
        artifact = ended_job(sagemaker, "trained")["ModelArtifacts"]["S3ModelArtifacts"]
        create_model(sagemaker, "served", artifact)
        yield process


@pytest.fixture(scope="module")
def calls(server):
    calls = JsonCalls(server)
    yield calls
    calls.close()


def told(name, unit, used, delta, limit=None):
    """The message of a quota that would be exceeded."""
    limit = QUOTAS.get(name, limit)
    return (
        f"The account-level service limit '{name}' is {limit} {unit}, with current utilization of {used} {unit} and a "
        f"request delta of {delta} {unit}. Please use AWS Service Quotas to request an increase for this quota. If AWS "
        "Service Quotas is not available, contact AWS support to request an increase for this quota."
    )


def is_over(calls, operation, given, *quota):
    assert calls.refusal(operation, given) == ("ResourceLimitExceeded", told(*quota))


def processing(name, kind, seconds=600):
    return {
        "ProcessingJobName": name,
        "ProcessingResources": cluster(kind=kind),
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["sleep", str(seconds)]},
        "RoleArn": ROLE,
    }


def test_instances_of_jobs_under_way_count_until_the_jobs_are_over(calls, server):
    sagemaker = server.client("sagemaker")
    calls.answer("CreateProcessingJob", processing("first", "ml.t3.medium"))
    second = processing("second", "ml.t3.medium")
    is_over(calls, "CreateProcessingJob", second, "ml.t3.medium for processing job usage", "Instances", 1, 1)
    calls.answer("CreateProcessingJob", processing("other-type", "ml.m5.large"))
    third = processing("third", "ml.c5.xlarge")
    is_over(calls, "CreateProcessingJob", third, "Number of instances across all processing jobs", "Instances", 2, 1)
    sagemaker.stop_processing_job(ProcessingJobName="first")
    ended_processing(sagemaker, "first")
    calls.answer("CreateProcessingJob", second)


def test_a_job_has_at_most_so_many_instances(calls):
    request = training_request("wide", BUCKET, {"num_round": 1})
    request["ResourceConfig"]["InstanceCount"] = 4
    is_over(calls, "CreateTrainingJob", request, "Maximum number of instances per training job", "Instances", 0, 4)
    request["EnableManagedSpotTraining"] = True
    request["StoppingCondition"]["MaxWaitTimeInSeconds"] = 600
    request["ResourceConfig"]["InstanceCount"] = 21
    name = "Maximum number of instances per spot training job"
    is_over(calls, "CreateTrainingJob", request, name, "Instances", 0, 21, 20)


def test_spot_instances_have_quotas_of_their_own(calls):
    def request(name, **more):
        return training_request(name, BUCKET, {"num_round": 1}, **more)

    calls.answer("CreateTrainingJob", request("one"))
    is_over(calls, "CreateTrainingJob", request("two"), "ml.m4.xlarge for training job usage", "Instances", 1, 1)
    wait = {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 600}
    calls.answer("CreateTrainingJob", request("spot", EnableManagedSpotTraining=True, StoppingCondition=wait))


def test_of_many_at_once_as_many_win_as_the_quota_has_room_for(calls, server):
    container = {"PrimaryContainer": {"Image": IMAGE}}
    models = [calls.signed("CreateModel", {"ModelName": f"m-{number}", **container}) for number in range(50)]
    found = Counter((answer.status, answer.code) for answer in volley(server, models))
    assert found == Counter({(200, None): 4, (400, "ResourceLimitExceeded"): 46})
    is_over(calls, "CreateModel", {"ModelName": "one-more", **container}, "Number of models", "Models", 5, 1)
    name = calls.answer("ListModels", {"NameContains": "m-"})["Models"][0]["ModelName"]
    calls.answer("DeleteModel", {"ModelName": name})
    calls.answer("CreateModel", {"ModelName": "one-more", **container})


def test_work_teams_have_a_quota_that_nobody_sets(calls, server):
    calls.answer("CreateWorkteam", a_team("team-0"))
    teams = [calls.signed("CreateWorkteam", a_team(f"team-{number}")) for number in range(1, 41)]
    found = Counter((answer.status, answer.code) for answer in volley(server, teams))
    assert found == Counter({(200, None): MOST_TEAMS - 1, (400, "ResourceLimitExceeded"): 41 - MOST_TEAMS})
    is_over(calls, "CreateWorkteam", a_team("more"), "Number of workteams", "Workteams", MOST_TEAMS, 1, MOST_TEAMS)


def test_a_quota_holds_for_each_region_and_each_experiment(calls, server):
    for name in ("a", "b", "c"):
        calls.answer("CreateExperiment", {"ExperimentName": name})
    more = {"ExperimentName": "d"}
    is_over(calls, "CreateExperiment", more, "Total number of experiments", "Experiments", 3, 1)
    elsewhere = JsonCalls(server, "eu-west-1")
    elsewhere.answer("CreateExperiment", more)
    elsewhere.close()
    for name in ("a", "b"):
        for number in (1, 2):
            calls.answer("CreateTrial", {"TrialName": f"{name}-{number}", "ExperimentName": name})
    trial = {"TrialName": "a-3", "ExperimentName": "a"}
    name = "Total number of trials allowed in a single experiment"
    is_over(calls, "CreateTrial", trial, name, "Trials", 2, 1)
    template = {"UiTemplate": {"Content": TEMPLATE}}
    calls.answer("CreateHumanTaskUi", {"HumanTaskUiName": "one", **template})
    name = "Maximum number of A2I human task UIs"
    is_over(calls, "CreateHumanTaskUi", {"HumanTaskUiName": "two", **template}, name, "HumanTaskUis", 1, 1)
    # A name that is taken is told as such.
    assert calls.refusal("CreateExperiment", {"ExperimentName": "A"})[0] == "ValidationException"
    assert calls.refusal("CreateHumanTaskUi", {"HumanTaskUiName": "one", **template})[0] == "ResourceInUse"


def test_instances_of_endpoints_count(calls):
    for count in (1, 2, 3):
        variant = {"VariantName": "a", "ModelName": "served", "InitialInstanceCount": count}
        variants = [{**variant, "InstanceType": "ml.t2.medium"}]
        calls.answer("CreateEndpointConfig", {"EndpointConfigName": f"of-{count}", "ProductionVariants": variants})
    name = "ml.t2.medium for endpoint usage"
    is_over(calls, "CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "of-3"}, name, "Instances", 0, 3)
    calls.answer("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "of-1"})
    other = {"EndpointName": "f", "EndpointConfigName": "of-1"}
    is_over(calls, "CreateEndpoint", other, "Number of endpoints", "Endpoints", 1, 1)


@pytest.mark.long
def test_an_endpoint_that_changes_takes_what_it_has_more_than_before(calls, server):
    name = "ml.t2.medium for endpoint usage"
    sagemaker = server.client("sagemaker")
    assert settled_endpoint(sagemaker, "e")["EndpointStatus"] == "InService"
    is_over(calls, "UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "of-3"}, name, "Instances", 1, 2)
    wish = {"EndpointName": "e", "DesiredWeightsAndCapacities": [{"VariantName": "a", "DesiredInstanceCount": 3}]}
    is_over(calls, "UpdateEndpointWeightsAndCapacities", wish, name, "Instances", 1, 2)
    calls.answer("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "of-2"})
    assert settled_endpoint(sagemaker, "e")["ProductionVariants"][0]["CurrentInstanceCount"] == 2
