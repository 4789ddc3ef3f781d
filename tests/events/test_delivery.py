"""Events on their way to targets: what these get, what is tried again, what is kept when nobody takes it."""

import base64
import json

from policies import allow, policy
from receivers import http_receiver
from server_process import wait_until

ACCOUNT = "123456789012"
DETAIL = {"command": "update", "payload": {"id": "0a", "n": 1}, "list": ["A", "B"], "yes": True}


def put(events, bus, detail=DETAIL, **more):
    entry = {"Source": "test", "DetailType": "type", "Detail": json.dumps(detail), "EventBusName": bus, **more}
    [taken] = events.put_events(Entries=[entry])["Entries"]
    return taken["EventId"]


def rule(events, bus, *targets, name="all", pattern=None):
    """A rule for every event of the test."""
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern or {"source": ["test"]}))
    numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    events.put_targets(Rule=name, EventBusName=bus, Targets=numbered)


def test_a_log_group_gets_the_whole_event(events, bus, written):
    name, group = bus(), written()
    rule(events, name, {"Arn": group.arn})
    put(events, name, Source="other")
    event_id = put(events, name, Time=1_750_000_000, Resources=["arn:x"])
    [line] = group.wait(1)
    assert json.loads(line) == {
        "version": "0",
        "id": event_id,
        "detail-type": "type",
        "source": "test",
        "account": ACCOUNT,
        "time": "2025-06-15T15:06:40Z",
        "region": "us-east-1",
        "resources": ["arn:x"],
        "detail": DETAIL,
    }


PATHS = {"id": "$.detail.payload.id", "payload": "$.detail.payload", "list": "$.detail.list", "yes": "$.detail.yes"}
PATHS |= {"second": "$.detail.list[1]", "none": "$.detail.none", "type": "$.detail-type"}
INPUTS = {
    "a constant": ({"Input": '{"a": 1}'}, '{"a": 1}'),
    "a part": ({"InputPath": "$.detail.payload"}, '{"id":"0a","n":1}'),
    "a part that is text": ({"InputPath": "$.detail.payload.id"}, '"0a"'),
    "text": ('"<type> <id> of <payload>, <list>, <yes>, <none>."', '"type 0a of {id:0a,n:1}, [A,B], true, ."'),
    "JSON": ('{"i": <id>, "p": <payload>, "x": "<id>/<id>"}', '{"i": "0a", "p": {"id":"0a","n":1}, "x": "0a/0a"}'),
    "JSON without a value": ('{"n": <none>, "s": [<second>, "h"]}', '{"n": "", "s": ["B", "h"]}'),
    "the rule": ('"<aws.events.rule-name>"', '"all"'),
}


def test_targets_get_what_their_input_says(events, bus, written):
    """A rule and a group for each; each gets one line."""
    name = bus()
    groups = {}
    for number, (case, (target_input, _)) in enumerate(INPUTS.items()):
        group = groups[case] = written()
        transformer = {"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": target_input}}
        more = target_input if isinstance(target_input, dict) else transformer
        rule(events, name, {"Arn": group.arn, **more}, name="all" if case == "the rule" else f"rule-{number}")
    put(events, name)
    found = {case: group.wait(1)[0] for case, group in groups.items()}
    assert found == {case: expected for case, (_, expected) in INPUTS.items()}


def destination(events, fresh, receiver, kind, parameters, method="POST", path="/hook"):
    """ARN of an API destination under a new connection."""
    name = fresh("connection")
    made = events.create_connection(Name=name, AuthorizationType=kind, AuthParameters=parameters)
    wait_until(lambda: events.describe_connection(Name=name)["ConnectionState"] == "AUTHORIZED", 15, "a connection")
    shown = json.dumps(events.describe_connection(Name=name)["AuthParameters"])
    assert "secret" not in shown
    to = {"ConnectionArn": made["ConnectionArn"], "InvocationEndpoint": receiver.url + path, "HttpMethod": method}
    created = events.create_api_destination(Name=name, InvocationRateLimitPerSecond=300, **to)
    assert created["ApiDestinationState"] == "ACTIVE"
    return created["ApiDestinationArn"]


