"""Resource policies: answers as LocalStack recorded them from AWS, and what they let in."""

import json

import pytest
from policies import allow, policy, refusal


@pytest.fixture
def kept(logs):
    """Names of policies that are deleted afterwards."""
    names = []
    yield names
    for name in names:
        logs.delete_resource_policy(policyName=name)


def route53(resource):
    return policy(allow("logs:PutLogEvents", resource, Principal={"Service": "route53.amazonaws.com"}))


def test_policies_are_put_changed_listed_and_deleted(logs, fresh, kept):
    name = fresh("policy")
    put = logs.put_resource_policy(policyName=name, policyDocument=route53("*"))["resourcePolicy"]
    kept.append(name)
    told = {"policyName": name, "policyDocument": route53("*"), "policyScope": "ACCOUNT"}
    assert {key: value for key, value in put.items() if key != "lastUpdatedTime"} == told
    logs.put_resource_policy(policyName=name, policyDocument=route53("arn:aws:logs:*:*:*"))
    [found] = [one for one in logs.describe_resource_policies()["resourcePolicies"] if one["policyName"] == name]
    assert json.loads(found["policyDocument"])["Statement"][0]["Resource"] == "arn:aws:logs:*:*:*"
    assert refusal(lambda: logs.delete_resource_policy(policyName="non-existent")) == (
        "ResourceNotFoundException",
        "Policy with name [non-existent] does not exist.",
    )
    code, _ = refusal(lambda: logs.put_resource_policy(policyName="bad", policyDocument="{}"))
    assert code == "InvalidParameterException"


def test_there_are_ten_at_most(logs, fresh, kept):
    def put():
        name = fresh("policy")
        logs.put_resource_policy(policyName=name, policyDocument=route53("*"))
        kept.append(name)

    assert refusal(lambda: [put() for _ in range(11)]) == ("LimitExceededException", "Resource limit exceeded.")
    logs.put_resource_policy(policyName=kept[0], policyDocument=route53("*"))


def test_a_user_of_the_account_is_let_in_or_kept_out(logs, server, group, stream, user, fresh, kept):
    name = stream(start=0)
    arn, clients = user(allow("logs:DescribeLogGroups"))
    writer = clients("logs")
    where = {"logGroupName": group, "logStreamName": name}

    def put():
        writer.put_log_events(**where, logEvents=[{"timestamp": 0, "message": "x"}])

    assert refusal(put)[0] == "AccessDeniedException"
    kept.append(fresh("policy"))
    groups = f"arn:aws:logs:us-east-1:*:log-group:{group}:*"
    logs.put_resource_policy(
        policyName=kept[0], policyDocument=policy(allow("logs:PutLogEvents", groups, Principal={"AWS": arn}))
    )
    put()
