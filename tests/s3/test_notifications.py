"""What happens to objects is told: topics by filters, EventBridge of everything; nothing is lost by a kill."""

import itertools
import json
import urllib.request

import pytest
from botocore.exceptions import ClientError
from receivers import http_receiver
from server_process import ServerProcess, wait_until

_hooks = itertools.count(1)
GROUP = "/aws/events/of-s3"


@pytest.fixture(scope="module")
def receiver():
    with http_receiver() as receiver:
        yield receiver


def publishing(topic, principal="s3.amazonaws.com"):
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sns:Publish", "Resource": topic}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def subscribe(server, receiver, name):
    """A topic that S3 may publish to and that the receiver listens to: its ARN and the receiver's path."""
    sns = server.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=publishing(topic))
    path = f"/hook-{next(_hooks)}/"
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url + path)
    [asked] = receiver.wait(1, path)
    urllib.request.urlopen(asked.document["SubscribeURL"]).close()
    receiver.received.remove(asked)
    return topic, path


def messages(receiver, path, count):
    """What the topic told, oldest event first."""
    told = [json.loads(one.document["Message"]) for one in receiver.wait(count, path)]
    assert len(told) == count
    return sorted(told, key=lambda one: one.get("Time") or one["Records"][0]["eventTime"])


def configuration(topic, *events, **filters):
    rules = [{"Name": name, "Value": value} for name, value in filters.items()]
    shown = {"TopicArn": topic, "Events": [f"s3:{event}" for event in events]}
    return {**shown, "Filter": {"Key": {"FilterRules": rules}}} if rules else shown


