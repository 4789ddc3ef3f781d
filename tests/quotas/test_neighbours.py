"""Quotas of the neighbouring services hold whoever asks at once, and are told in each service's words."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from policies import allow, policy
from server_process import ACCOUNT, ServerProcess

#: Calls that are under way together.
AT_ONCE = 16


@pytest.fixture(scope="module")
def server():
    with ServerProcess() as process:
        process.client("iam").create_user(UserName="keyed")
        s3 = process.client("s3")
        s3.create_bucket(Bucket="trails")
        trails = allow("s3:PutObject", "arn:aws:s3:::trails/*", Principal={"Service": "cloudtrail.amazonaws.com"})
        s3.put_bucket_policy(Bucket="trails", Policy=policy(trails))
        yield process


PATTERN = json.dumps({"source": ["quotas"]})
ROUTE_53 = policy(allow("logs:PutLogEvents", Principal={"Service": "route53.amazonaws.com"}))

#: By what is counted: service, how many there may be, the refusal, and the call that makes one more.
QUOTAS = {
    "access keys of a user": (
        "iam",
        2,
        ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"),
        lambda iam, _: iam.create_access_key(UserName="keyed"),
    ),
    "groups": (
        "iam",
        300,
        ("LimitExceeded", "Cannot exceed quota for GroupsPerAccount: 300"),
        lambda iam, number: iam.create_group(GroupName=f"group-{number}"),
    ),
    "identity providers": (
        "iam",
        100,
        ("LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100"),
        lambda iam, number: iam.create_open_id_connect_provider(Url=f"https://issuer-{number}.example.com"),
    ),
    "trails of a region": (
        "cloudtrail",
        5,
        ("MaximumNumberOfTrailsExceededException", f"User: {ACCOUNT} already has 5 trails in us-east-1."),
        lambda trail, number: trail.create_trail(Name=f"trail-{number}", S3BucketName="trails"),
    ),
    "rules of a bus": (
        "events",
        300,
        ("LimitExceededException", "The requested resource exceeds the maximum number allowed."),
        lambda events, number: events.put_rule(Name=f"rule-{number}", EventPattern=PATTERN),
    ),
    "saved queries": (
        "logs",
        1000,
        ("LimitExceededException", "Resource limit exceeded."),
        lambda logs, number: logs.put_query_definition(name=f"query-{number}", queryString="fields @message"),
    ),
    "resource policies of log groups": (
        "logs",
        10,
        ("LimitExceededException", "Resource limit exceeded."),
        lambda logs, number: logs.put_resource_policy(policyName=f"policy-{number}", policyDocument=ROUTE_53),
    ),
}


@pytest.mark.parametrize("what", QUOTAS)
def test_of_many_at_once_as_many_win_as_there_may_be(what, server):
    service, most, refusal, make = QUOTAS[what]
    client = server.client(service, max_pool_connections=AT_ONCE)

    def answer(number):
        try:
            make(client, number)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = Counter(pool.map(answer, range(most + AT_ONCE)))
    assert found == Counter({None: most, refusal: AT_ONCE})


def test_a_rule_that_is_there_is_changed_also_when_its_bus_is_full(server):
    events = server.client("events")
    names = [f"full-{number}" for number in range(300)]
    events.create_event_bus(Name="full")
    for name in names:
        events.put_rule(Name=name, EventBusName="full", EventPattern=PATTERN)
    with pytest.raises(events.exceptions.LimitExceededException):
        events.put_rule(Name="one-more", EventBusName="full", EventPattern=PATTERN)
    events.put_rule(Name=names[0], EventBusName="full", EventPattern=PATTERN, Description="changed")
    events.delete_rule(Name=names[1], EventBusName="full")
    events.put_rule(Name="one-more", EventBusName="full", EventPattern=PATTERN)
