"""Queries of many series by boto3: functions, searches, Metrics Insights, labels, units, long lists; and a kill."""

import datetime
import threading

import pytest
from policies import refusal
from server_process import wait_until


def datum(name, value, time, **dimensions):
    named = [{"Name": key, "Value": each} for key, each in dimensions.items()]
    return {"MetricName": name, "Dimensions": named, "Timestamp": time, "Value": value}


@pytest.fixture
def hosts(cloudwatch, fresh, noon):
    """Name space of requests and errors of two hosts in two minutes; the second host has no errors at first."""
    namespace, later = fresh("ns"), noon + datetime.timedelta(minutes=1)
    data = [
        datum("Requests", 10, noon, Host="a"),
        datum("Requests", 30, later, Host="a"),
        datum("Requests", 20, noon, Host="b"),
        datum("Requests", 40, later, Host="b"),
        datum("Errors", 1, noon, Host="a"),
        datum("Errors", 4, later, Host="b"),
        datum("Requests", 7, noon, Host="a", Zone="z"),
    ]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    return namespace


def of(namespace, query, name, host, stat="Sum", **more):
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": "Host", "Value": host}]}
    return {"Id": query, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, "ReturnData": False, **more}


def test_expressions_searches_and_selections_give_series(cloudwatch, hosts, noon):
    def asked(queries, **more):
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=noon,
            EndTime=noon + datetime.timedelta(minutes=3),
            ScanBy="TimestampAscending",
            **more,
        )
        return [(result["Id"], result["Label"], result["Values"]) for result in answer["MetricDataResults"]]

    metrics = [of(hosts, "ra", "Requests", "a"), of(hosts, "rb", "Requests", "b"), of(hosts, "ea", "Errors", "a")]
    expressions = {
        "total": ("SUM(METRICS('r'))", [30, 70]),
        "rate": ("100 * ea / ra", [10, 0]),
        "filled": ("FILL(ea, REPEAT)", [1, 1, 1]),
        "high": ("IF(ra > 15, ra, 0)", [0, 30]),
        "top": ("FIRST(SORT(METRICS('r'), MAX, DESC))", [20, 40]),
        "nested": ("RUNNING_SUM(total)", [30, 100]),
        "flat": ("TIME_SERIES(MAX(ra))", [30, 30, 30]),
    }
    queries = [{"Id": name, "Expression": source} for name, (source, _) in expressions.items()]
    assert asked([*metrics, *queries]) == [(name, name, values) for name, (_, values) in expressions.items()]

    search = f"SEARCH('{{\"{hosts}\", Host}} MetricName=\"Requests\"', 'Sum', 60)"
    assert asked([{"Id": "s", "Expression": search}]) == [("s", "a", [10, 30]), ("s", "b", [20, 40])]
    assert asked([{"Id": "s", "Expression": f"SUM({search})", "Label": "all"}]) == [("s", "all", [30, 70])]
    labelled = {"Id": "s", "Expression": search, "Label": "host ${LABEL}: ${MAX} of ${PROP('MetricName')}"}
    assert [label for _, label, _ in asked([labelled])] == ["host a: 30 of Requests", "host b: 40 of Requests"]

    select = f'SELECT SUM(Requests) FROM SCHEMA("{hosts}", Host)'
    assert asked([{"Id": "q", "Expression": select, "Period": 60}]) == [("q", "q", [30, 70])]
    grouped = f"{select} WHERE Host != 'c' GROUP BY Host ORDER BY MAX() DESC LIMIT 1"
    assert asked([{"Id": "q", "Expression": grouped, "Period": 60}]) == [("q", "b", [20, 40])]

    two = [
        of(hosts, "x", "Requests", "a", "Sum", ReturnData=True),
        of(hosts, "y", "Requests", "a", "p90", ReturnData=True),
    ]
    assert [label for _, label, _ in asked(two)] == ["Requests Sum", "Requests p90"]
    time = {"Label": "${FIRST_TIME}", "ReturnData": True}
    [(_, label, _)] = asked([of(hosts, "x", "Requests", "a", **time)], LabelOptions={"Timezone": "+0130"})
    assert label == (noon + datetime.timedelta(minutes=90)).strftime("%Y-%m-%d %H:%M")


