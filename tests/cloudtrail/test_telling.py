"""What trails tell besides: a topic hears of files, a log group gets events, the bus hears of what was changed."""

import json

import pytest
from policies import allow, policy, refusal
from receivers import http_receiver
from server_process import wait_until

BUCKET = "told"
DENIED = "Access denied. Check the permissions for your role."


@pytest.fixture(scope="module", autouse=True)
def open_bucket(trailing):
    """A bucket that CloudTrail may write to."""
    s3 = trailing.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    lets_in = {**allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"), "Principal": service()}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(lets_in))


@pytest.fixture
def account(trailing):
    return trailing.client("sts").get_caller_identity()["Account"]


def service(name="cloudtrail"):
    return {"Service": f"{name}.amazonaws.com"}


def test_a_topic_is_told_of_each_file(trailing, trail, account):
    sns = trailing.client("sns")
    text = "SNS Topic does not exist or the topic policy is incorrect!"
    wanted = {"Name": "of-topic", "S3BucketName": BUCKET, "SnsTopicName": "files"}
    assert refusal(lambda: trail.create_trail(**wanted)) == ("InsufficientSnsTopicPolicyException", text)
    topic = sns.create_topic(Name="files")["TopicArn"]
    assert refusal(lambda: trail.create_trail(**wanted)) == ("InsufficientSnsTopicPolicyException", text)
    of_trail = {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{account}:trail/of-topic"}}
    lets_in = policy({**allow("sns:Publish", topic, Condition=of_trail), "Principal": service()})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=lets_in)
    made = trail.create_trail(**wanted)
    assert (made["SnsTopicName"], made["SnsTopicARN"]) == ("files", topic)
    with http_receiver() as receiver:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{receiver.url}/files")
        sns.confirm_subscription(TopicArn=topic, Token=receiver.wait(1, "/files")[0].document["Token"])
        trail.start_logging(Name="of-topic")
        told = json.loads(receiver.wait(2, "/files")[1].document["Message"])
    assert told["s3Bucket"] == BUCKET
    [key] = told["s3ObjectKey"]
    assert f"AWSLogs/{account}/CloudTrail/us-east-1/" in key
    assert trailing.client("s3").head_object(Bucket=BUCKET, Key=key)["ContentLength"]
    assert "LatestNotificationError" not in trail.get_trail_status(Name="of-topic")
    sns.delete_topic(TopicArn=topic)
    error = wait_until(lambda: trail.get_trail_status(Name="of-topic").get("LatestNotificationError"), 15, "an error")
    status = trail.get_trail_status(Name="of-topic")
    assert error == "NotFound" and "LatestDeliveryError" not in status
    assert status["LatestNotificationTime"] and status["LatestNotificationAttemptSucceeded"]
    assert "SnsTopicARN" not in trail.update_trail(Name="of-topic", SnsTopicName="")
    trail.delete_trail(Name="of-topic")


def test_a_log_group_gets_events_under_the_role_of_the_trail(trailing, trail, account):
    logs, iam = trailing.client("logs"), trailing.client("iam")
    group = f"arn:aws:logs:us-east-1:{account}:log-group:trail:*"
    role = f"arn:aws:iam::{account}:role/of-trail"
    to_group, to_role = {"CloudWatchLogsLogGroupArn": group}, {"CloudWatchLogsRoleArn": role}

    def create(**more):
        return refusal(lambda: trail.create_trail(Name="of-group", S3BucketName=BUCKET, **more))

    need_role = ("InvalidCloudWatchLogsRoleArnException", "You must specify a role ARN as well as a log group.")
    distrusted = (
        "InvalidCloudWatchLogsRoleArnException",
        "Access denied. Check the trust relationships for your role.",
    )
    unknown = "Check the log group ARN: CloudTrail can't validate it."
    assert create(**to_group) == need_role
    assert create(**to_role)[0] == "InvalidCloudWatchLogsLogGroupArnException"
    assert create(**to_group, **to_role) == distrusted
    trust = {"Effect": "Allow", "Principal": service(), "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="of-trail", AssumeRolePolicyDocument=policy(trust))
    assert create(**to_group, **to_role) == ("InvalidCloudWatchLogsLogGroupArnException", DENIED)
    stream = f"arn:aws:logs:us-east-1:{account}:log-group:trail:log-stream:{account}_CloudTrail_us-east-1*"
    write = allow(["logs:CreateLogStream", "logs:PutLogEvents"], stream)
    iam.put_role_policy(RoleName="of-trail", PolicyName="write", PolicyDocument=policy(write))
    assert create(**to_group, **to_role) == ("InvalidCloudWatchLogsLogGroupArnException", unknown)
    logs.create_log_group(logGroupName="trail")
    metric = {"metricName": "Made", "metricNamespace": "Trail", "metricValue": "1"}
    pattern = '{ $.eventName = "CreateExperiment" }'
    logs.put_metric_filter(
        logGroupName="trail", filterName="made", filterPattern=pattern, metricTransformations=[metric]
    )
    made = trail.create_trail(Name="of-group", S3BucketName=BUCKET, **to_group, **to_role)
    assert (made["CloudWatchLogsLogGroupArn"], made["CloudWatchLogsRoleArn"]) == (group, role)
    trail.start_logging(Name="of-group")
    trailing.client("sagemaker").create_experiment(ExperimentName="in-the-group")

    def found():
        return logs.filter_log_events(logGroupName="trail", filterPattern=pattern)["events"]

    [line] = wait_until(found, 15, "the event in the group")
    event = json.loads(line["message"])
    assert line["logStreamName"] == f"{account}_CloudTrail_us-east-1"
    assert event["requestParameters"] == {"experimentName": "in-the-group"}
    assert trailing.client("cloudwatch").list_metrics(Namespace="Trail")["Metrics"]
    status = trail.get_trail_status(Name="of-group")
    assert status["LatestCloudWatchLogsDeliveryTime"] and "LatestCloudWatchLogsDeliveryError" not in status
    iam.delete_role_policy(RoleName="of-trail", PolicyName="write")
    wait_until(lambda: trail.get_trail_status(Name="of-group").get("LatestCloudWatchLogsDeliveryError"), 15, "an error")
    trail.delete_trail(Name="of-group")


def test_the_bus_hears_of_what_was_changed_while_a_trail_logs(trailing, trail, account):
    events, logs, sagemaker = (trailing.client(name) for name in ("events", "logs", "sagemaker"))
    wanted = {"source": ["aws.sagemaker"], "detail": {"eventName": [{"suffix": "Experiment"}, {"prefix": "List"}]}}
    events.put_rule(Name="changes", EventPattern=json.dumps(wanted))
    logs.create_log_group(logGroupName="/aws/events/changes")
    group = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/events/changes"
    events.put_targets(Rule="changes", Targets=[{"Id": "log", "Arn": group}])

    def told():
        lines = logs.filter_log_events(logGroupName="/aws/events/changes")["events"]
        return [json.loads(line["message"]) for line in lines]

    def names():
        return [event["detail"]["requestParameters"]["experimentName"] for event in told()]

    trail.create_trail(Name="of-bus", S3BucketName=BUCKET)
    sagemaker.create_experiment(ExperimentName="bus-before")
    trail.start_logging(Name="of-bus")
    sagemaker.create_experiment(ExperimentName="bus-during")
    sagemaker.list_experiments()
    wait_until(told, 15, "an event")
    [event] = told()
    detail = event.pop("detail")
    assert {key: detail[key] for key in ("eventSource", "eventName", "readOnly", "requestParameters")} == {
        "eventSource": "sagemaker.amazonaws.com",
        "eventName": "CreateExperiment",
        "readOnly": False,
        "requestParameters": {"experimentName": "bus-during"},
    }
    assert event == {
        "version": "0",
        "id": detail["eventID"],
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.sagemaker",
        "account": account,
        "time": detail["eventTime"],
        "region": "us-east-1",
        "resources": [],
    }
    sagemaker.delete_experiment(ExperimentName="bus-before")
    trailing.kill()
    trailing.start()
    events, logs, sagemaker, trail = (trailing.client(name) for name in ("events", "logs", "sagemaker", "cloudtrail"))
    sagemaker.create_experiment(ExperimentName="bus-after")
    wait_until(lambda: "bus-after" in names(), 15, "the event after the start")
    assert names() == ["bus-during", "bus-before", "bus-after"]
    sagemaker.create_experiment(ExperimentName="bus-last")
    trail.stop_logging(Name="of-bus")
    sagemaker.create_experiment(ExperimentName="bus-too-late")
    wait_until(lambda: len(told()) > 3, 15, "the last event")
    assert names() == ["bus-during", "bus-before", "bus-after", "bus-last"]
    trail.delete_trail(Name="of-bus")