def test_destinations_are_called_as_their_connections_say(events, bus, receiver, events_role, fresh):
    name = bus()
    oauth = {
        "ClientParameters": {"ClientID": "me", "ClientSecret": "a secret"},
        "AuthorizationEndpoint": f"{receiver.url}/token",
        "HttpMethod": "POST",
    }
    header = {"Key": "x-more", "Value": "secret too", "IsValueSecret": True}
    kinds = {
        "/basic": ("BASIC", {"BasicAuthParameters": {"Username": "ann", "Password": "a secret"}}),
        "/key": ("API_KEY", {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "the secret"}}),
        "/oauth": (
            "OAUTH_CLIENT_CREDENTIALS",
            {"OAuthParameters": oauth, "InvocationHttpParameters": {"HeaderParameters": [header]}},
        ),
    }
    targets = []
    for path, (kind, parameters) in kinds.items():
        arn = destination(events, fresh, receiver, kind, parameters, path=f"{path}/*", method="PUT")
        http = {"PathParameterValues": ["$.detail.command"], "QueryStringParameters": {"q": "a b"}}
        targets.append({"Arn": arn, "RoleArn": events_role, "HttpParameters": http, "InputPath": "$.detail.payload"})
    rule(events, name, *targets)
    put(events, name)
    got = {path: receiver.wait(1, path)[0] for path in kinds}
    assert {one.path for one in got.values()} == {f"{path}/update?q=a+b" for path in kinds}
    assert {one.body for one in got.values()} == {b'{"id":"0a","n":1}'}
    basic = base64.b64encode(b"ann:a secret").decode()
    assert got["/basic"].headers["authorization"] == f"Basic {basic}"
    assert got["/key"].headers["x-key"] == "the secret"
    assert got["/oauth"].headers["authorization"] == "Bearer of the test"
    assert got["/oauth"].headers["x-more"] == "secret too"


def dead_letters(client, rule_name):
    """A function that gives the dead letters of a rule so far."""
    logs, group = client("logs"), "/sagebrush/events/dead-letters"

    def look():
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        found = logs.filter_log_events(logGroupName=group)["events"]
        lines = [json.loads(line["message"]) for line in found]
        return [line for line in lines if line["RULE_ARN"].endswith(f"/{rule_name}")]

    return look


def test_a_delivery_is_tried_again_and_in_the_end_kept(client, events, bus, receiver, events_role, fresh):
    name = bus()
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "the secret"}}
    arn = destination(events, fresh, receiver, "API_KEY", key)
    rule_name = fresh("rule")
    once = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}
    rule(events, name, {"Arn": arn, "RoleArn": events_role, "RetryPolicy": once}, name=rule_name)
    receiver.statuses[:] = [503]
    first = put(events, name)
    assert [one.document["id"] for one in receiver.wait(2, "/hook")] == [first] * 2
    receiver.statuses[:] = [500, 429, 404, 503]
    second, third = put(events, name), put(events, name)
    look = dead_letters(client, rule_name)
    letters = wait_until(lambda: found if len(found := look()) == 2 else None, 20, "two dead letters")
    codes = {(one["ERROR_CODE"], one.get("EXHAUSTED_RETRY_CONDITION")) for one in letters}
    assert {one["event"]["id"] for one in letters} == {second, third}
    assert codes <= {("SDK_CLIENT_ERROR", "MaximumRetryAttempts"), ("SDK_CLIENT_ERROR", None)}
    assert all(one["TARGET_ARN"] == arn for one in letters)


