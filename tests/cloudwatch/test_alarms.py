"""Alarms put and watched by boto3: their states, what composite alarms make of them, history, tags, refusals."""

import datetime
import json

import pytest
from policies import refusal
from server_process import ACCOUNT, wait_until

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:nobody"
EVALUATED_SECONDS = 30  # an alarm of ten seconds is evaluated soon after it was put, and then every ten


@pytest.fixture
def alarm(cloudwatch, fresh):
    """alarm(MetricName="m", …) puts a metric alarm of ten seconds and gives its name; it goes away afterwards."""
    names = []

    def make(**more):
        name = more.pop("AlarmName", None) or fresh("alarm")
        given = {"EvaluationPeriods": 1, "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold", **more}
        if "Metrics" not in given:
            given = {"Namespace": "none", "MetricName": "none", "Period": 10, **given}
            if "ExtendedStatistic" not in given:
                given.setdefault("Statistic", "Average")
        cloudwatch.put_metric_alarm(AlarmName=name, **given)
        names.append(name)
        return name

    yield make
    cloudwatch.delete_alarms(AlarmNames=names)


@pytest.fixture
def composite(cloudwatch, fresh):
    """composite("ALARM(a)", …) puts a composite alarm and gives its name."""
    names = []

    def make(rule, **more):
        name = more.pop("AlarmName", None) or fresh("composite")
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **more)
        names.append(name)
        return name

    yield make
    for name in reversed(names):
        cloudwatch.delete_alarms(AlarmNames=[name])


@pytest.fixture
def hot(cloudwatch, fresh):
    """Name space of a metric `heat` with a value over 10 in each of the last five minutes, by the second."""
    namespace = fresh("ns")
    now = datetime.datetime.now(datetime.UTC)
    data = [
        {
            "MetricName": "heat",
            "Timestamp": now - datetime.timedelta(seconds=at),
            "Value": 20.5,
            "StorageResolution": 1,
        }
        for at in range(-5, 300, 5)
    ]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    return namespace


def described(cloudwatch, name):
    answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    [found] = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return found


def wait_for(cloudwatch, name, state):
    def reached():
        found = described(cloudwatch, name)
        return found if found["StateValue"] == state else None

    return wait_until(reached, EVALUATED_SECONDS, f"{name} is {state}")


def math(namespace, expression, period=10):
    metric = {"Namespace": namespace, "MetricName": "heat"}
    return [
        {"Id": "m1", "MetricStat": {"Metric": metric, "Period": period, "Stat": "Average"}, "ReturnData": False},
        {"Id": "e1", "Expression": expression, "Label": "worked out"},
    ]


def test_alarms_reach_the_state_of_their_points_and_composites_that_of_their_rule(cloudwatch, alarm, composite, hot):
    metric = {"Namespace": hot, "MetricName": "heat"}
    expected = {
        alarm(**metric): "ALARM",
        alarm(**metric, Threshold=30): "OK",
        alarm(**metric, ComparisonOperator="LessThanOrEqualToThreshold"): "OK",
        alarm(**metric, EvaluationPeriods=3, DatapointsToAlarm=2, Statistic="Maximum"): "ALARM",
        alarm(**metric, Period=60, Statistic="Sum", Threshold=60): "ALARM",
        alarm(Namespace=hot, MetricName="heat", ExtendedStatistic="p90"): "ALARM",
        alarm(Namespace=hot, MetricName="heat", ExtendedStatistic="TM(10%:90%)"): "ALARM",
        alarm(Metrics=math(hot, "m1 * 2"), Threshold=40): "ALARM",
        alarm(Metrics=math(hot, "m1 - AVG(m1)"), Threshold=40): "OK",
        alarm(TreatMissingData="breaching", EvaluationPeriods=2): "ALARM",
        alarm(TreatMissingData="notBreaching"): "OK",
    }
    unsure = {
        alarm(),
        alarm(TreatMissingData="ignore"),
        alarm(Namespace=hot, MetricName="heat", ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="ignore"),
        alarm(**metric, Unit="Bytes"),
    }
    names = list(expected)
    both = composite(f"ALARM({names[0]}) AND NOT OK({names[0]})")
    nested = composite(f'OK("{names[1]}") AND ALARM(arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{both})')
    for name, state in {**expected, both: "ALARM", nested: "ALARM"}.items():
        wait_for(cloudwatch, name, state)
    for name in unsure:
        found = described(cloudwatch, name)
        assert (found["StateValue"], found["StateReason"]) == (
            "INSUFFICIENT_DATA",
            "Unchecked: Initial alarm creation",
        )
    found = described(cloudwatch, names[0])
    assert found["StateReason"].startswith("Threshold Crossed: 1 datapoint [20.5 (")
    assert found["StateReason"].endswith(")] was greater than the threshold (10.0).")
    data = json.loads(found["StateReasonData"])
    assert (data["period"], data["statistic"], data["recentDatapoints"], data["threshold"]) == (
        10,
        "Average",
        [20.5],
        10,
    )
    assert described(cloudwatch, names[3])["StateReason"].endswith("(minimum 2 datapoints for OK -> ALARM transition).")
    assert described(cloudwatch, names[9])["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 2 periods "
        "and 2 missing datapoints were treated as [Breaching]."
    )
    [told] = json.loads(described(cloudwatch, nested)["StateReasonData"])["triggeringAlarms"][-1:]
    assert told["state"]["value"] in ("ALARM", "OK")