def test_topics_are_told_of_events_that_pass_their_filter(server, receiver, bucket, fresh):
    s3 = server.client("s3")
    topic, path = subscribe(server, receiver, fresh("topic"))
    wanted = ["ObjectCreated:*", "ObjectRemoved:Delete", "ObjectTagging:*", "ObjectAcl:Put"]
    given = configuration(topic, *wanted, prefix="in/", suffix=".jpg")
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [{"Id": "ours", **given}]}
    )
    [shown] = s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"]
    named = [{**rule, "Name": rule["Name"].capitalize()} for rule in given["Filter"]["Key"]["FilterRules"]]
    assert shown == {"Id": "ours", **given, "Filter": {"Key": {"FilterRules": named}}}
    key = "in/red flower@.jpg"
    s3.put_object(Bucket=bucket, Key=key, Body=b"1234")
    s3.put_object(Bucket=bucket, Key="in/other.png", Body=b"1234")
    s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_object_tagging(Bucket=bucket, Key=key)
    s3.put_object_acl(Bucket=bucket, Key=key, ACL="private")  # as it was: nothing to tell
    s3.put_object_acl(Bucket=bucket, Key=key, ACL="public-read")
    s3.copy_object(Bucket=bucket, Key="in/copy.jpg", CopySource=f"{bucket}/{key}")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="in/parts.jpg")["UploadId"]
    tag = s3.upload_part(Bucket=bucket, Key="in/parts.jpg", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="in/parts.jpg", UploadId=upload, MultipartUpload=parts)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "in/none.jpg"}]})

    test, *told = messages(receiver, path, 8)
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket)
    records = [one["Records"][0] for one in told]
    etag = "81dc9bdb52d04dc20036dbd8313ed055"
    shown_key = "in/red+flower%40.jpg"
    assert [
        (
            one["eventName"],
            one["eventVersion"],
            {**one["s3"]["object"], "sequencer": "sequencer" in one["s3"]["object"]},
        )
        for one in records
    ] == [
        ("ObjectCreated:Put", "2.1", {"key": shown_key, "size": 4, "eTag": etag, "sequencer": True}),
        ("ObjectTagging:Put", "2.3", {"key": shown_key, "eTag": etag, "sequencer": False}),
        ("ObjectTagging:Delete", "2.3", {"key": shown_key, "eTag": etag, "sequencer": False}),
        ("ObjectAcl:Put", "2.3", {"key": shown_key, "eTag": etag, "sequencer": False}),
        ("ObjectCreated:Copy", "2.1", {"key": "in/copy.jpg", "size": 4, "eTag": etag, "sequencer": True}),
        (
            "ObjectCreated:CompleteMultipartUpload",
            "2.1",
            {"key": "in/parts.jpg", "size": 1, "eTag": records[5]["s3"]["object"]["eTag"], "sequencer": True},
        ),
        ("ObjectRemoved:Delete", "2.1", {"key": shown_key, "sequencer": True}),
    ]
    first, last = records[0], records[-1]
    assert first["s3"]["object"]["sequencer"] < last["s3"]["object"]["sequencer"]
    assert first["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{bucket}"
    assert (first["awsRegion"], first["s3"]["configurationId"]) == ("us-east-1", "ours")
    assert first["userIdentity"]["principalId"].startswith("AWS:AROA")
    server.client("sns").delete_topic(TopicArn=topic)


def to_log_group(server):
    """What S3 tells EventBridge goes to a log group: a function that gives what came, and one that ends it."""
    logs, events = server.client("logs"), server.client("events")
    logs.create_log_group(logGroupName=GROUP)
    events.put_rule(Name="of-s3", EventPattern=json.dumps({"source": ["aws.s3"]}))
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
    events.put_targets(Rule="of-s3", Targets=[{"Id": "1", "Arn": arn}])

    def came(count, bucket):
        def look():
            lines = logs.filter_log_events(logGroupName=GROUP)["events"]
            told = [json.loads(line["message"]) for line in lines]
            ours = [one for one in told if one["detail"]["bucket"]["name"] == bucket]
            return ours if len(ours) >= count else None

        return wait_until(look, 15, f"{count} events of {bucket}")

    def end():
        events.remove_targets(Rule="of-s3", Ids=["1"])
        events.delete_rule(Name="of-s3")
        logs.delete_log_group(logGroupName=GROUP)

    return came, end


def test_eventbridge_is_told_of_everything(server, bucket):
    s3 = server.client("s3")
    came, end = to_log_group(server)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="a b", Body=b"data")["VersionId"]
    s3.put_object_tagging(Bucket=bucket, Key="a b", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_object_acl(Bucket=bucket, Key="a b", ACL="public-read")
    marker = s3.delete_object(Bucket=bucket, Key="a b")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="a b", VersionId=version)
    told = {
        (one["detail-type"], one["detail"].get("deletion-type")): (
            {key: value for key, value in one["detail"]["object"].items() if key != "sequencer"},
            one["detail"].get("reason"),
        )
        for one in came(5, bucket)
    }
    end()
    made = {"key": "a b", "etag": "8d777f385d3dfec8815d20f7496026dc", "version-id": version}
    assert told == {
        ("Object Created", None): ({**made, "size": 4}, "PutObject"),
        ("Object Tags Added", None): (made, None),
        ("Object ACL Updated", None): (made, None),
        ("Object Deleted", "Delete Marker Created"): (
            {"key": "a b", "etag": "d41d8cd98f00b204e9800998ecf8427e", "version-id": marker},
            "DeleteObject",
        ),
        ("Object Deleted", "Permanently Deleted"): ({"key": "a b", "version-id": version}, "DeleteObject"),
    }


