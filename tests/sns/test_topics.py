"""Topics, their attributes, policies and tags, and what SNS refuses.

Answers as AWS gave them in LocalStack's tests/aws/services/sns/*.snapshot.json.
"""

import json

import pytest
from policies import allow, policy, refusal

ACCOUNT = "123456789012"
INVALID = "InvalidParameter"


def invalid(text):
    return INVALID, f"Invalid parameter: {text}"


RETRIES = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}


def test_a_new_topic_has_the_attributes_of_aws(sns, topic):
    arn = topic()
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    effective = {
        "http": {
            "defaultHealthyRetryPolicy": RETRIES,
            "disableSubscriptionOverrides": False,
            "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
        }
    }
    actions = "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe"
    actions += " ListSubscriptionsByTopic Publish"
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions.split()],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
    }
    assert json.loads(attributes.pop("Policy")) == {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [statement],
    }
    assert json.loads(attributes.pop("EffectiveDeliveryPolicy")) == effective
    assert attributes == {
        "DisplayName": "",
        "Owner": ACCOUNT,
        "SubscriptionsConfirmed": "0",
        "SubscriptionsDeleted": "0",
        "SubscriptionsPending": "0",
        "TopicArn": arn,
    }


def test_a_topic_is_made_once_and_found_again(sns, topic, fresh):
    arn = topic(Attributes={"DisplayName": "one"}, Tags=[{"Key": "k", "Value": "v"}])
    name = arn.split(":")[-1]
    same = [{}, {"Attributes": {"DisplayName": "one"}}, {"Tags": [{"Key": "k", "Value": "v"}]}, {"Tags": []}]
    assert [sns.create_topic(Name=name, **more)["TopicArn"] for more in same] == [arn] * len(same)
    differs = "Topic already exists with different"
    for more, text in [
        ({"Attributes": {"DisplayName": "two"}}, f"Attributes Reason: {differs} attributes"),
        ({"Attributes": {"SignatureVersion": "2"}}, f"Attributes Reason: {differs} attributes"),
        ({"Tags": [{"Key": "k", "Value": "w"}]}, f"Tags Reason: {differs} tags"),
    ]:
        assert refusal(lambda more=more: sns.create_topic(Name=name, **more)) == invalid(text)


def test_a_topic_has_tags(sns, topic):
    arn = topic(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=arn, TagKeys=["a"])
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "3"}])
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "3"}]
    twice = [{"Key": "c", "Value": value} for value in "12"]
    found = refusal(lambda: sns.tag_resource(ResourceArn=arn, Tags=twice))
    assert found == invalid("Duplicated keys are not allowed.")


