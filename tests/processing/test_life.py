"""Processing jobs as resources: names, tags, lists, stops and limits."""

import pytest
from botocore.exceptions import ClientError
from networks import default_network
from own_programs import one_host_fails
from processing_jobs import BUCKET, GROUP, cluster, ended_processing, logs_of, processing_request, s3_output
from server_process import ACCOUNT, ROLE, running_server, wait_until
from xgboost_jobs import IMAGE

SLEEPS = """
    import time
    print("ready", flush=True)
    time.sleep(600)
"""


def refusal(call, **request):
    with pytest.raises(ClientError) as refused:
        call(**request)
    return refused.value.response["Error"]


def test_a_description_tells_all_of_a_job(server, sagemaker, run, fresh):
    sagemaker.create_experiment(ExperimentName="e")
    sagemaker.create_trial(TrialName="t", ExperimentName="e")
    experiment = {"ExperimentName": "e", "TrialName": "t", "TrialComponentDisplayName": "c"}
    network = {"VpcConfig": default_network(server)}
    name = "Process-" + fresh("Job")
    more = {"ExperimentConfig": experiment, "NetworkConfig": network, "Environment": {"A": "b"}}
    output = s3_output("o", f"s3://{BUCKET}/o")
    job = run("pass", outputs=[output], name=name, Tags=[{"Key": "team", "Value": "a"}], **more)
    assert job["ProcessingJobStatus"] == "Completed", job
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:processing-job/{name.lower()}"
    assert (job["ProcessingJobName"], job["ProcessingJobArn"], job["RoleArn"]) == (name, arn, ROLE)
    assert {key: job[key] for key in more} == more
    assert job["ProcessingOutputConfig"] == {"Outputs": [output]}
    assert job["ProcessingResources"] == cluster()
    assert job["AppSpecification"]["ImageUri"] == IMAGE
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert job["ProcessingEndTime"] <= job["LastModifiedTime"]
    assert not {"ExitMessage", "FailureReason", "Tags"} & set(job)
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]


def test_a_job_may_take_a_week(run):
    job = run("pass", StoppingCondition={"MaxRuntimeInSeconds": 604800})
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 604800}


def test_the_runtime_is_a_day_when_the_request_names_none(sagemaker, fresh):
    name = fresh("process")
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        ProcessingResources=cluster(),
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["true"]},
        RoleArn=ROLE,
    )
    job = ended_processing(sagemaker, name)
    assert (job["ProcessingJobStatus"], job["StoppingCondition"]) == ("Completed", {"MaxRuntimeInSeconds": 86400}), job


def test_lists_filter_and_sort(server, fresh):
    # A region of its own: its jobs are the only ones there.
    sagemaker = server.client("sagemaker", region="eu-west-3")
    names = [f"{letter}-job" for letter in "bca"]
    for name in names:
        code = "false" if name.startswith("b") else "true"
        sagemaker.create_processing_job(
            ProcessingJobName=name,
            ProcessingResources=cluster(),
            AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": [code]},
            RoleArn=ROLE,
        )
        ended_processing(sagemaker, name)
    listed = lambda **how: sagemaker.list_processing_jobs(**how)["ProcessingJobSummaries"]  # noqa: E731
    found = lambda **how: [job["ProcessingJobName"][0] for job in listed(**how)]  # noqa: E731
    assert found() == ["b", "c", "a"]
    assert found(SortOrder="Descending") == ["a", "c", "b"]
    assert found(SortBy="Name") == ["a", "b", "c"]
    assert found(SortBy="Status", SortOrder="Descending") in (["b", "a", "c"], ["b", "c", "a"])
    assert found(NameContains="c-") == ["c"]
    assert found(StatusEquals="Failed") == ["b"]
    created = sagemaker.describe_processing_job(ProcessingJobName="c-job")["CreationTime"]
    assert found(CreationTimeAfter=created) == ["a"]
    pages = sagemaker.get_paginator("list_processing_jobs").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["ProcessingJobSummaries"]) for page in pages] == [2, 1]
    [failed] = listed(StatusEquals="Failed")
    assert failed["FailureReason"].startswith("AlgorithmError: Exit code: 1.") and failed["ProcessingEndTime"]


def test_a_name_is_used_up_and_an_unknown_one_is_not_found(sagemaker, run):
    name = run("pass")["ProcessingJobName"]
    again = refusal(
        sagemaker.create_processing_job,
        ProcessingJobName=name,
        ProcessingResources=cluster(),
        AppSpecification={"ImageUri": IMAGE},
        RoleArn=ROLE,
    )
    assert again["Code"] == "ResourceInUse"
    for call in (sagemaker.describe_processing_job, sagemaker.stop_processing_job):
        assert refusal(call, ProcessingJobName="nobody")["Code"] == "ResourceNotFound"
    over = refusal(sagemaker.stop_processing_job, ProcessingJobName=name)
    assert over["Code"] == "ValidationException" and "Completed" in over["Message"]