def test_a_state_that_was_set_has_its_history_and_its_parents(cloudwatch, alarm, composite, fresh):
    child = alarm(AlarmActions=[TOPIC], TreatMissingData="ignore")
    parent = composite(f"ALARM({child})", AlarmDescription="over one")
    wait_for(cloudwatch, parent, "OK")
    cloudwatch.set_alarm_state(AlarmName=child, StateValue="ALARM", StateReason="a test", StateReasonData='{"x": 1}')
    found = described(cloudwatch, child)
    assert (found["StateValue"], found["StateReason"], found["StateReasonData"]) == ("ALARM", "a test", '{"x": 1}')
    above = wait_for(cloudwatch, parent, "ALARM")
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{child}"
    assert above["StateReason"].startswith(f"{arn} transitioned to ALARM at ")
    [told] = json.loads(above["StateReasonData"])["triggeringAlarms"]
    assert (told["arn"], told["state"]["value"]) == (arn, "ALARM")

    def history(name, **more):
        return cloudwatch.describe_alarm_history(AlarmName=name, **more)["AlarmHistoryItems"]

    wait_until(lambda: history(child, HistoryItemType="Action"), 10, "the action is in the history")
    items = history(child)
    assert [item["HistoryItemType"] for item in items] == ["Action", "StateUpdate", "ConfigurationUpdate"]
    assert history(child, ScanBy="TimestampAscending")[0]["HistoryItemType"] == "ConfigurationUpdate"
    assert items[1]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    assert json.loads(items[1]["HistoryData"])["newState"]["stateReason"] == "a test"
    message = json.loads(json.loads(items[0]["HistoryData"])["publishedMessage"]["default"])
    assert (message["AlarmName"], message["OldStateValue"], message["NewStateValue"]) == (
        child,
        "INSUFFICIENT_DATA",
        "ALARM",
    )
    assert message["Trigger"]["Statistic"] == "AVERAGE"
    first = cloudwatch.describe_alarm_history(AlarmName=child, MaxRecords=2)
    rest = cloudwatch.describe_alarm_history(AlarmName=child, MaxRecords=2, NextToken=first["NextToken"])
    assert len(first["AlarmHistoryItems"] + rest["AlarmHistoryItems"]) == 3
    assert refusal(lambda: cloudwatch.set_alarm_state(AlarmName=fresh("none"), StateValue="OK", StateReason="r"))[
        0
    ] == ("ResourceNotFound")
    bad = {"AlarmName": child, "StateValue": "OK", "StateReason": "r", "StateReasonData": "{"}
    assert refusal(lambda: cloudwatch.set_alarm_state(**bad))[0] == "InvalidFormat"


def test_a_suppressor_holds_actions_back(cloudwatch, alarm, composite):
    child, suppressor = alarm(TreatMissingData="ignore"), alarm(TreatMissingData="ignore")
    periods = {"ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1}
    parent = composite(f"ALARM({child})", AlarmActions=[TOPIC], ActionsSuppressor=suppressor, **periods)

    def state(name, value):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="a test")

    def actions():
        return cloudwatch.describe_alarm_history(AlarmName=parent, HistoryItemType="Action")["AlarmHistoryItems"]

    wait_for(cloudwatch, parent, "OK")
    state(suppressor, "ALARM")
    state(child, "ALARM")
    found = wait_for(cloudwatch, parent, "ALARM")
    assert (found["ActionsSuppressedBy"], found["ActionsSuppressedReason"]) == ("Alarm", "Actions suppressed by alarm")
    assert actions() == []
    state(suppressor, "OK")
    wait_until(lambda: len(actions()) == 1, 10, "the action is taken after the extension")
    assert "ActionsSuppressedBy" not in described(cloudwatch, parent)