def test_a_permission_is_a_statement_of_the_policy(sns, topic):
    arn = topic()
    sns.add_permission(TopicArn=arn, Label="more", AWSAccountId=["111122223333"], ActionName=["Publish"])
    statements = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"]
    assert statements[1] == {
        "Sid": "more",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "SNS:Publish",
        "Resource": arn,
    }
    again = {"TopicArn": arn, "Label": "more", "AWSAccountId": ["111122223333"]}
    assert refusal(lambda: sns.add_permission(**again, ActionName=["Publish"])) == invalid("Statement already exists")
    outside = invalid("Policy statement action out of service scope!")
    assert refusal(lambda: sns.add_permission(**again, ActionName=["Fly"])) == outside
    sns.remove_permission(TopicArn=arn, Label="more")
    assert len(json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"]) == 1


def test_a_topics_policy_takes_part_in_the_decision(sns, topic, user):
    open_to_all, closed = topic(), topic()
    arn, clients = user(allow("sns:ListTopics"))
    theirs = clients("sns")
    assert theirs.publish(TopicArn=open_to_all, Message="the account's own")["MessageId"]
    denies = policy({**allow("sns:Publish", closed), "Effect": "Deny", "Principal": {"AWS": arn}})
    sns.set_topic_attributes(TopicArn=closed, AttributeName="Policy", AttributeValue=denies)
    code, text = refusal(lambda: theirs.publish(TopicArn=closed, Message="no"))
    assert (code, f"{arn} is not authorized to perform: sns:Publish" in text) == ("AuthorizationError", True)


REFUSED = {
    "a name that is too long": (lambda c, t: c.create_topic(Name="a" * 257), invalid("Topic Name")),
    "a name with a strange character": (lambda c, t: c.create_topic(Name="a/b"), invalid("Topic Name")),
    "a name of a FIFO topic": (lambda c, t: c.create_topic(Name="a.fifo"), invalid("Topic Name")),
    "a topic by half an ARN": (
        lambda c, t: c.get_topic_attributes(TopicArn="topic"),
        invalid("TopicArn Reason: An ARN must have at least 6 elements, not 1"),
    ),
    "a topic that is not there": (
        lambda c, t: c.get_topic_attributes(TopicArn=t + "x"),
        ("NotFound", "Topic does not exist"),
    ),
    "a topic of another region": (
        lambda c, t: c.publish(TopicArn=t.replace("us-east-1", "eu-west-1"), Message="m"),
        invalid("TopicArn"),
    ),
    "an empty message": (lambda c, t: c.publish(TopicArn=t, Message=""), invalid("Empty message")),
    "an empty subject": (lambda c, t: c.publish(TopicArn=t, Message="m", Subject=""), invalid("Subject")),
    "a message that is too long": (
        lambda c, t: c.publish(TopicArn=t, Message="m" * (256 * 1024 + 1)),
        invalid("Message too long"),
    ),
    "a structure without a default": (
        lambda c, t: c.publish(TopicArn=t, Message='{"http": "m"}', MessageStructure="json"),
        invalid("Message Structure - No default entry in JSON message body"),
    ),
    "a structure that is no JSON": (
        lambda c, t: c.publish(TopicArn=t, Message="m", MessageStructure="json"),
        invalid("Message Structure - JSON message body failed to parse"),
    ),
    "an attribute without a value": (
        lambda c, t: c.publish(TopicArn=t, Message="m", MessageAttributes={"a": {"DataType": "String"}}),
        (
            "ParameterValueInvalid",
            "The message attribute 'a' must contain non-empty message attribute value for message attribute type "
            "'String'.",
        ),
    ),
    "an attribute of another type": (
        lambda c, t: c.publish(
            TopicArn=t, Message="m", MessageAttributes={"a": {"DataType": "Text", "StringValue": "b"}}
        ),
        (
            "ParameterValueInvalid",
            "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is "
            "Binary, Number, and String.",
        ),
    ),
    "an attribute's name with a strange character": (
        lambda c, t: c.publish(
            TopicArn=t, Message="m", MessageAttributes={"a^": {"DataType": "String", "StringValue": "b"}}
        ),
        (
            "ParameterValueInvalid",
            "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include "
            "alphanumeric characters, hyphens, underscores, or dots.",
        ),
    ),
    "a protocol that nobody has": (
        lambda c, t: c.subscribe(TopicArn=t, Protocol="pigeon", Endpoint="x"),
        invalid("Amazon SNS does not support this protocol string: pigeon"),
    ),
    "a queue by its address": (
        lambda c, t: c.subscribe(TopicArn=t, Protocol="sqs", Endpoint="http://queue"),
        invalid("SQS endpoint ARN"),
    ),
    "a queue": (
        lambda c, t: c.subscribe(TopicArn=t, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"),
        invalid("Protocol Reason: sqs is not yet available in Sagebrush; use http, https, email or email-json"),
    ),
    "an address of another scheme": (
        lambda c, t: c.subscribe(TopicArn=t, Protocol="https", Endpoint="http://a.example/"),
        invalid("Endpoint must match the specified protocol"),
    ),
    "mail without a mail server": (
        lambda c, t: c.subscribe(TopicArn=t, Protocol="email", Endpoint="ann@a.example"),
        invalid("Protocol Reason: this server has no mail server to send by; start it with --smtp and --mail-from"),
    ),
    "a subscription that is not there": (
        lambda c, t: c.get_subscription_attributes(SubscriptionArn=t + ":4a3c0a4e-0000-4000-8000-000000000000"),
        ("NotFound", "Subscription does not exist"),
    ),
    "a subscription without its id": (
        lambda c, t: c.unsubscribe(SubscriptionArn=t),
        invalid("SubscriptionId"),
    ),
    "a token that is none": (
        lambda c, t: c.confirm_subscription(TopicArn=t, Token="randomtoken"),
        (INVALID, "Invalid token"),
    ),
    "a token of nothing here": (
        lambda c, t: c.confirm_subscription(TopicArn=t, Token="51b2ff3edb475b7d" * 18),
        invalid("Token"),
    ),
    "a batch of eleven": (
        lambda c, t: c.publish_batch(
            TopicArn=t, PublishBatchRequestEntries=[{"Id": str(n), "Message": "m"} for n in range(11)]
        ),
        ("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."),
    ),
    "a batch with an id twice": (
        lambda c, t: c.publish_batch(TopicArn=t, PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}] * 2),
        ("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."),
    ),
    "a batch with a strange id": (
        lambda c, t: c.publish_batch(TopicArn=t, PublishBatchRequestEntries=[{"Id": "a.b", "Message": "m"}]),
        (
            "InvalidBatchEntryId",
            "The Id of a batch entry in the batch request contains an impermissible character: a.b",
        ),
    ),
    "a batch that is too long": (
        lambda c, t: c.publish_batch(
            TopicArn=t, PublishBatchRequestEntries=[{"Id": n, "Message": "m" * 140_000} for n in "ab"]
        ),
        ("BatchRequestTooLong", "The length of all the messages put together is more than the limit."),
    ),
}


@pytest.fixture(scope="module")
def shared_topic(server):
    sns = server.client("sns")
    arn = sns.create_topic(Name="refusals")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.mark.parametrize("case", REFUSED)
def test_refused_is(sns, shared_topic, case):
    call, expected = REFUSED[case]
    assert refusal(lambda: call(sns, shared_topic)) == expected


def test_lists_go_on_where_a_page_ended(server):
    sns = server.client("sns", region="eu-north-1")
    made = [sns.create_topic(Name=f"page-{number:03}")["TopicArn"] for number in range(103)]
    pages = [[one["TopicArn"] for one in page["Topics"]] for page in sns.get_paginator("list_topics").paginate()]
    assert [len(page) for page in pages] == [100, 3]
    assert [arn for page in pages for arn in page] == made
