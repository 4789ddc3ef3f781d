"""Metrics put and read by boto3: statistics by period, queries, expressions, lists."""

import datetime
import threading
import time

import pytest
from policies import allow, policy, refusal


def minutes(count):
    return datetime.timedelta(minutes=count)


def put(cloudwatch, namespace, points, name="latency", **more):
    data = [{"MetricName": name, "Timestamp": time, "Value": value, **more} for time, value in points]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


def test_statistics_by_period(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    put(cloudwatch, namespace, [(noon, 1), (noon + minutes(1), 3), (noon + minutes(7), 10)], Unit="Milliseconds")
    answer = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName="latency",
        StartTime=noon,
        EndTime=noon + minutes(10),
        Period=300,
        Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
        ExtendedStatistics=["p50"],
    )
    assert answer["Label"] == "latency"
    points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    assert points == [
        {
            "Timestamp": noon,
            "SampleCount": 2,
            "Sum": 4,
            "Average": 2,
            "Minimum": 1,
            "Maximum": 3,
            "Unit": "Milliseconds",
            "ExtendedStatistics": {"p50": 1},
        },
        {
            "Timestamp": noon + minutes(5),
            "SampleCount": 1,
            "Sum": 10,
            "Average": 10,
            "Minimum": 10,
            "Maximum": 10,
            "Unit": "Milliseconds",
            "ExtendedStatistics": {"p50": 10},
        },
    ]


def test_dimensions_tell_metrics_apart(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    for variant, value in [("a", 1), ("b", 2)]:
        dimensions = [{"Name": "Variant", "Value": variant}, {"Name": "Endpoint", "Value": "e"}]
        put(cloudwatch, namespace, [(noon, value)], Dimensions=dimensions)

    def total(dimensions):
        answer = cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName="latency",
            Dimensions=dimensions,
            StartTime=noon,
            EndTime=noon + minutes(1),
            Period=60,
            Statistics=["Sum"],
        )
        return [point["Sum"] for point in answer["Datapoints"]]

    assert total([{"Name": "Endpoint", "Value": "e"}, {"Name": "Variant", "Value": "b"}]) == [2]
    assert total([{"Name": "Endpoint", "Value": "e"}]) == []


def test_values_with_counts_and_sets_are_summed_up(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": "m", "Timestamp": noon, "Values": [1.0, 10.0], "Counts": [2, 4]},
            {
                "MetricName": "m",
                "Timestamp": noon,
                "StatisticValues": {"SampleCount": 4, "Sum": 8, "Minimum": 0.5, "Maximum": 5},
            },
        ],
    )
    answer = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName="m",
        StartTime=noon,
        EndTime=noon + minutes(1),
        Period=60,
        Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
    )
    [point] = answer["Datapoints"]
    assert {name: value for name, value in point.items() if name not in ("Timestamp", "Unit")} == {
        "SampleCount": 10,
        "Sum": 50,
        "Average": 5,
        "Minimum": 0.5,
        "Maximum": 10,
    }


def query(name, namespace, stat="Sum", **more):
    metric = {"Namespace": namespace, "MetricName": "latency"}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **more}


def test_queries_give_series_in_the_order_asked(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    put(cloudwatch, namespace, [(noon + minutes(at), at + 1) for at in range(3)])
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            query("hidden", namespace, ReturnData=False),
            query("top", namespace, "Maximum", Label="highest"),
            {"Id": "share", "Expression": "100 * hidden / (top + hidden)"},
        ],
        StartTime=noon,
        EndTime=noon + minutes(10),
        ScanBy="TimestampAscending",
    )
    times = [noon + minutes(at) for at in range(3)]
    results = [
        {name: result[name] for name in ("Id", "Label", "Timestamps", "Values", "StatusCode")}
        for result in answer["MetricDataResults"]
    ]
    assert results == [
        {"Id": "top", "Label": "highest", "Timestamps": times, "Values": [1, 2, 3], "StatusCode": "Complete"},
        {"Id": "share", "Label": "share", "Timestamps": times, "Values": [50, 50, 50], "StatusCode": "Complete"},
    ]
    newest_first = cloudwatch.get_metric_data(
        MetricDataQueries=[query("top", namespace)], StartTime=noon, EndTime=noon + minutes(10)
    )
    assert newest_first["MetricDataResults"][0]["Values"] == [3, 2, 1]