NOBODY = "arn:aws:sns:us-east-1:123456789012:nobody"
OVERLAP = "Configuration is ambiguously defined"
#: Topics, other members, and code and beginning of the text of the refusal; `{topic}`: one that S3 may not use.
REFUSED = {
    "a topic that is not there": (
        [configuration(NOBODY, "ObjectCreated:*")],
        {},
        "InvalidArgument",
        "Unable to validate",
    ),
    "a topic that S3 may not use": (
        [configuration("{topic}", "ObjectCreated:*")],
        {},
        "InvalidArgument",
        "Unable to validate the following destination configurations",
    ),
    "an ARN that is none": (
        [configuration("invalid-topic", "ObjectCreated:*")],
        {},
        "InvalidArgument",
        "The ARN could",
    ),
    "a topic elsewhere": (
        [configuration(NOBODY.replace("us-east-1", "eu-west-1"), "ObjectCreated:*")],
        {},
        "InvalidArgument",
        "The notification destination service region is not valid",
    ),
    "an event nobody knows": (
        [configuration(NOBODY, "ObjectEaten:*")],
        {},
        "InvalidArgument",
        "The event is not supported",
    ),
    "the same events twice": (
        [configuration(NOBODY, "ObjectCreated:*"), configuration(NOBODY, "ObjectCreated:Put")],
        {},
        "InvalidArgument",
        "Configurations overlap",
    ),
    "suffixes that overlap": (
        [
            configuration(NOBODY, "ObjectCreated:*", suffix="jpg"),
            configuration(NOBODY, "ObjectCreated:Put", suffix="pg"),
        ],
        {},
        "InvalidArgument",
        OVERLAP,
    ),
    "a filter by something else": (
        [configuration(NOBODY, "ObjectCreated:*", infix="a")],
        {},
        "InvalidArgument",
        "filter rule name must be either prefix or suffix",
    ),
    "a queue": (
        [],
        {
            "QueueConfigurations": [
                {"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}
            ]
        },
        "NotYetAvailable",
        "Events of a bucket to a queue of SQS are not yet available in Sagebrush",
    ),
    "a queue that is none": (
        [],
        {"QueueConfigurations": [{"QueueArn": "invalid-queue", "Events": ["s3:ObjectCreated:*"]}]},
        "InvalidArgument",
        "The ARN could not be parsed",
    ),
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_configurations_that_nobody_could_be_told_by_are_refused(server, bucket, fresh, row):
    topics, more, code, text = row
    s3 = server.client("s3")
    topic = server.client("sns").create_topic(Name=fresh("closed"))["TopicArn"]
    given = json.loads(json.dumps({"TopicConfigurations": topics, **more}).replace("{topic}", topic))
    with pytest.raises(ClientError) as failure:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=given)
    error = failure.value.response["Error"]
    assert (error["Code"], error["Message"][: len(text)]) == (code, text)
    server.client("sns").delete_topic(TopicArn=topic)


def test_rules_whose_filters_keep_apart_are_taken(server, bucket):
    s3 = server.client("s3")
    rules = [
        configuration(NOBODY, "ObjectCreated:*", Prefix="images", suffix=".jpg"),
        configuration(NOBODY, "ObjectCreated:*", prefix="images", suffix=".png"),
        configuration(NOBODY, "ObjectRemoved:*", prefix="images"),
    ]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"TopicConfigurations": rules}, SkipDestinationValidation=True
    )
    assert len(s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"]) == 3
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "TopicConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_what_was_acknowledged_is_told_after_a_kill(own_server, receiver):
    server: ServerProcess = own_server()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="told")
    topic, path = subscribe(server, receiver, "told")
    s3.put_bucket_notification_configuration(
        Bucket="told",
        NotificationConfiguration={
            "TopicConfigurations": [configuration(topic, "ObjectCreated:*")],
            "EventBridgeConfiguration": {},
        },
    )
    receiver.wait(1, path)
    came, _ = to_log_group(server)
    keys = [f"key-{number}" for number in range(20)]
    for key in keys:
        s3.put_object(Bucket="told", Key=key, Body=b"1")
    server.kill()
    server.start()

    def told_topic():
        told = [json.loads(one.document["Message"]) for one in receiver.wait(1, path)]
        return {one["Records"][0]["s3"]["object"]["key"] for one in told if "Records" in one} == set(keys)

    wait_until(told_topic, 20, "every key at the topic's subscriber")

    def told_bus():
        return {one["detail"]["object"]["key"] for one in came(1, "told")} == set(keys)

    wait_until(told_bus, 20, "every key in the log group")
