"""What alarms tell: messages to the subscribers of topics, and events that rules of EventBridge match."""

import json

import pytest
from server_process import ACCOUNT


@pytest.fixture
def topic(client, fresh, receiver):
    """ARN of a topic that everybody of the account and EventBridge may publish to; the receiver is subscribed."""
    sns = client("sns")
    arn = sns.create_topic(Name=fresh("topic"))["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=receiver.url)
    [asked] = receiver.wait(1)
    sns.confirm_subscription(TopicArn=arn, Token=asked.document["Token"])
    services = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    policy["Statement"].append({**services, "Resource": arn})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))
    yield arn
    sns.delete_topic(TopicArn=arn)


def test_a_change_of_state_is_told_to_topics_and_to_rules(client, cloudwatch, fresh, receiver, topic):
    events = client("events")
    name, rule = fresh("alarm"), fresh("rule")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "t", "Arn": topic}])
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription="told",
        Namespace="n",
        MetricName="m",
        Dimensions=[{"Name": "d", "Value": "v"}],
        Period=10,
        Statistic="Average",
        Unit="Seconds",
        EvaluationPeriods=2,
        Threshold=2,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        OKActions=[topic],
        AlarmActions=[topic],
    )
    try:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        _, *sent = [one.document for one in receiver.wait(3)]
        found = [json.loads(each["Message"]) for each in sent]
        [message] = [each for each in found if "AlarmName" in each]
        [event] = [each for each in found if "detail" in each]
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])
        events.remove_targets(Rule=rule, Ids=["t"])
        events.delete_rule(Name=rule)
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}"
    times = ("AlarmConfigurationUpdatedTimestamp", "StateChangeTime")
    assert {key: value for key, value in message.items() if key not in times} == {
        "AlarmName": name,
        "AlarmDescription": "told",
        "AWSAccountId": ACCOUNT,
        "NewStateValue": "ALARM",
        "NewStateReason": "a test",
        "Region": "US East (N. Virginia)",
        "AlarmArn": arn,
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [topic],
        "AlarmActions": [topic],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "m",
            "Namespace": "n",
            "StatisticType": "Statistic",
            "Statistic": "AVERAGE",
            "Unit": "Seconds",
            "Dimensions": [{"value": "v", "name": "d"}],
            "Period": 10,
            "EvaluationPeriods": 2,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 2,
            "TreatMissingData": "ignore",
            "EvaluateLowSampleCountPercentile": "",
        },
    }
    [subject] = {each["Subject"] for each in sent if each.get("Subject")}
    assert subject == f'ALARM: "{name}" in US East (N. Virginia)'
    assert (event["detail-type"], event["resources"]) == ("CloudWatch Alarm State Change", [arn])
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert event["detail"]["state"]["reason"] == "a test"
    [metric] = event["detail"]["configuration"]["metrics"]
    assert metric["metricStat"]["metric"] == {"namespace": "n", "name": "m", "dimensions": {"d": "v"}}
