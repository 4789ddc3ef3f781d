"""Messages on their way: consent, signatures, filters, retries, mail, and what a server sends to nobody."""

import datetime
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from policies import refusal
from receivers import http_receiver, mail_receiver
from server_process import NODE, wait_until

VERIFY = """
const { createVerify, X509Certificate } = await import("node:crypto");
const { certificate, authority, text, signature, algorithm } = JSON.parse(await new Response(process.stdin).text());
const leaf = new X509Certificate(certificate);
const good = createVerify(algorithm).update(text).verify(leaf.publicKey, signature, "base64");
console.log(JSON.stringify([good, leaf.verify(new X509Certificate(authority).publicKey), leaf.subjectAltName]));
"""
FIELDS = {
    "Notification": ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
    "SubscriptionConfirmation": ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
}


def certificate(server, document):
    """The certificate behind SigningCertURL, fetched by the name that it has there."""
    context = ssl.create_default_context(cafile=server.folder / "tls" / "ca.pem")
    proxy = urllib.request.ProxyHandler({"https": server.url})
    opener = urllib.request.build_opener(proxy, urllib.request.HTTPSHandler(context=context))
    with opener.open(document["SigningCertURL"]) as answer:
        return answer.read().decode()


def verified(server, document):
    """Whether the signature is the certificate's, whether that is the server's, and the names in it."""
    names = [name for name in FIELDS[document["Type"]] if name in document]
    asked = {
        "certificate": certificate(server, document),
        "authority": (server.folder / "tls" / "ca.pem").read_text(),
        "text": "".join(f"{name}\n{document[name]}\n" for name in names),
        "signature": document["Signature"],
        "algorithm": {"1": "RSA-SHA1", "2": "RSA-SHA256"}[document["SignatureVersion"]],
    }
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", VERIFY], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("version", ["1", "2"])
def test_messages_are_signed_as_documented(server, sns, topic, receiver, version):
    arn = topic(Attributes={"SignatureVersion": version})
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=receiver.url)
    [asked] = receiver.wait(1)
    assert sns.confirm_subscription(TopicArn=arn, Token=asked.document["Token"])["SubscriptionArn"].startswith(arn)
    sns.publish(TopicArn=arn, Message="of ünicode", Subject="a subject")
    documents = [one.document for one in receiver.wait(2)]
    expected = [True, True, "DNS:sns.us-east-1.amazonaws.com, DNS:sns.amazonaws.com"]
    assert [verified(server, document) for document in documents] == [expected] * 2
    changed = {**documents[1], "Message": "of somebody else"}
    assert verified(server, changed)[0] is False


