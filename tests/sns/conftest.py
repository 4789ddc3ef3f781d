"""Topics that go away after the test, and subscriptions of the receiver to them."""

import urllib.request

import pytest


@pytest.fixture
def sns(client):
    return client("sns")


@pytest.fixture
def topic(sns, fresh):
    """topic(Attributes=…) makes a topic: its ARN."""
    made = []

    def make(**parameters):
        made.append(sns.create_topic(Name=fresh("topic"), **parameters)["TopicArn"])
        return made[-1]

    yield make
    for arn in made:
        sns.delete_topic(TopicArn=arn)


@pytest.fixture
def subscribed(sns, receiver):
    """subscribed(topic, "/a", …) subscribes the receiver's path and consents: the subscription's ARN."""

    def subscribe(topic, path, **attributes):
        made = sns.subscribe(
            TopicArn=topic,
            Protocol="http",
            Endpoint=receiver.url + path,
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )
        [asked] = receiver.wait(1, path)
        with urllib.request.urlopen(asked.document["SubscribeURL"]) as answer:
            assert made["SubscriptionArn"].encode() in answer.read()
        receiver.received.remove(asked)
        return made["SubscriptionArn"]

    return subscribe
