"""Metric filters: patterns that are tried, numbers that lines of callers and of jobs give to CloudWatch."""

import json
import textwrap
import time
from datetime import UTC, datetime, timedelta

import pytest
from own_programs import GROUP, program_request
from policies import refusal
from server_process import wait_until
from xgboost_jobs import ended_job


@pytest.fixture
def now():
    return int(time.time() * 1000)


@pytest.fixture
def put_filter(logs, group):
    """put_filter("name", pattern, value, …) puts a metric filter on the group: its namespace."""

    def put(name, pattern, value="1", on=group, **more):
        transformation = {"metricName": name, "metricNamespace": f"Logs-{group}", "metricValue": value, **more}
        logs.put_metric_filter(
            logGroupName=on, filterName=name, filterPattern=pattern, metricTransformations=[transformation]
        )
        return transformation["metricNamespace"]

    return put


@pytest.fixture
def told(client, group):
    """told("name", Dimension="x") reads the metric's last minutes: (sum, count, unit), None without points."""

    def read(name, **dimensions):
        end = datetime.now(UTC) + timedelta(minutes=2)
        points = client("cloudwatch").get_metric_statistics(
            Namespace=f"Logs-{group}",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=end - timedelta(minutes=10),
            EndTime=end,
            Period=3600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        if not points:
            return None
        return sum(one["Sum"] for one in points), sum(one["SampleCount"] for one in points), points[0]["Unit"]

    return read


def test_a_pattern_is_tried_on_messages(logs):
    line = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
    answer = logs.test_metric_filter(
        filterPattern="[..., request=*.html*, status_code=4*, bytes]", logEventMessages=["no match", line]
    )
    assert answer["matches"] == [
        {
            "eventNumber": 1,
            "eventMessage": line,
            "extractedValues": {
                "$1": "127.0.0.1",
                "$2": "Prod",
                "$3": "frank",
                "$4": "10/Oct/2000:13:25:15 -0700",
                "$request": "GET /index.html HTTP/1.0",
                "$status_code": "404",
                "$bytes": "1534",
            },
        }
    ]
    assert refusal(lambda: logs.test_metric_filter(filterPattern="{ $.a = ", logEventMessages=["x"])) == (
        "InvalidParameterException",
        "Invalid filter pattern: expected a value, got the end of the pattern.",
    )


def test_lines_give_numbers_as_they_are_put(logs, stream, group, put_filter, told, now):
    put_filter("Errors", "ERROR")
    put_filter("Latency", "{ $.ms = * }", "$.ms", unit="Milliseconds")
    put_filter("Bytes", "[ip, status=4*, bytes]", "$bytes", dimensions={"Status": "$status"})
    stream(
        "ERROR a", "fine", "ERROR b", '{"ms": 12.5}', '{"ms": "none"}', "1.1.1.1 404 100", "1.1.1.1 404 50", start=now
    )
    assert told("Errors") == (2, 2, "None")
    assert told("Latency") == (12.5, 1, "Milliseconds")
    assert told("Bytes", Status="404") == (150, 2, "None")
    assert told("Bytes") is None
    [described] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["metricFilterCount"] == 3


def test_lines_of_jobs_give_numbers_too(logs, s3, sagemaker, bucket, fresh, put_filter, told, group):
    name = fresh("counted")
    try:
        logs.create_log_group(logGroupName=GROUP)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass  # another test's job has printed
    put_filter("Steps", f'{{ $.job = "{name}" }}', "$.step", on=GROUP)
    try:
        program = f"""
            import json
            for step in range(1, 5):
                print(json.dumps({{"job": "{name}", "step": step}}))
        """
        request = program_request(s3, bucket, name, textwrap.dedent(program))
        sagemaker.create_training_job(**request)
        assert ended_job(sagemaker, name, 120)["TrainingJobStatus"] == "Completed"
        assert told("Steps") == (10, 4, "None")
    finally:
        logs.delete_metric_filter(logGroupName=GROUP, filterName="Steps")


def test_filters_are_described_changed_and_deleted(logs, group, put_filter):
    namespace = put_filter("b", " ", defaultValue=0)
    put_filter("a", "{$.message = %x% }", "2")
    put_filter("a", "{$.message = %y% }", "3")
    found = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert [one["filterName"] for one in found] == ["a", "b"]
    assert {key: value for key, value in found[1].items() if key != "creationTime"} == {
        "filterName": "b",
        "filterPattern": " ",
        "logGroupName": group,
        "applyOnTransformedLogs": False,
        "metricTransformations": [
            {"metricName": "b", "metricNamespace": namespace, "metricValue": "1", "defaultValue": 0.0}
        ],
    }
    assert found[0]["filterPattern"] == "{$.message = %y% }"
    named = logs.describe_metric_filters(metricName="b", metricNamespace=namespace)["metricFilters"]
    assert [one["filterName"] for one in named] == ["b"]
    pages = logs.get_paginator("describe_metric_filters").paginate(logGroupName=group, PaginationConfig={"PageSize": 1})
    assert [[one["filterName"] for one in page["metricFilters"]] for page in pages] == [["a"], ["b"]]
    logs.delete_metric_filter(logGroupName=group, filterName="b")
    assert len(logs.describe_metric_filters(logGroupName=group)["metricFilters"]) == 1
    assert refusal(lambda: logs.delete_metric_filter(logGroupName=group, filterName="b")) == (
        "ResourceNotFoundException",
        "The specified metric filter does not exist.",
    )


def test_what_is_no_filter_is_refused(logs, group, put_filter):
    number = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    cases = [
        ({"pattern": "%(a)%"}, "InvalidParameterException"),
        ({"pattern": "ERROR", "value": "$.ms"}, "InvalidParameterException"),
        ({"pattern": "[a, b]", "value": "$c"}, "InvalidParameterException"),
        ({"pattern": "ERROR", "value": "many"}, "InvalidParameterException"),
        ({"pattern": "[a]", "dimensions": {"A": "$a"}, "defaultValue": 1}, "InvalidParameterException"),
        ({"pattern": "[a]", "dimensions": dict.fromkeys("ABCD", "$a")}, "InvalidParameterException"),
        ({"pattern": "a", "on": "nobody-made-this"}, "ResourceNotFoundException"),
    ]
    for given, code in cases:
        assert refusal(lambda given=given: put_filter("m", **given))[0] == code, given
    two = {"filterName": "m", "filterPattern": "a", "metricTransformations": [number, number]}
    assert refusal(lambda: logs.put_metric_filter(logGroupName=group, **two))[0] == "InvalidParameterException"
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []
    for index in range(5):
        put_filter(f"expression-{index}", "%x%")
    assert refusal(lambda: put_filter("one more", "%x%"))[0] == "LimitExceededException"


@pytest.mark.long
def test_acknowledged_numbers_and_filters_survive_a_crash(own_server, now):
    server = own_server()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    number = {"metricName": "m", "metricNamespace": "n", "metricValue": "$.n"}
    quiet = {"metricName": "quiet", "metricNamespace": "n", "metricValue": "1", "defaultValue": 7}
    for name, transformation in {"m": number, "quiet": quiet}.items():
        pattern = "{ $.n > 0 }" if name == "m" else "never"
        logs.put_metric_filter(
            logGroupName="g", filterName=name, filterPattern=pattern, metricTransformations=[transformation]
        )

    def put(count):
        event = {"timestamp": now, "message": json.dumps({"n": 1})}
        for _ in range(count):
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])

    def total(name):
        end = datetime.now(UTC) + timedelta(minutes=2)
        span = {"StartTime": end - timedelta(minutes=10), "EndTime": end, "Period": 3600, "Statistics": ["Sum"]}
        cloudwatch = server.client("cloudwatch")
        points = cloudwatch.get_metric_statistics(Namespace="n", MetricName=name, **span)["Datapoints"]
        return sum(point["Sum"] for point in points)

    put(10)
    server.kill()
    server.start()
    logs = server.client("logs")
    put(5)
    assert total("m") == 15
    # A server that stops tells what each minute without a match gives; the test may have seen the end of one before.
    server.stop()
    server.start()
    wait_until(lambda: total("quiet") in (7, 14), 10, "the default value is told")