def test_an_endpoint_gets_what_aws_sends(sns, topic, receiver, subscribed):
    arn = topic()
    subscription = subscribed(arn, "/a")
    attributes = {
        "color": {"DataType": "String", "StringValue": "red"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    made = sns.publish(TopicArn=arn, Message="hello", Subject="s", MessageAttributes=attributes)
    [got] = receiver.wait(1, "/a")
    names = ["message-type", "message-id", "topic-arn", "subscription-arn"]
    assert [got.headers[f"x-amz-sns-{name}"] for name in names] == [
        "Notification",
        made["MessageId"],
        arn,
        subscription,
    ]
    assert got.headers["content-type"] == "text/plain; charset=UTF-8"
    assert got.headers["user-agent"] == "Amazon Simple Notification Service Agent"
    document = got.document
    assert document["MessageAttributes"] == {
        "color": {"Type": "String", "Value": "red"},
        "bytes": {"Type": "Binary", "Value": "AAE="},
    }
    kept = ["Type", "MessageId", "TopicArn", "Subject", "Message"]
    assert [document[name] for name in kept] == ["Notification", made["MessageId"], arn, "s", "hello"]


def test_raw_messages_and_texts_by_protocol(sns, topic, receiver, subscribed):
    arn = topic()
    subscribed(arn, "/raw", RawMessageDelivery="true")
    texts = {"default": "for all", "http": "for http"}
    sns.publish(TopicArn=arn, Message=json.dumps(texts), MessageStructure="json")
    [got] = receiver.wait(1, "/raw")
    assert (got.body, got.headers["x-amz-sns-rawdelivery"]) == (b"for http", "true")


def test_a_batch_is_delivered_message_by_message(sns, topic, receiver, subscribed):
    arn = topic()
    subscribed(arn, "/batch", RawMessageDelivery="true")
    entries = [{"Id": str(number), "Message": f"m{number}"} for number in range(10)]
    made = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
    assert [one["Id"] for one in made["Successful"]] == [one["Id"] for one in entries]
    assert sorted(one.body for one in receiver.wait(10, "/batch")) == [f"m{number}".encode() for number in range(10)]


# Policy, and of the messages which one is wanted: attributes, or the body when the scope is the body.
FILTERS = {
    "equal": ({"a": ["x"]}, [{"a": "x"}], [{"a": "y"}, {}]),
    "one of a list": ({"a": ["x"]}, [{"a": ["y", "x"]}], [{"a": ["y"]}]),
    "prefix": ({"a": [{"prefix": "x"}]}, [{"a": "xy"}], [{"a": "yx"}]),
    "suffix": ({"a": [{"suffix": "y"}]}, [{"a": "xy"}], [{"a": "yx"}]),
    "anything but": ({"a": [{"anything-but": ["x", 1]}]}, [{"a": "y"}], [{"a": "x"}, {"a": 1}, {}]),
    "anything but a prefix": ({"a": [{"anything-but": {"prefix": "x"}}]}, [{"a": "y"}], [{"a": "xy"}]),
    "number": ({"a": [{"numeric": ["=", 1.5]}]}, [{"a": 1.5}], [{"a": "1.5"}, {"a": 2}]),
    "range": ({"a": [{"numeric": [">", 1, "<=", 5]}]}, [{"a": 5}], [{"a": 1}, {"a": 6}]),
    "exists": ({"a": [{"exists": True}]}, [{"a": "x"}], [{"b": "x"}]),
    "does not exist": ({"a": [{"exists": False}]}, [{"b": "x"}], [{"a": "x"}]),
    "equal whatever the case": ({"a": [{"equals-ignore-case": "x"}]}, [{"a": "X"}], [{"a": "y"}]),
    "address": ({"a": [{"cidr": "10.0.0.0/24"}]}, [{"a": "10.0.0.9"}], [{"a": "10.0.1.9"}, {"a": "x"}]),
    "either": ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, [{"a": "x"}, {"b": "y"}], [{"a": "y", "b": "x"}]),
    "all": ({"a": ["x"], "b": ["y"]}, [{"a": "x", "b": "y"}], [{"a": "x"}]),
    "nested": ({"a": {"b": ["x"]}}, [{"a": {"b": "x"}}, {"a": [{"b": "y"}, {"b": "x"}]}], [{"a": {"c": "x"}}]),
}


def attribute(value):
    if isinstance(value, list):
        return {"DataType": "String.Array", "StringValue": json.dumps(value)}
    kind = "String" if isinstance(value, str) else "Number"
    return {"DataType": kind, "StringValue": str(value)}


@pytest.mark.parametrize("scope", ["MessageAttributes", "MessageBody"])
def test_filters_let_through_what_is_wanted(sns, topic, receiver, subscribed, scope):
    """All filters at once: what each gets is what it wants of the messages of all of them."""
    arn = topic()
    cases = {
        f"/{number}-": case
        for number, (name, case) in enumerate(FILTERS.items())
        if scope == "MessageBody" or name != "nested"
    }
    for path, (policy, _, _) in cases.items():
        settings = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": scope, "RawMessageDelivery": "true"}
        subscription = subscribed(arn, path, **settings)
        for unwanted in cases[path][2]:
            publish(sns, arn, scope, "not wanted", unwanted)
        for wanted in cases[path][1]:
            publish(sns, arn, scope, path, wanted)
        found = receiver.wait(len(cases[path][1]), path)
        assert all(path.encode() in one.body for one in found), path
        sns.unsubscribe(SubscriptionArn=subscription)


def publish(sns, arn, scope, about, values):
    if scope == "MessageBody":
        sns.publish(TopicArn=arn, Message=json.dumps({**values, "about": about}))
    else:
        attributes = {name: attribute(value) for name, value in values.items()}
        sns.publish(TopicArn=arn, Message=about, MessageAttributes=attributes)


def test_a_filter_that_is_none_is_refused_in_the_words_of_aws(sns, topic, receiver, subscribed):
    subscription = subscribed(topic(), "/f")
    refused = {
        '{"key":{"suffix":"value"}}': 'FilterPolicy: "suffix" must be an object or an array\n at [Source: '
        '(String)"{"key":{"suffix":"value"}}"; line: 1, column: 19]',
        '{"key":[{"numeric":[">",3,"<",1]}]}': "FilterPolicy: Bottom must be less than top\n at [Source: "
        '(String)"{"key":[{"numeric":[">",3,"<",1]}]}"; line: 1, column: 33]',
        "{invalid": "FilterPolicy: failed to parse JSON. Unexpected character ('i' (code 105)): was expecting "
        "double-quote to start field name\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
        "disabled); line: 1, column: 2]",
        json.dumps({letter: ["x"] for letter in "abcdef"}): "FilterPolicy: Filter policy can not have more than 5 keys",
        json.dumps({"a": list(range(151))}): "FilterPolicy: Filter policy is too complex",
        '{"a":{"b":["x"]}}': "Filter policy scope MessageAttributes does not support nested filter policy",
    }
    settings = {"SubscriptionArn": subscription, "AttributeName": "FilterPolicy"}
    found = {
        text: refusal(lambda text=text: sns.set_subscription_attributes(**settings, AttributeValue=text))[1]
        for text in refused
    }
    assert found == {text: f"Invalid parameter: {message}" for text, message in refused.items()}


def test_a_message_is_sent_again_by_the_policy(sns, topic, receiver, subscribed):
    arn = topic()
    retries = {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 3, "numNoDelayRetries": 2}
    subscription = subscribed(arn, "/again", DeliveryPolicy=json.dumps({"healthyRetryPolicy": retries}))
    shown = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert json.loads(shown["EffectiveDeliveryPolicy"])["healthyRetryPolicy"]["numRetries"] == 3
    receiver.statuses[:] = [500, 429, 503]
    made = sns.publish(TopicArn=arn, Message="at last")
    got = receiver.wait(4, "/again")
    assert [one.document["MessageId"] for one in got] == [made["MessageId"]] * 4


def test_what_an_endpoint_refuses_is_not_sent_again(sns, topic, receiver, subscribed, client, fresh):
    arn = topic()
    subscribed(arn, "/no", RawMessageDelivery="true")
    receiver.statuses[:] = [404, 302]
    for text in ["refused", "moved", "taken"]:
        sns.publish(TopicArn=arn, Message=text)
        receiver.wait(1, "/no")
        wait_until(lambda text=text: [one for one in receiver.received if one.body == text.encode()], 15, text)
    assert [one.path for one in receiver.received] == ["/no"] * 3
    cloudwatch = client("cloudwatch")
    wanted = {"NumberOfNotificationsDelivered": 1.0, "NumberOfNotificationsFailed": 2.0}
    dimensions = [{"Name": "TopicName", "Value": arn.split(":")[-1]}]

    def counted():
        query = {"Namespace": "AWS/SNS", "Dimensions": dimensions, "Period": 3600, "Statistics": ["Sum"]}
        found = {}
        for name in wanted:
            points = cloudwatch.get_metric_statistics(MetricName=name, **query, **times_around())["Datapoints"]
            found[name] = sum(point["Sum"] for point in points)
        return found == wanted

    wait_until(counted, 15, "the figures of the topic")


def times_around():
    now = datetime.datetime.now(datetime.UTC)
    return {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(hours=1)}


def test_a_link_ends_a_subscription_and_another_takes_that_back(sns, topic, receiver, subscribed):
    arn = topic()
    subscription = subscribed(arn, "/link")
    sns.publish(TopicArn=arn, Message="m")
    [got] = receiver.wait(1, "/link")
    link = got.document["UnsubscribeURL"]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(link.replace("Token=", "Token=00"))
    browser = urllib.request.Request(link, headers={"Accept": "text/html"})
    with urllib.request.urlopen(browser) as page:
        assert b"<button>" in page.read()
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] != []
    urllib.request.urlopen(link).close()
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []
    end = receiver.wait(2, "/link")[1].document
    assert end["Type"] == "UnsubscribeConfirmation"
    urllib.request.urlopen(end["SubscribeURL"]).close()
    [back] = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert back["SubscriptionArn"] == subscription