WRONG = {
    "SUM(": "expected a number or an id, got the end",
    "SUM(nobody)": "expected a number or the id of a query, got nobody",
    "5": "an expression must result in time series, got a number",
    "SEARCH('{', 'Sum')": "expected a namespace or the name of a dimension in the search expression, got the end",
    "SEARCH('a', 'Median')": "SEARCH knows no statistic Median",
    "SELECT MEDIAN(a) FROM b": "expected AVG, COUNT, MAX, MIN or SUM in the query, got MEDIAN",
    "SERVICE_QUOTA(m)": "the function SERVICE_QUOTA is not yet available in Sagebrush",
}


def test_what_is_wrong_with_an_expression_is_named(cloudwatch, noon):
    def error(source):
        queries = [of("n", "m", "m", "a"), {"Id": "e", "Expression": source}]
        call = {"MetricDataQueries": queries, "StartTime": noon, "EndTime": noon + datetime.timedelta(minutes=1)}
        return refusal(lambda: cloudwatch.get_metric_data(**call))

    expected = [("ValidationError", f"Error in expression 'e': {words} [{source}]") for source, words in WRONG.items()]
    assert [error(source) for source in WRONG] == expected


def test_of_several_units_the_first_answers_and_says_so(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    data = [{**datum("m", value, noon), "Unit": unit} for value, unit in [(60, "Seconds"), (60_000, "Milliseconds")]]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    metric = {"Namespace": namespace, "MetricName": "m"}
    [result] = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
        StartTime=noon,
        EndTime=noon + datetime.timedelta(minutes=1),
    )["MetricDataResults"]
    assert (result["Values"], result["Messages"]) == (
        [60_000],
        [{"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'"}],
    )


def test_a_long_list_of_metrics_comes_in_pages(cloudwatch, fresh, noon):
    namespace = fresh("ns")
    data = [datum("m", 1, noon, Host=f"h{number:04}") for number in range(1000)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace))
    found = [metric["Dimensions"][0]["Value"] for page in pages for metric in page["Metrics"]]
    assert (len(pages), found) == (2, [f"h{number:04}" for number in range(1000)])
    [one] = cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Host", "Value": "h0007"}])["Metrics"]
    assert one["MetricName"] == "m"


def test_points_that_were_acknowledged_are_there_after_a_kill(own_server, noon):
    server = own_server()
    acknowledged, lock = [], threading.Lock()

    def put(writer):
        cloudwatch = server.client("cloudwatch", retries={"total_max_attempts": 1})
        for number in range(1000):
            data = [datum("m", number, noon, Writer=str(writer), Of=str(at)) for at in range(50)]
            try:
                cloudwatch.put_metric_data(Namespace="killed", MetricData=data)
            except Exception:  # the server is gone
                return
            with lock:
                acknowledged.append(writer)

    writers = [threading.Thread(target=put, args=(writer,)) for writer in range(3)]
    for writer in writers:
        writer.start()
    wait_until(lambda: len(acknowledged) > 60, 30, "some calls are acknowledged")
    server.kill()
    for writer in writers:
        writer.join()
    server.start()
    query = "SELECT COUNT(m) FROM killed GROUP BY Writer"
    answer = server.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "q", "Expression": query, "Period": 60}],
        StartTime=noon,
        EndTime=noon + datetime.timedelta(minutes=1),
    )
    found = {result["Label"]: sum(result["Values"]) for result in answer["MetricDataResults"]}
    for writer in range(3):
        calls = acknowledged.count(writer)
        assert calls * 50 <= found.get(str(writer), 0) <= (calls + 1) * 50