def test_a_topic_lets_events_in_by_its_policy(client, events, bus, receiver, fresh):
    sns, name, rule_name = client("sns"), bus(), fresh("rule")
    topic = sns.create_topic(Name=fresh("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{receiver.url}/topic")
    sns.confirm_subscription(TopicArn=topic, Token=receiver.wait(1, "/topic")[0].document["Token"])
    rule(events, name, {"Arn": topic}, name=rule_name)
    refused = put(events, name)
    [letter] = wait_until(dead_letters(client, rule_name), 15, "a dead letter")
    assert (letter["ERROR_CODE"], letter["event"]["id"]) == ("NO_PERMISSIONS", refused)
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}/{rule_name}"
    lets_in = allow("sns:Publish", topic, Condition={"ArnEquals": {"aws:SourceArn": arn}})
    document = policy({**lets_in, "Principal": {"Service": "events.amazonaws.com"}})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    taken = put(events, name)
    message = receiver.wait(2, "/topic")[1].document
    assert json.loads(message["Message"])["id"] == taken
    sns.delete_topic(TopicArn=topic)


def test_a_log_group_of_any_name_lets_events_in_by_a_policy_of_the_account(client, events, bus, fresh):
    logs, name, rule_name, group = client("logs"), bus(), fresh("rule"), fresh("group")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    logs.create_log_group(logGroupName=group)
    rule(events, name, {"Arn": arn}, name=rule_name)
    refused = put(events, name)
    [letter] = wait_until(dead_letters(client, rule_name), 15, "a dead letter")
    assert (letter["ERROR_CODE"], letter["event"]["id"]) == ("NO_PERMISSIONS", refused)
    assert "logs:CreateLogStream" in letter["ERROR_MESSAGE"]
    of_rule = {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}/{rule_name}"}}
    lets_in = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{arn}:*", Condition=of_rule)
    document = policy({**lets_in, "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}})
    logs.put_resource_policy(policyName=group, policyDocument=document)
    taken = put(events, name)
    [line] = wait_until(lambda: logs.filter_log_events(logGroupName=group)["events"], 15, "the event in the group")
    assert json.loads(line["message"])["id"] == taken
    logs.delete_resource_policy(policyName=group)
    logs.delete_log_group(logGroupName=group)


def test_an_event_goes_over_one_other_bus_and_no_further(events, bus, written, events_role):
    first, second, third = bus(), bus(), bus()
    groups = {second: written(), third: written()}
    for name, after in [(first, second), (second, third), (third, first)]:
        target = {"Arn": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{after}", "RoleArn": events_role}
        rule(events, name, target)
    for name, group in groups.items():
        rule(events, name, {"Arn": group.arn}, name="log")
    passed_on = put(events, first)
    assert json.loads(groups[second].wait(1)[0])["id"] == passed_on
    marked = put(events, third)
    assert json.loads(groups[third].wait(1)[0])["id"] == marked
    assert [json.loads(line)["id"] for line in groups[third].lines()] == [marked]


def test_an_event_acknowledged_outlives_the_server(own_server):
    with http_receiver() as receiver:
        server = own_server()
        events, iam = server.client("events"), server.client("iam")
        trust = {**allow("sts:AssumeRole"), "Principal": {"Service": "events.amazonaws.com"}}
        del trust["Resource"]
        role = iam.create_role(RoleName="of-events", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        iam.put_role_policy(
            RoleName="of-events", PolicyName="call", PolicyDocument=policy(allow("events:InvokeApiDestination"))
        )
        numbers = iter(range(100))
        key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "the secret"}}
        arn = destination(events, lambda _: f"c{next(numbers)}", receiver, "API_KEY", key)
        rule(events, "default", {"Arn": arn, "RoleArn": role})
        receiver.statuses[:] = [503] * 20
        made = {put(events, "default") for _ in range(20)}
        server.kill()
        receiver.statuses.clear()
        before = len(receiver.received)
        server.start()
        wait_until(
            lambda: {one.document["id"] for one in receiver.received[before:]} == made, 30, "all events after the kill"
        )