def test_a_locked_subscription_is_ended_by_signed_calls_only(sns, topic, receiver):
    arn = topic()
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=f"{receiver.url}/locked")
    [asked] = receiver.wait(1, "/locked")
    made = sns.confirm_subscription(TopicArn=arn, Token=asked.document["Token"], AuthenticateOnUnsubscribe="true")
    sns.publish(TopicArn=arn, Message="m")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(receiver.wait(2, "/locked")[1].document["UnsubscribeURL"])
    assert caught.value.code == 403
    sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []


def test_mail_is_sent_through_the_configured_server(own_server):
    with mail_receiver() as (address, mails):
        server = own_server(arguments=["--smtp", address, "--mail-from", "sns@house.example"])
        sns = server.client("sns")
        arn = sns.create_topic(Name="news", Attributes={"DisplayName": "The news"})["TopicArn"]
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="ann@house.example")
        [asked] = wait_until(lambda: list(mails), 15, "the question")
        assert (asked["to"], asked["from"]) == ("ann@house.example", "The news <sns@house.example>")
        link = next(line for line in asked.get_content().splitlines() if line.startswith("http"))
        request = urllib.request.Request(link, headers={"Accept": "text/html"})
        with urllib.request.urlopen(request) as page:
            assert b"Subscription confirmed" in page.read()
        sns.publish(TopicArn=arn, Message="It is so.", Subject="News of today")
        mail = wait_until(lambda: mails[1:], 15, "the message")[0]
        assert mail["subject"] == "News of today"
        assert mail.get_content().startswith("It is so.") and "Action=Unsubscribe" in mail.get_content()


