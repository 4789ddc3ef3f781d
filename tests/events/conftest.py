"""Buses and rules that go away after the test, log groups for events, a role that may call destinations."""

import json

import pytest
from policies import allow, policy
from server_process import wait_until

ACCOUNT = "123456789012"


@pytest.fixture
def events(client):
    return client("events")


@pytest.fixture
def bus(events, fresh):
    """bus() makes an event bus: its name."""
    made = []

    def make(**parameters):
        made.append(fresh("bus"))
        events.create_event_bus(Name=made[-1], **parameters)
        return made[-1]

    yield make
    for name in made:
        for rule in events.list_rules(EventBusName=name)["Rules"]:
            remove(events, rule["Name"], name)
        events.delete_event_bus(Name=name)


def remove(events, rule, bus):
    targets = events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
    if targets:
        events.remove_targets(Rule=rule, EventBusName=bus, Ids=[target["Id"] for target in targets])
    events.delete_rule(Name=rule, EventBusName=bus)


class Written:
    """A log group of events."""

    def __init__(self, logs, name):
        self.logs, self.name = logs, name
        self.arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"

    def lines(self):
        found = self.logs.filter_log_events(logGroupName=self.name)["events"]
        return [line["message"] for line in found]

    def wait(self, count, seconds=15):
        return wait_until(
            lambda: lines if len(lines := self.lines()) >= count else None, seconds, f"{count} lines in {self.name}"
        )


@pytest.fixture
def written(client, fresh):
    """written() makes a log group that rules may write to."""
    logs, made = client("logs"), []

    def make():
        made.append(f"/aws/events/{fresh('group')}")
        logs.create_log_group(logGroupName=made[-1])
        return Written(logs, made[-1])

    yield make
    for name in made:
        logs.delete_log_group(logGroupName=name)


@pytest.fixture(scope="session")
def events_role(server):
    """A role that EventBridge may take to call destinations and put on buses."""
    iam = server.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="of-events", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    actions = ["events:InvokeApiDestination", "events:PutEvents"]
    iam.put_role_policy(RoleName="of-events", PolicyName="call", PolicyDocument=policy(allow(actions)))
    return role
