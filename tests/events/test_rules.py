"""Buses, rules and patterns. Answers as AWS gave them in LocalStack's tests/aws/services/events/*.snapshot.json."""

import json

import pytest
from policies import allow, deny, refusal

ACCOUNT = "123456789012"
ARN = f"arn:aws:events:us-east-1:{ACCOUNT}"
EVENT = {
    "id": "1",
    "source": "test",
    "detail-type": "type",
    "account": ACCOUNT,
    "region": "us-east-1",
    "time": "2026-07-13T13:48:01Z",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-1", "b"],
    "detail": {
        "state": "running",
        "count": 3,
        "ratio": 300.0,
        "none": None,
        "yes": True,
        "empty": [],
        "path": "dir/init/file.txt",
        "ip": "10.0.0.200",
        "ip6": "2001:db8::1",
        "list": [{"name": "a", "size": 1}, {"name": "b", "size": 2}],
        "dotted.name": "x",
    },
}

MATCHES = {
    "equal": {"source": ["other", "test"]},
    "element of a list": {"resources": ["b"]},
    "a number however it is written": {"detail": {"ratio": [300]}},
    "null": {"detail": {"none": [None]}},
    "a boolean": {"detail": {"yes": [True]}},
    "prefix": {"time": [{"prefix": "2026-07"}]},
    "prefix whatever the case": {"detail": {"state": [{"prefix": {"equals-ignore-case": "RUN"}}]}},
    "suffix": {"detail": {"path": [{"suffix": ".txt"}]}},
    "suffix whatever the case": {"detail": {"path": [{"suffix": {"equals-ignore-case": ".TXT"}}]}},
    "equal whatever the case": {"detail": {"state": [{"equals-ignore-case": "RUNNING"}]}},
    "wildcard": {"detail": {"path": [{"wildcard": "dir/*/f*.txt"}]}},
    "anything but": {"detail": {"state": [{"anything-but": ["stopped", 3]}]}},
    "anything but prefixes": {"detail": {"state": [{"anything-but": {"prefix": ["st", "x"]}}]}},
    "anything but a suffix": {"detail": {"path": [{"anything-but": {"suffix": ".png"}}]}},
    "anything but a wildcard": {"detail": {"path": [{"anything-but": {"wildcard": "*/end/*"}}]}},
    "anything but, of null": {"detail": {"none": [{"anything-but": "x"}]}},
    "anything but, whatever the case": {"detail": {"state": [{"anything-but": {"equals-ignore-case": ["STOPPED"]}}]}},
    "range": {"detail": {"count": [{"numeric": [">", 0, "<=", 3]}]}},
    "cidr": {"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}},
    "cidr of IPv6": {"detail": {"ip6": [{"cidr": "2001:db8::/32"}]}},
    "exists": {"detail": {"list": {"name": [{"exists": True}]}}},
    "does not exist": {"detail": {"missing": {"deep": [{"exists": False}]}}},
    "either": {"detail": {"$or": [{"state": ["stopped"]}, {"count": [{"numeric": ["=", 3]}]}]}},
    "of one element of a list": {"detail": {"list": {"name": ["b"], "size": [2]}}},
    "a path by dots": {"detail.dotted": {"name": ["x"]}},
}
NO_MATCHES = {
    "case of a name": {"Source": ["test"]},
    "no element": {"detail": {"empty": [{"exists": True}]}},
    "null and an empty list": {"detail": {"empty": [None]}},
    "a number as text": {"detail": {"count": ["3"]}},
    "exists, of an object": {"detail": {"list": [{"exists": True}]}},
    "anything but, of nothing": {"detail": {"missing": [{"anything-but": "x"}]}},
    "of two elements of a list": {"detail": {"list": {"name": ["a"], "size": [2]}}},
    "cidr of a number": {"detail": {"count": [{"cidr": "10.0.0.0/8"}]}},
    "numeric of text": {"detail": {"state": [{"numeric": [">", 0]}]}},
    "an empty wildcard": {"detail": {"state": [{"wildcard": ""}]}},
}


@pytest.mark.parametrize("expected,patterns", [(True, MATCHES), (False, NO_MATCHES)], ids=["match", "no match"])
def test_patterns(events, expected, patterns):
    found = {
        name: events.test_event_pattern(Event=json.dumps(EVENT), EventPattern=json.dumps(pattern))["Result"]
        for name, pattern in patterns.items()
    }
    assert found == dict.fromkeys(patterns, expected)


BAD_PATTERNS = {
    '{"int": 42}': '"int" must be an object or an array\n at [Source: (String)"{"int": 42}"; line: 1, column: 11]',
    '{"resources": []}': 'Empty arrays are not allowed\n at [Source: (String)"{"resources": []}"; line: 1, column: 17]',
    '{"my_key": [{"EXISTS": true}]}': "Unrecognized match type EXISTS\n at [Source: "
    '(String)"{"my_key": [{"EXISTS": true}]}"; line: 1, column: 28]',
    '["not", "a", "dict", "but valid json"]': "Filter is not an object\n at [Source: "
    '(String)"["not", "a", "dict", "but valid json"]"; line: 1, column: 2]',
    "{'bad': 'quotation'}": "Unexpected character (''' (code 39)): was expecting double-quote to start field name\n"
    " at [Source: (String)\"{'bad': 'quotation'}\"; line: 1, column: 2]",
    '{"a": [{"wildcard": "*:*:*:*:*:x"}]}': "Rule is too complex - try using fewer wildcard characters or fewer "
    "repeating character sequences after a wildcard character",
}


def test_patterns_that_are_none_are_refused_in_the_words_of_aws(events):
    found = {text: refusal(lambda text=text: events.put_rule(Name="bad", EventPattern=text)) for text in BAD_PATTERNS}
    code, start = "InvalidEventPatternException", "Event pattern is not valid. Reason: "
    assert found == {text: (code, start + reason) for text, reason in BAD_PATTERNS.items()}


def test_a_rule_is_made_changed_and_removed(events, bus):
    name = bus()
    on = {"Name": "rule", "EventBusName": name}
    pattern = '{"source": ["x"]}'
    made = events.put_rule(**on, EventPattern=pattern, Description="first", Tags=[{"Key": "k", "Value": "v"}])
    assert made["RuleArn"] == f"{ARN}:rule/{name}/rule"
    shown = {"Arn": made["RuleArn"], **on, "EventPattern": pattern, "State": "ENABLED", "Description": "first"}
    described = events.describe_rule(**on)
    described.pop("ResponseMetadata")
    assert described == {**shown, "CreatedBy": ACCOUNT}
    assert events.list_rules(EventBusName=name)["Rules"] == [shown]
    events.disable_rule(**on)
    assert events.describe_rule(**on)["State"] == "DISABLED"
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
    events.put_targets(Rule="rule", EventBusName=name, Targets=[{"Id": "1", "Arn": topic}])
    events.put_rule(**on, EventPattern='{"source": ["y"]}')
    assert events.list_targets_by_rule(Rule="rule", EventBusName=name)["Targets"] == [{"Id": "1", "Arn": topic}]
    assert events.list_rule_names_by_target(TargetArn=topic, EventBusName=name)["RuleNames"] == ["rule"]
    assert events.list_tags_for_resource(ResourceARN=made["RuleArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
    busy = ("ValidationException", "Rule can't be deleted since it has targets.")
    assert refusal(lambda: events.delete_rule(**on)) == busy
    assert events.remove_targets(Rule="rule", EventBusName=name, Ids=["1", "2"])["FailedEntryCount"] == 1
    events.delete_rule(**on)
    gone = ("ResourceNotFoundException", f"Rule rule does not exist on EventBus {name}.")
    assert refusal(lambda: events.describe_rule(**on)) == gone


def test_a_bus_has_a_policy_and_tags(events, bus):
    name = bus(Description="of the test", Tags=[{"Key": "a", "Value": "1"}])
    arn = f"{ARN}:event-bus/{name}"
    for sid, principal in [("one", "111122223333"), ("two", "*")]:
        action = "events:PutEvents"
        events.put_permission(EventBusName=name, Action=action, Principal=principal, StatementId=sid)
    described = events.describe_event_bus(Name=name)
    assert [one["Sid"] for one in json.loads(described["Policy"])["Statement"]] == ["one", "two"]
    assert (described["Arn"], described["Description"]) == (arn, "of the test")
    missing = ("ResourceNotFoundException", "Statement with the provided id does not exist.")
    assert refusal(lambda: events.remove_permission(EventBusName=name, StatementId="three")) == missing
    events.remove_permission(EventBusName=name, RemoveAllPermissions=True)
    assert "Policy" not in events.describe_event_bus(Name=name)
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    names = [one["Name"] for one in events.list_event_buses()["EventBuses"]]
    assert {"default", name} <= set(names)


SCHEDULE = ("ValidationException", "Parameter ScheduleExpression is not valid.")
NO_SCHEDULES = [
    "rate(10 seconds)",
    "rate(1 minutes)",
    "rate(5 minute)",
    "rate(0 minutes)",
    "cron(INVALID)",
    "cron(0 1 * * * *)",
    "cron(0 dummy ? * MON-FRI *)",
    "cron(7 20 * * NOT *)",
    "cron(0 10 * * ? 1969)",
    "cron(60 10 * * ? *)",
]


def test_schedules_that_are_none_are_refused(events, bus):
    found = {
        text: refusal(lambda text=text: events.put_rule(Name="never", ScheduleExpression=text)) for text in NO_SCHEDULES
    }
    assert found == dict.fromkeys(NO_SCHEDULES, SCHEDULE)
    name = bus()
    text = refusal(lambda: events.put_rule(Name="x", EventBusName=name, ScheduleExpression="rate(1 hour)"))[1]
    assert text == "ScheduleExpression is supported only on the default event bus."


REFUSED = {
    "a bus twice": (
        lambda e, b: e.create_event_bus(Name=b),
        ("ResourceAlreadyExistsException", "Event bus {bus} already exists."),
    ),
    "the default bus away": (
        lambda e, b: e.delete_event_bus(Name="default"),
        ("ValidationException", "Cannot delete event bus default."),
    ),
    "a bus that is not there": (
        lambda e, b: e.describe_event_bus(Name="nowhere"),
        ("ResourceNotFoundException", "Event bus nowhere does not exist."),
    ),
    "six targets": (
        lambda e, b: e.put_targets(
            Rule="rule",
            EventBusName=b,
            Targets=[{"Id": str(n), "Arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t"} for n in range(6)],
        ),
        ("LimitExceededException", "The requested resource exceeds the maximum number allowed."),
    ),
    "a target of another service": (
        lambda e, b: e.put_targets(
            Rule="rule", EventBusName=b, Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"}]
        ),
        (
            "ValidationException",
            f"arn:aws:sqs:us-east-1:{ACCOUNT}:q: targets of sqs are not yet available in Sagebrush; a log group, a "
            "topic, an API destination or an event bus can be one.",
        ),
    ),
    "a placeholder without a value": (
        lambda e, b: e.put_targets(
            Rule="rule",
            EventBusName=b,
            Targets=[
                {
                    "Id": "1",
                    "Arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t",
                    "InputTransformer": {"InputPathsMap": {}, "InputTemplate": '"of <nothing>"'},
                }
            ],
        ),
        ("ValidationException", "InputTemplate for target 1 contains invalid placeholder nothing."),
    ),
    "two kinds of input": (
        lambda e, b: e.put_targets(
            Rule="rule",
            EventBusName=b,
            Targets=[{"Id": "1", "Arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "Input": "{}", "InputPath": "$.detail"}],
        ),
        ("ValidationException", "Only one of Input, InputPath, or InputTransformer must be provided for target 1."),
    ),
    "a connection that is not there": (
        lambda e, b: e.describe_connection(Name="nowhere"),
        (
            "ResourceNotFoundException",
            "Failed to describe the connection(s). Connection 'nowhere' does not exist.",
        ),
    ),
    "a destination that is not there": (
        lambda e, b: e.describe_api_destination(Name="nowhere"),
        (
            "ResourceNotFoundException",
            "Failed to describe the api-destination(s). An api-destination 'nowhere' does not exist.",
        ),
    ),
    "an event that is none": (
        lambda e, b: e.test_event_pattern(Event="plain", EventPattern='{"a": ["b"]}'),
        ("ValidationException", "Parameter Event is not valid."),
    ),
}


def test_refused(events, bus):
    name = bus()
    events.put_rule(Name="rule", EventBusName=name, EventPattern='{"source": ["x"]}')
    found = {case: refusal(lambda call=call: call(events, name)) for case, (call, _) in REFUSED.items()}
    expected = {case: (code, text.replace("{bus}", name)) for case, (_, (code, text)) in REFUSED.items()}
    assert found == expected


def test_each_entry_is_taken_or_refused_by_itself(events):
    entries = [
        {"Source": "me", "DetailType": "t", "Detail": "{}"},
        {"DetailType": "t", "Detail": "{}"},
        {"Source": "me", "DetailType": "t", "Detail": "{"},
        {"Source": "aws.ec2", "DetailType": "t", "Detail": "{}"},
    ]
    put = events.put_events(Entries=entries)
    assert (put["FailedEntryCount"], [one.get("ErrorCode") for one in put["Entries"]]) == (
        3,
        [None, "InvalidArgument", "MalformedDetail", "NotAuthorizedForSourceException"],
    )
    huge = [{"Source": "me", "DetailType": "t", "Detail": json.dumps({"a": "a" * 256 * 1024})}]
    too_long = ("ValidationException", "Total size of the entries in the request is over the limit.")
    assert refusal(lambda: events.put_events(Entries=huge)) == too_long


def test_policies_decide_about_buses_and_sources(bus, user):
    name = bus()
    only_mine = {"StringEquals": {"events:source": "mine"}}
    _, clients = user(allow("events:PutEvents", f"{ARN}:event-bus/{name}", Condition=only_mine))
    theirs = clients("events")

    def put(source, on):
        return theirs.put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": "{}", "EventBusName": on}])

    assert put("mine", name)["FailedEntryCount"] == 0
    for source, on in [("other", name), ("mine", "default")]:
        assert refusal(lambda source=source, on=on: put(source, on))[0] == "AccessDeniedException"


def test_a_denial_holds_for_every_way_to_write_an_arn(events, client, fresh, user):
    name, logs = fresh("rule"), client("logs")
    rule = events.put_rule(Name=name, EventPattern='{"source": ["test"]}')["RuleArn"]
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"
    logs.create_log_group(logGroupName=name)
    _, clients = user(allow("*"), deny("*", rule), deny("*", group))
    theirs, tags = clients("events"), [{"Key": "k", "Value": "v"}]
    try:
        for arn in [rule, rule.replace("rule/", "rule/default/"), rule.replace("arn:aws:", "arn:aws-cn:")]:
            call = lambda arn=arn: theirs.tag_resource(ResourceARN=arn, Tags=tags)  # noqa: E731
            assert refusal(call)[0] == "AccessDeniedException"
        for arn in [group, group.replace("arn:aws:", "arn:aws-cn:")]:
            call = lambda arn=arn: clients("logs").tag_resource(resourceArn=arn, tags={"k": "v"})  # noqa: E731
            assert refusal(call)[0] == "AccessDeniedException"
    finally:
        events.delete_rule(Name=name)
        logs.delete_log_group(logGroupName=name)


def test_a_token_that_no_list_gave_out_is_refused_by_every_list(events, bus):
    name = bus()
    events.put_rule(Name="rule", EventBusName=name, EventPattern='{"source": ["x"]}')
    lists = [
        events.list_event_buses,
        events.list_connections,
        events.list_api_destinations,
        lambda **page: events.list_rules(EventBusName=name, **page),
        lambda **page: events.list_rule_names_by_target(TargetArn="arn", EventBusName=name, **page),
        lambda **page: events.list_targets_by_rule(Rule="rule", EventBusName=name, **page),
    ]
    answers = {refusal(lambda one=one: one(NextToken="never given")) for one in lists}
    assert answers == {("ValidationException", "Parameter NextToken is not valid.")}
