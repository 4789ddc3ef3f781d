"""Endpoints from outside: made, described, listed, updated under load, scaled, broken, deleted."""

import threading

import pytest
from botocore.exceptions import ClientError
from hosted_models import a_huge_file, a_link, a_variant, an_archive
from server_process import ACCOUNT, ROLE, wait_until
from xgboost_jobs import IMAGE, create_model, log_lines, settled_endpoint

ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint"


@pytest.fixture
def runtime(client):
    return client("sagemaker-runtime")


def answer(runtime, name, **more):
    """What the endpoint's model says to one row, as a number."""
    return float(runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body="0.5", **more)["Body"].read())


def in_service(sagemaker, name):
    description = settled_endpoint(sagemaker, name)
    assert description["EndpointStatus"] == "InService", description.get("FailureReason")
    return description


def error_of(call, **arguments):
    """Code and message that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_endpoint_from_creation_to_deletion(client, sagemaker, runtime, model, config, endpoint):
    configuration = config(a_variant("all", model()))
    name = endpoint(configuration, Tags=[{"Key": "team", "Value": "a"}])
    description = in_service(sagemaker, name)
    image = description["ProductionVariants"][0]["DeployedImages"][0]
    assert image["SpecifiedImage"] == IMAGE
    assert {key: value for key, value in description.items() if key not in ("ResponseMetadata", "CreationTime")} == {
        "EndpointName": name,
        "EndpointArn": f"{ARN}/{name}",
        "EndpointConfigName": configuration,
        "ProductionVariants": [
            {
                "VariantName": "all",
                "DeployedImages": [image],
                "CurrentWeight": 1.0,
                "DesiredWeight": 1.0,
                "CurrentInstanceCount": 1,
                "DesiredInstanceCount": 1,
            }
        ],
        "EndpointStatus": "InService",
        "LastModifiedTime": description["LastModifiedTime"],
    }
    listed = sagemaker.list_endpoints(NameContains=name, StatusEquals="InService")["Endpoints"]
    assert [(found["EndpointName"], found["EndpointStatus"]) for found in listed] == [(name, "InService")]
    assert sagemaker.list_tags(ResourceArn=f"{ARN}/{name}")["Tags"] == [{"Key": "team", "Value": "a"}]
    assert answer(runtime, name) == 1
    streams = client("logs").describe_log_streams(logGroupName=f"/aws/sagemaker/Endpoints/{name}")["logStreams"]
    assert [stream["logStreamName"].split("/")[0] for stream in streams] == ["all"]

    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    gone = f'Could not find endpoint "{ARN}/{name}".'
    assert error_of(sagemaker.describe_endpoint, EndpointName=name) == ("ValidationException", gone)
    assert error_of(runtime.invoke_endpoint, EndpointName=name, Body=b"1") == (
        "ValidationError",
        f"Endpoint {name} of account {ACCOUNT} not found.",
    )


def test_what_cannot_be_is_refused_in_aws_words(sagemaker, model, config, endpoint, fresh):
    configuration = config(a_variant("all", model()))
    name = endpoint(configuration)
    creating = f'Cannot update in-progress endpoint "{ARN}/{name}".'
    missing = fresh("missing")
    missing_config = (
        f'Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint-config/{missing}".'
    )
    create, update, delete = sagemaker.create_endpoint, sagemaker.update_endpoint, sagemaker.delete_endpoint
    refusals = [
        error_of(create, EndpointName=name, EndpointConfigName=configuration),
        error_of(create, EndpointName=missing, EndpointConfigName=missing),
        error_of(update, EndpointName=name, EndpointConfigName=configuration),
        error_of(delete, EndpointName=name),
        error_of(delete, EndpointName=missing),
        error_of(update, EndpointName=missing, EndpointConfigName=configuration),
    ]
    assert refusals == [
        ("ValidationException", text)
        for text in (
            f'Cannot create already existing endpoint "{ARN}/{name}".',
            missing_config,
            creating,
            creating,
            f'Could not find endpoint "{ARN}/{missing}".',
            f'Could not find endpoint "{ARN}/{missing}".',
        )
    ]
    in_service(sagemaker, name)
    assert (
        error_of(
            sagemaker.update_endpoint_weights_and_capacities,
            EndpointName=name,
            DesiredWeightsAndCapacities=[{"VariantName": "other", "DesiredWeight": 1}],
        )[1]
        == f'Could not find production variant "other" of endpoint "{ARN}/{name}"; it has all.'
    )


def test_variants_share_by_weight_and_answer_by_name(sagemaker, runtime, model, config, endpoint):
    name = endpoint(config(a_variant("one", model(1)), a_variant("two", model(2), weight=0)))
    in_service(sagemaker, name)
    assert {answer(runtime, name) for _ in range(20)} == {1}
    named = runtime.invoke_endpoint(EndpointName=name, TargetVariant="two", ContentType="text/csv", Body="0.5")
    assert (float(named["Body"].read()), named["InvokedProductionVariant"]) == (2, "two")
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "two", "DesiredWeight": 1}]
    )
    weights = [variant["CurrentWeight"] for variant in in_service(sagemaker, name)["ProductionVariants"]]
    assert weights == [1, 1]
    # Fifty calls all to one of two equal variants happen once in 2^49 runs.
    assert {answer(runtime, name) for _ in range(50)} == {1, 2}
    assert error_of(runtime.invoke_endpoint, EndpointName=name, TargetVariant="three", Body=b"1") == (
        "ValidationError",
        f"Could not find variant three of endpoint {name}; it has one, two.",
    )


def test_an_update_under_load_loses_no_request(server, sagemaker, model, config, endpoint):
    name = endpoint(config(a_variant("all", model(1))))
    in_service(sagemaker, name)
    answers, errors, stop = [], [], threading.Event()

    def call_until_told():
        runtime = server.client("sagemaker-runtime")
        while not stop.is_set():
            try:
                answers.append(answer(runtime, name))
            except Exception as error:  # whatever a caller can see is a lost request
                errors.append(error)

    callers = [threading.Thread(target=call_until_told) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        new = config(a_variant("all", model(2)))
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new)
        assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Updating"
        wait_until(
            lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService", 120, "updated"
        )
        before = len(answers)
        wait_until(lambda: len(answers) > before + 50 or errors, 60, "fifty more answers")
    finally:
        stop.set()
        for caller in callers:
            caller.join()
    assert errors == []
    assert set(answers) == {1, 2}
    assert set(answers[before + len(callers) :]) == {2}
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == new


def test_an_update_that_fails_leaves_the_old_configuration_serving(sagemaker, runtime, model, config, endpoint):
    old = config(a_variant("all", model(1)))
    name = endpoint(old)
    in_service(sagemaker, name)
    broken = config(a_variant("all", model(archive=an_archive(**{"notes.txt": b"no model"}))))
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=broken)
    wait_until(lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService", 120, "back")
    description = sagemaker.describe_endpoint(EndpointName=name)
    assert description["EndpointConfigName"] == old
    assert "did not pass the ping health check" in description["FailureReason"]
    assert answer(runtime, name) == 1


def test_instances_come_and_go_and_are_retained(client, sagemaker, runtime, model, config, endpoint):
    configuration = config(a_variant("all", model(1)))
    name = endpoint(configuration)
    in_service(sagemaker, name)

    def scale(count):
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "all", "DesiredInstanceCount": count}]
        )

    def counts():
        description = in_service(sagemaker, name)
        variant = description["ProductionVariants"][0]
        return variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]

    scale(2)
    assert counts() == (2, 2)
    assert answer(runtime, name) == 1
    second = config(a_variant("all", model(2)))
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=second, RetainAllVariantProperties=True)
    assert counts() == (2, 2)
    assert answer(runtime, name) == 2
    scale(1)
    assert counts() == (1, 1)
    assert answer(runtime, name) == 2


BAD_ARCHIVES = {
    "a path that climbs out": (an_archive(**{"../../evil": b"x"}), 'entry "../../evil" leaves the folder'),
    "an absolute path": (an_archive(**{"/etc/evil": b"x"}), 'entry "/etc/evil" has an absolute path'),
    "a link out": (an_archive(etc=a_link("etc", "/etc")), 'link "etc" points out of the archive'),
    "more than fits": (an_archive(bomb=a_huge_file("bomb")), "larger than"),
    "no archive": (b"<html>", "not a gzip archive"),
    "no model": (an_archive(**{"notes.txt": b"x"}), "did not pass the ping health check"),
    "a damaged model": (an_archive(**{"xgboost-model": b"\x00\x01"}), "did not pass the ping health check"),
}


@pytest.mark.parametrize("case", BAD_ARCHIVES)
def test_a_bad_archive_fails_the_endpoint_with_a_reason(sagemaker, runtime, model, config, endpoint, case):
    archive, reason = BAD_ARCHIVES[case]
    name = endpoint(config(a_variant("all", model(archive=archive))))
    description = settled_endpoint(sagemaker, name)
    assert description["EndpointStatus"] == "Failed"
    assert reason in description["FailureReason"]
    assert error_of(runtime.invoke_endpoint, EndpointName=name, Body=b"1")[0] == "ValidationError"
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def test_an_artifact_that_is_gone_fails_the_endpoint_by_name(client, sagemaker, bucket, model, config, endpoint):
    gone = model(1)
    client("s3").delete_object(Bucket=bucket, Key=f"{gone}.tar.gz")
    description = settled_endpoint(sagemaker, endpoint(config(a_variant("all", gone))))
    assert description["EndpointStatus"] == "Failed"
    assert f"s3://{bucket}/{gone}.tar.gz" in description["FailureReason"]


def test_a_container_that_ends_tells_its_last_words(client, sagemaker, model, config, endpoint):
    name = endpoint(config(a_variant("all", model(archive=an_archive(**{"notes.txt": b"x"})))))
    reason = settled_endpoint(sagemaker, name)["FailureReason"]
    lines = log_lines(client("logs"), f"/aws/sagemaker/Endpoints/{name}", "all/")
    assert lines
    assert lines[-1] in reason


def test_a_model_without_network_serves(client, sagemaker, runtime, bucket, artifacts, config, endpoint, fresh):
    client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=artifacts[2])
    name = fresh("model")
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"},
        EnableNetworkIsolation=True,
    )
    isolated = endpoint(config(a_variant("all", name)))
    in_service(sagemaker, isolated)
    assert answer(runtime, isolated) == 2


def begin_endpoint(server, artifacts):
    """Starts an endpoint `digits` on a server of the test's own."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="model.tar.gz", Body=artifacts[1])
    create_model(sagemaker, "digits", "s3://models/model.tar.gz")
    sagemaker.create_endpoint_config(EndpointConfigName="digits", ProductionVariants=[a_variant("all", "digits")])
    sagemaker.create_endpoint(EndpointName="digits", EndpointConfigName="digits")


def test_a_killed_server_finds_its_containers_again(own_server, artifacts):
    server = own_server()
    begin_endpoint(server, artifacts)
    in_service(server.client("sagemaker"), "digits")
    assert answer(server.client("sagemaker-runtime"), "digits") == 1

    server.kill()
    server.start()
    runtime = server.client("sagemaker-runtime")

    def try_answer():
        try:
            return answer(runtime, "digits")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ServiceUnavailable"
            return None

    assert wait_until(try_answer, 20, "the endpoint answers again") == 1
    logs = server.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/sagemaker/Endpoints/digits")["logStreams"]
    assert len(streams) == 1, "the container went on running"
    assert in_service(server.client("sagemaker"), "digits")["ProductionVariants"][0]["CurrentInstanceCount"] == 1


def test_a_server_killed_while_an_endpoint_is_made_goes_on_making_it(own_server, artifacts):
    server = own_server()
    begin_endpoint(server, artifacts)
    server.kill()
    server.start()
    in_service(server.client("sagemaker"), "digits")
    assert answer(server.client("sagemaker-runtime"), "digits") == 1