REFUSED = {
    "an image that nothing provides": ({"AppSpecification": {"ImageUri": "nobody/nothing:1"}}, "nothing"),
    "more instances than there are": ({"ProcessingResources": cluster(21)}, "20 Instances"),
    "more instances than the API knows": ({"ProcessingResources": cluster(101)}, "100"),
    "more than a week": ({"StoppingCondition": {"MaxRuntimeInSeconds": 604801}}, "604800"),
    "an instance that is none": ({"ProcessingResources": cluster(1, "ml.nothing")}, "ml.nothing"),
    "a role that is not there": ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "nobody"),
    "a variable without a name": ({"Environment": {"": "x"}}, "environment"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_for(begin, sentence):
    changes, named = REFUSED[sentence]
    with pytest.raises(ClientError) as refused:
        begin("pass", **changes)
    error = refused.value.response["Error"]
    assert error["Code"] in ("ValidationException", "ResourceLimitExceeded") and named in error["Message"], error


def is_ready(server, name, hosts=1):
    found = logs_of(server.client("logs"), name)
    return [lines for lines in found.values() if "ready" in lines] if len(found) == hosts else None


def test_a_stop_ends_a_job(server, sagemaker, begin):
    name = begin(SLEEPS)
    wait_until(lambda: is_ready(server, name), 60, "the program runs")
    sagemaker.stop_processing_job(ProcessingJobName=name)
    sagemaker.stop_processing_job(ProcessingJobName=name)
    job = ended_processing(sagemaker, name)
    assert job["ProcessingJobStatus"] == "Stopped" and "FailureReason" not in job, job


def test_a_job_can_be_stopped_at_once(sagemaker, begin):
    name = begin(SLEEPS)
    sagemaker.stop_processing_job(ProcessingJobName=name)
    assert ended_processing(sagemaker, name)["ProcessingJobStatus"] == "Stopped"


DEAF = """
    import signal, time
    signal.signal(signal.SIGTERM, lambda *_: print("SIGTERM", flush=True))
    while True:
        time.sleep(1)
"""


def test_a_job_that_takes_too_long_is_told_then_killed_and_stopped(fresh):
    name = fresh("deaf")
    with running_server("deaf", "--longest-grace-seconds", "5") as server:
        limit = {"MaxRuntimeInSeconds": 5}
        request = processing_request(server.client("s3"), "deaf", name, DEAF, StoppingCondition=limit)
        server.client("sagemaker").create_processing_job(**request)
        job = ended_processing(server.client("sagemaker"), name)
        assert job["ProcessingJobStatus"] == "Stopped" and "FailureReason" not in job, job
        took = (job["ProcessingEndTime"] - job["ProcessingStartTime"]).total_seconds()
        assert took >= 10, took  # five seconds, and five of grace
        assert "SIGTERM" in logs_of(server.client("logs"), name)["algo-1"]


def test_when_one_host_fails_the_others_are_told_and_the_job_fails(server, run):
    job = run(one_host_fails(), ProcessingResources=cluster(2))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: Exit code: 3."), job["FailureReason"]
    assert f"{GROUP}, stream {job['ProcessingJobName']}/algo-2-" in job["FailureReason"]
    assert "SIGTERM" in logs_of(server.client("logs"), job["ProcessingJobName"])["algo-1"]


def test_a_job_that_waits_for_cpus_says_so_in_its_log(own_server, fresh):
    server = own_server(arguments=["--cpus", "2", "--longest-grace-seconds", "1"])
    s3, sagemaker, logs = (server.client(name) for name in ("s3", "sagemaker", "logs"))
    s3.create_bucket(Bucket="waits")
    names = [fresh("process") for _ in range(2)]
    for name in names:
        sagemaker.create_processing_job(**processing_request(s3, "waits", name, SLEEPS))
    wait_until(lambda: is_ready(server, names[0]), 60, "the first runs")
    said = lambda: logs_of(logs, names[1]).get("algo-1")  # noqa: E731
    assert wait_until(said, 30, "the second says something")[0].startswith("Waiting for 2 CPUs: 2 of 2 are in use")
    for name in names:
        sagemaker.stop_processing_job(ProcessingJobName=name)
    assert [ended_processing(sagemaker, name)["ProcessingJobStatus"] for name in names] == ["Stopped", "Stopped"]