def test_a_message_acknowledged_outlives_the_server(own_server):
    with http_receiver() as receiver:
        server = own_server()
        sns = server.client("sns")
        arn = sns.create_topic(Name="kept")["TopicArn"]
        soon = json.dumps({"healthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 30}})
        attributes = {"DeliveryPolicy": soon}
        sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=receiver.url, Attributes=attributes)
        [asked] = receiver.wait(1)
        sns.confirm_subscription(TopicArn=arn, Token=asked.document["Token"])
        receiver.statuses[:] = [503] * 20
        made = [sns.publish(TopicArn=arn, Message=str(number))["MessageId"] for number in range(20)]
        server.kill()
        receiver.statuses.clear()
        before = len(receiver.received)
        server.start()
        wait_until(
            lambda: {one.document["MessageId"] for one in receiver.received[before:]} == set(made), 40, "all messages"
        )


def test_a_message_to_more_than_one_commit_takes_outlives_the_server(own_server):
    with http_receiver() as receiver:
        server = own_server()
        sns = server.client("sns")
        arn = sns.create_topic(Name="large")["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        paths = [f"/{number}-" for number in range(40)]
        for path in paths:
            sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=receiver.url + path, Attributes=raw)
        for asked in receiver.wait(len(paths)):
            sns.confirm_subscription(TopicArn=arn, Token=asked.document["Token"])
        receiver.received.clear()
        text = "x" * 250_000
        sns.publish(TopicArn=arn, Message=text)
        server.kill()
        server.start()
        wait_until(lambda: {one.path for one in receiver.received} == set(paths), 30, "the message everywhere")
        assert {one.body for one in receiver.received} == {text.encode()}


def test_an_endpoint_gets_no_more_a_second_than_its_policy_says(sns, topic, receiver, subscribed):
    arn = topic()
    twice = {"throttlePolicy": {"maxReceivesPerSecond": 2}}
    subscribed(arn, "/twice", RawMessageDelivery="true", DeliveryPolicy=json.dumps(twice))
    entries = [{"Id": str(number), "Message": f"m{number}"} for number in range(6)]
    begun = time.monotonic()
    sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
    got = receiver.wait(6, "/twice")
    assert time.monotonic() - begun > 2.4
    assert sorted(one.body for one in got) == [f"m{number}".encode() for number in range(6)]


def test_nothing_is_sent_to_addresses_of_clouds_or_where_the_setting_says_no(own_server):
    server = own_server(arguments=["--deliver-to", "public"])
    with http_receiver() as receiver:
        sns = server.client("sns")
        arn = sns.create_topic(Name="ssrf")["TopicArn"]
        for endpoint in [receiver.url, receiver.url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/x"]:
            sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=endpoint)
        # They were given up, not put off: nothing waits any more when a later one has been given up too.
        assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsPending"] == "3"
        assert receiver.received == []