def test_alarms_are_found_by_what_they_are(cloudwatch, alarm, composite, fresh):
    prefix = fresh("found")
    dimensions = [{"Name": "d", "Value": "v"}]
    plain = alarm(AlarmName=f"{prefix}-plain", Namespace=prefix, Dimensions=dimensions, OKActions=[TOPIC])
    other = alarm(AlarmName=f"{prefix}-other", Namespace=prefix, ActionsEnabled=False, TreatMissingData="ignore")
    above = composite(f"ALARM({plain}) OR ALARM({other})", AlarmName=f"{prefix}-up")

    def names(**filters):
        answer = cloudwatch.describe_alarms(**filters)
        return [each["AlarmName"] for each in answer["MetricAlarms"] + answer["CompositeAlarms"]]

    both = ["MetricAlarm", "CompositeAlarm"]
    assert names(AlarmNamePrefix=prefix) == [other, plain]
    assert names(AlarmNamePrefix=prefix, AlarmTypes=both) == [other, plain, above]
    assert names(AlarmNames=[plain, fresh("none")]) == [plain]
    assert names(AlarmNamePrefix=prefix, ActionPrefix=TOPIC[:-2]) == [plain]
    assert names(ChildrenOfAlarmName=above) == [other, plain]
    assert names(ParentsOfAlarmName=plain) == [above]
    cloudwatch.set_alarm_state(AlarmName=other, StateValue="ALARM", StateReason="r")
    assert names(AlarmNamePrefix=prefix, StateValue="ALARM") == [other]
    page = cloudwatch.describe_alarms(AlarmNamePrefix=prefix, MaxRecords=1)
    rest = cloudwatch.describe_alarms(AlarmNamePrefix=prefix, MaxRecords=1, NextToken=page["NextToken"])
    assert [each["AlarmName"] for each in page["MetricAlarms"] + rest["MetricAlarms"]] == [other, plain]
    assert "NextToken" not in rest

    def of_metric(**more):
        asked = {"Namespace": prefix, "MetricName": "none", **more}
        return [each["AlarmName"] for each in cloudwatch.describe_alarms_for_metric(**asked)["MetricAlarms"]]

    assert (of_metric(), of_metric(Dimensions=dimensions)) == ([other], [plain])
    assert of_metric(Statistic="Sum") == []
    cloudwatch.enable_alarm_actions(AlarmNames=[other, fresh("none")])
    assert described(cloudwatch, other)["ActionsEnabled"] is True
    code, message = refusal(lambda: cloudwatch.delete_alarms(AlarmNames=[plain]))
    assert (code, message) == (
        "ValidationError",
        f"Cannot delete {plain} as there are composite alarm(s) depending on it.",
    )


def test_alarms_have_tags(cloudwatch, alarm, fresh):
    name = alarm(Tags=[{"Key": "a", "Value": "1"}])
    arn = described(cloudwatch, name)["AlarmArn"]

    def tags(of=arn):
        found = cloudwatch.list_tags_for_resource(ResourceARN=of)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}

    assert tags() == {"a": "1"}
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert tags() == {"b": "2"}
    gone = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{fresh('none')}"
    assert tags(gone) == {}
    code, _ = refusal(lambda: cloudwatch.tag_resource(ResourceARN=gone, Tags=[{"Key": "b", "Value": "2"}]))
    assert code == "ResourceNotFoundException"


WRONG = {
    "DatapointsToAlarm must be less than or equal to EvaluationPeriods": {"DatapointsToAlarm": 2},
    "Threshold must not be null": {"Threshold": None},
    "MetricName must not be null": {"MetricName": None},
    "Must specify either Statistic or ExtendedStatistic": {"Statistic": None},
    "The value 90 for parameter ExtendedStatistic is not supported.": {"Statistic": None, "ExtendedStatistic": "90"},
    "Period must be 10, 20, 30 or a multiple of 60, got 15.": {"Period": 15},
    "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).": {
        "Period": 600,
        "EvaluationPeriods": 145,
    },
    "Option no is not supported. Supported options for parameter TreatMissingData are "
    "breaching, notBreaching, ignore and missing.": {"TreatMissingData": "no"},
    "Option no is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are "
    "evaluate and ignore.": {"EvaluateLowSampleCountPercentile": "no"},
    "Invalid arn syntax: here": {"AlarmActions": ["here"]},
    "Actions of automate are not yet available in Sagebrush, got arn:aws:automate:us-east-1:ec2:stop. "
    "An action is the ARN of an SNS topic.": {"OKActions": ["arn:aws:automate:us-east-1:ec2:stop"]},
    "Statistic should not be set if list of Metrics is set.": {
        "Metrics": math("n", "m1"),
        "MetricName": None,
        "Namespace": None,
        "Period": None,
    },
}