def test_each_query_of_a_metric_begins_at_a_period_of_its_own(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    seconds = [noon + datetime.timedelta(seconds=at) for at in (5, 31, 65)]
    put(cloudwatch, namespace, [(time, 1) for time in seconds], StorageResolution=1)
    queries = [query("by_minute", namespace), query("by_second", namespace)]
    queries[1]["MetricStat"]["Period"] = 10
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=queries,
        StartTime=noon + datetime.timedelta(seconds=30),
        EndTime=noon + minutes(5),
        ScanBy="TimestampAscending",
    )
    by_minute, by_second = [
        [
            ((time - noon).total_seconds(), value)
            for time, value in zip(found["Timestamps"], found["Values"], strict=True)
        ]
        for found in answer["MetricDataResults"]
    ]
    assert (by_minute, by_second) == ([(0, 2), (60, 1)], [(30, 1), (60, 1)])


def test_queries_page_by_points(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    put(cloudwatch, namespace, [(noon + minutes(at), at) for at in range(5)])
    asked = {
        "MetricDataQueries": [query("a", namespace), query("b", namespace)],
        "StartTime": noon,
        "EndTime": noon + minutes(5),
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": 4,
    }
    found, token, pages = {"a": [], "b": []}, None, 0
    while True:
        page = cloudwatch.get_metric_data(**asked, **({"NextToken": token} if token else {}))
        pages += 1
        for result in page["MetricDataResults"]:
            found[result["Id"]] += result["Values"]
        token = page.get("NextToken")
        if not token:
            break
    assert (found, pages) == ({"a": [0, 1, 2, 3, 4], "b": [0, 1, 2, 3, 4]}, 3)
    assert refusal(lambda: cloudwatch.get_metric_data(**asked, NextToken="x"))[0] == "InvalidNextToken"


def test_metrics_are_listed_by_name_and_dimension(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    for value in ["a", "b"]:
        put(cloudwatch, namespace, [(noon, 1)], Dimensions=[{"Name": "D", "Value": value}])
    put(cloudwatch, namespace, [(noon, 1)], name="other")
    assert len(cloudwatch.list_metrics(Namespace=namespace)["Metrics"]) == 3
    assert cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "D", "Value": "b"}])["Metrics"] == [
        {"Namespace": namespace, "MetricName": "latency", "Dimensions": [{"Name": "D", "Value": "b"}]}
    ]
    assert len(cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "D"}])["Metrics"]) == 2
    recent = cloudwatch.list_metrics(Namespace=namespace, MetricName="other", RecentlyActive="PT3H")
    assert len(recent["Metrics"]) == 1


def test_what_is_wrong_with_points_is_named(cloudwatch, noon):
    def put_one(**datum):
        return refusal(lambda: cloudwatch.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", **datum}]))

    both = "are mutually exclusive and you have specified both."
    set_of_two = {"SampleCount": 2, "Sum": 10, "Minimum": 1, "Maximum": 9}
    assert put_one(Value=float("nan")) == (
        "InvalidParameterValue",
        "The value NaN for parameter MetricData.member.1.Value is invalid.",
    )
    assert put_one(Value=1.5, Values=[1.0]) == (
        "InvalidParameterCombination",
        f"The parameters MetricData.member.1.Value and MetricData.member.1.Values {both}",
    )
    assert put_one(Value=1.5, StatisticValues=set_of_two) == (
        "InvalidParameterCombination",
        f"The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues {both}",
    )
    assert put_one(Values=[1.0, 10.0], Counts=[2, 4, 1]) == (
        "InvalidParameterValue",
        "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
    )
    assert put_one(Value=1, Timestamp=noon - datetime.timedelta(days=20))[0] == "InvalidParameterValue"
    reserved = refusal(
        lambda: cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[{"MetricName": "m", "Value": 1}])
    )
    assert reserved == ("InvalidParameterValue", "The value AWS/SageMaker for parameter Namespace is invalid.")


