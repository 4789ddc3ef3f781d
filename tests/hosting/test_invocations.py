"""Calls of an endpoint: headers, errors of the model, limits, large answers, metrics, permissions."""

import time

import pytest
from botocore.exceptions import ClientError
from hosted_models import a_variant
from policies import allow, policy
from server_process import ACCOUNT, wait_until
from xgboost_jobs import settled_endpoint


@pytest.fixture
def name(client, model, config, endpoint):
    """An endpoint in service whose every answer is 1."""
    made = endpoint(config(a_variant("all", model(1))))
    description = settled_endpoint(client("sagemaker"), made)
    assert description["EndpointStatus"] == "InService", description.get("FailureReason")
    return made


@pytest.fixture
def runtime(client):
    return client("sagemaker-runtime")


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response


def test_an_error_of_the_model_comes_with_its_own_status_and_words(client, runtime, name):
    error = refusal(runtime.invoke_endpoint, EndpointName=name, ContentType="application/zip", Body=b"1")
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == 415
    assert "application/zip" in error["OriginalMessage"]
    assert error["Message"].startswith(
        f'Received client error (415) from model with message "{error["OriginalMessage"]}"'
    )
    group = f"/aws/sagemaker/Endpoints/{name}"
    [stream] = client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:log-stream:{stream['logStreamName']}"
    assert error["LogStreamArn"] == arn


def test_a_body_larger_than_the_limit_is_refused_and_the_endpoint_goes_on(runtime, name):
    error = refusal(runtime.invoke_endpoint, EndpointName=name, ContentType="text/csv", Body=b"1" * 6_291_457)
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert "6291456" in error["Error"]["Message"]
    assert float(runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body="1")["Body"].read()) == 1


def test_a_large_answer_streams_whole(runtime, name):
    rows = 200_000
    answer = runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body="1\n" * rows)
    values = answer["Body"].read().decode().replace("\n", ",").strip(",").split(",")
    assert (len(values), {float(value) for value in values}) == (rows, {1.0})


def test_a_target_model_is_refused_by_an_endpoint_of_one_model(runtime, name):
    error = refusal(runtime.invoke_endpoint, EndpointName=name, TargetModel="a.tar.gz", Body=b"1")
    assert error["Error"]["Code"] == "ValidationError"
    assert "multi-model" in error["Error"]["Message"]


def test_calls_are_counted_as_metrics(client, runtime, name):
    for _ in range(5):
        runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body="1")
    refusal(runtime.invoke_endpoint, EndpointName=name, ContentType="application/zip", Body=b"1")
    cloudwatch = client("cloudwatch")
    dimensions = [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "all"}]

    def statistics(metric):
        now = time.time()
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=now - 600,
            EndTime=now + 60,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    wait_until(lambda: statistics("Invocations") == 6, 10, "six invocations are counted")
    counted = {
        metric: statistics(metric)
        for metric in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors", "InvocationsPerInstance")
    }
    assert counted == {
        "Invocation4XXErrors": 1,
        "Invocation5XXErrors": 0,
        "InvocationModelErrors": 1,
        "InvocationsPerInstance": 6,
    }
    assert statistics("ModelLatency") > 0


def test_percentiles_of_latencies_agree_with_their_other_statistics(client, runtime, name):
    calls = 30
    for _ in range(calls):
        runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body="1")
    cloudwatch = client("cloudwatch")
    dimensions = [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "all"}]
    metric = {"Namespace": "AWS/SageMaker", "Dimensions": dimensions}
    now = time.time()
    span = {"StartTime": now - 3600, "EndTime": now + 120}

    def statistics(latency):
        return cloudwatch.get_metric_statistics(
            **metric,
            **span,
            MetricName=latency,
            Period=7200,
            Statistics=["Average", "Minimum", "Maximum", "SampleCount"],
            ExtendedStatistics=["p0", "p50", "p90", "p99", "p100"],
        )["Datapoints"]

    def queried(latency, statistic):
        asked = {"Metric": {**metric, "MetricName": latency}, "Period": 7200, "Stat": statistic}
        queries = [{"Id": "asked", "MetricStat": asked}]
        return cloudwatch.get_metric_data(MetricDataQueries=queries, **span)["MetricDataResults"][0]["Values"]

    def all_are_counted():
        return [point["SampleCount"] for point in statistics("ModelLatency")] == [calls]

    wait_until(all_are_counted, 10, "all calls are counted")
    for latency in ("ModelLatency", "OverheadLatency"):
        [point] = statistics(latency)
        least, average, greatest = (point[statistic] for statistic in ("Minimum", "Average", "Maximum"))
        assert (point["Unit"], point["SampleCount"], least <= average <= greatest) == ("Microseconds", calls, True)
        percentiles = [point["ExtendedStatistics"][f"p{percent}"] for percent in (0, 50, 90, 99, 100)]
        assert percentiles == sorted(percentiles)
        assert (percentiles[0], percentiles[-1]) == (least, greatest)
        assert [queried(latency, f"p{percent}") for percent in (50, 99)] == [[percentiles[1]], [percentiles[3]]]


def test_calling_needs_the_permission_on_this_endpoint(client, server, name, fresh):
    iam, user = client("iam"), fresh("caller")
    iam.create_user(UserName=user)
    keys = iam.create_access_key(UserName=user)["AccessKey"]
    try:
        runtime = server.client("sagemaker-runtime", keys=(keys["AccessKeyId"], keys["SecretAccessKey"]))
        call = {"EndpointName": name, "ContentType": "text/csv", "Body": "1"}
        error = refusal(runtime.invoke_endpoint, **call)
        assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDeniedException", 403)
        arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/{name}"
        statement = allow("sagemaker:InvokeEndpoint", arn)
        iam.put_user_policy(UserName=user, PolicyName="call", PolicyDocument=policy(statement))
        assert float(runtime.invoke_endpoint(**call)["Body"].read()) == 1
        iam.delete_user_policy(UserName=user, PolicyName="call")
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=keys["AccessKeyId"])
        iam.delete_user(UserName=user)