def test_what_is_wrong_with_an_alarm_is_named(cloudwatch, fresh):
    right = {
        "AlarmName": fresh("wrong"),
        "Namespace": "n",
        "MetricName": "m",
        "Period": 60,
        "Statistic": "Sum",
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }

    def put(changes):
        given = {name: value for name, value in {**right, **changes}.items() if value is not None}
        return refusal(lambda: cloudwatch.put_metric_alarm(**given))[1]

    assert [put(changes) for changes in WRONG.values()] == list(WRONG)
    plain = dict.fromkeys(("Namespace", "MetricName", "Period", "Statistic"))
    two = [{**query, "ReturnData": True} for query in math("n", "m1")]
    assert put({**plain, "Metrics": two}) == "Exactly one element of the metrics list should return data."
    assert "SEARCH is not supported on Metric Alarms." in put({**plain, "Metrics": math("n", "SEARCH('x', 'Sum')")})
    assert put({**plain, "Metrics": math("n", "m2")}).startswith(
        "Error in expression 'e1': expected a number or the id"
    )

    def put_composite(rule, **more):
        return refusal(lambda: cloudwatch.put_composite_alarm(AlarmName=fresh("wrong"), AlarmRule=rule, **more))[1]

    assert put_composite("ALARM(nobody)") == (
        "Could not save the composite alarm as alarms [nobody] in the alarm rule do not exist"
    )
    assert put_composite("ALARM(nobody").startswith("Error in AlarmRule at position 12: expected ), got")
    assert "must be given together" in put_composite("TRUE", ActionsSuppressorWaitPeriod=1)


def test_alarms_go_on_after_the_server_was_killed(own_server, hot_point):
    server = own_server()
    cloudwatch = server.client("cloudwatch")
    hot_point(cloudwatch)
    rule = {"EvaluationPeriods": 1, "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold"}
    metric = {"Namespace": "killed", "MetricName": "heat", "Period": 60, "Statistic": "Sum"}
    cloudwatch.put_metric_alarm(AlarmName="a", **metric, **rule, AlarmActions=[TOPIC])
    cloudwatch.put_composite_alarm(AlarmName="c", AlarmRule="ALARM(a)")
    server.kill()
    server.start()
    cloudwatch = server.client("cloudwatch")
    wait_for(cloudwatch, "a", "ALARM")
    wait_for(cloudwatch, "c", "ALARM")

    def kinds():
        items = cloudwatch.describe_alarm_history(AlarmName="a", ScanBy="TimestampAscending")["AlarmHistoryItems"]
        found = [item["HistoryItemType"] for item in items]
        return found if len(found) == 3 else None

    assert wait_until(kinds, 10, "the action was tried") == ["ConfigurationUpdate", "StateUpdate", "Action"]


@pytest.fixture
def hot_point():
    def put(cloudwatch):
        now = datetime.datetime.now(datetime.UTC)
        times = [now - datetime.timedelta(seconds=at) for at in (60, 120)]
        data = [{"MetricName": "heat", "Timestamp": time, "Value": 20} for time in times]
        cloudwatch.put_metric_data(Namespace="killed", MetricData=data)

    return put


BODY = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "# hello"}}]})


def test_dashboards_are_kept_checked_and_listed(cloudwatch, fresh):
    prefix = fresh("board")
    names = [f"{prefix}-{letter}" for letter in "ab"]
    for name in names:
        tags = {"Tags": [{"Key": "a", "Value": "1"}]}
        put = cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BODY, **tags)
        assert put["DashboardValidationMessages"] == []
    found = cloudwatch.get_dashboard(DashboardName=names[0])
    assert (found["DashboardBody"], found["DashboardArn"]) == (
        BODY,
        f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{names[0]}",
    )
    assert cloudwatch.list_tags_for_resource(ResourceARN=found["DashboardArn"])["Tags"] == [{"Key": "a", "Value": "1"}]
    entries = cloudwatch.list_dashboards(DashboardNamePrefix=prefix)["DashboardEntries"]
    assert [(entry["DashboardName"], entry["Size"]) for entry in entries] == [(name, len(BODY)) for name in names]
    code, _ = refusal(lambda: cloudwatch.delete_dashboards(DashboardNames=[names[0], fresh("none")]))
    assert code == "ResourceNotFound"
    cloudwatch.delete_dashboards(DashboardNames=names)
    assert cloudwatch.list_dashboards(DashboardNamePrefix=prefix)["DashboardEntries"] == []
    assert refusal(lambda: cloudwatch.get_dashboard(DashboardName=names[0]))[0] == "ResourceNotFound"
    assert refusal(lambda: cloudwatch.put_dashboard(DashboardName="no name", DashboardBody=BODY)) == (
        "InvalidParameterValue",
        "The value for field DashboardName contains invalid characters. "
        "It can only contain alphanumerics, dash (-) and underscore (_).\n",
    )
    for body in ["{", json.dumps({"widgets": [{"type": "none"}]})]:
        with pytest.raises(cloudwatch.exceptions.DashboardInvalidInputError) as caught:
            cloudwatch.put_dashboard(DashboardName=prefix, DashboardBody=body)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterInput"
        assert caught.value.response["dashboardValidationMessages"]