def test_what_is_wrong_with_a_range_is_named(cloudwatch, noon):
    def statistics(**more):
        asked = {
            "Namespace": "n",
            "MetricName": "m",
            "StartTime": noon,
            "EndTime": noon + minutes(1),
            "Period": 60,
            "Statistics": ["Sum"],
            **more,
        }
        return refusal(lambda: cloudwatch.get_metric_statistics(**asked))

    assert statistics(EndTime=noon) == (
        "InvalidParameterValue",
        "The parameter StartTime must be less than the parameter EndTime.",
    )
    assert statistics(StartTime=noon - minutes(1440), Period=60) == (
        "InvalidParameterCombination",
        "You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the datapoints "
        "requested by increasing Period, or decreasing the time range.",
    )
    assert statistics(Period=7)[0] == "InvalidParameterValue"

    soon = noon + minutes(1)

    def data(*queries, end=soon):
        return refusal(lambda: cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=noon, EndTime=end))

    assert data(query("a", "n"), end=noon) == (
        "ValidationError",
        "The parameter StartTime must not equal parameter EndTime.",
    )
    assert data(query("a", "n"), end=noon - minutes(1)) == (
        "ValidationError",
        "The parameter EndTime must be greater than StartTime.",
    )
    assert data({"Id": "e", "Expression": "ANOMALY_DETECTION_BAND(m)"})[0] == "ValidationError"
    assert data({"Id": "e", "Expression": "f"}, {"Id": "f", "Expression": "e"})[0] == "ValidationError"


def test_a_namespace_may_be_opened_to_a_user(client, server, fresh):
    iam, user, namespace = client("iam"), fresh("writer"), fresh("ns")
    iam.create_user(UserName=user)
    own = {"StringEquals": {"cloudwatch:namespace": namespace}}
    iam.put_user_policy(
        UserName=user, PolicyName="p", PolicyDocument=policy(allow("cloudwatch:PutMetricData", Condition=own))
    )
    key = iam.create_access_key(UserName=user)["AccessKey"]
    writer = server.client("cloudwatch", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
    data = [{"MetricName": "m", "Value": 1}]
    try:
        writer.put_metric_data(Namespace=namespace, MetricData=data)
        code, _ = refusal(lambda: writer.put_metric_data(Namespace="other", MetricData=data))
        assert code.startswith("AccessDenied")
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=user, PolicyName="p")
        iam.delete_user(UserName=user)


LONGEST = 2048  # characters of an expression, CloudWatch API reference

HOSTILE = {
    "nests parentheses": "(" * (LONGEST // 2 - 1) + "m" + ")" * (LONGEST // 2 - 1),
    "nests signs": "-" * (LONGEST - 1) + "m",
    "is longer than an expression may be": "m" + "+m" * (LONGEST // 2),
    "has too many steps for its points": "m" + "+m" * (LONGEST // 2 - 1),
}


@pytest.fixture(scope="module")
def many_points(server, noon):
    """Name space of a metric with a point in each of ten thousand seconds."""
    cloudwatch, namespace = server.client("cloudwatch"), "many-points"
    times = [noon - datetime.timedelta(seconds=at) for at in range(10_000)]
    for at in range(0, len(times), 1000):
        put(cloudwatch, namespace, [(time, 1) for time in times[at : at + 1000]], StorageResolution=1)
    return namespace


@pytest.mark.parametrize("sentence", HOSTILE)
def test_an_expression_is_refused_that(cloudwatch, many_points, noon, sentence):
    seconds = query("m", many_points)
    seconds["MetricStat"]["Period"] = 1
    code, message = refusal(
        lambda: cloudwatch.get_metric_data(
            MetricDataQueries=[seconds, {"Id": "e", "Expression": HOSTILE[sentence]}],
            StartTime=noon - minutes(200),
            EndTime=noon + minutes(1),
        )
    )
    assert code == "ValidationError", message


def test_others_are_answered_while_expressions_are_worked_out(server, cloudwatch, many_points, noon):
    """Together as costly as is just allowed; a chain through all of them, as deep as it can be."""
    seconds = query("m0", many_points)
    seconds["MetricStat"]["Period"] = 60
    deep = [{"Id": f"m{at + 1}", "Expression": "(" * 90 + f"m{at}" + "+m0" * 50 + ")" * 90} for at in range(499)]
    over, answered = threading.Event(), []

    def ask_until_over():
        sts = server.client("sts")
        while not over.is_set():
            started = time.monotonic()
            sts.get_caller_identity()
            answered.append(time.monotonic() - started)

    asking = threading.Thread(target=ask_until_over)
    asking.start()
    try:
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[seconds, *deep],
            StartTime=noon - minutes(200),
            EndTime=noon + minutes(1),
        )
    finally:
        over.set()
        asking.join()
    assert answer["MetricDataResults"][-1]["StatusCode"] == "Complete"
    assert len(answered) > 5, answered
