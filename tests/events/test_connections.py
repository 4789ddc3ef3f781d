"""Connections keep what they authorize with in a secret that EventBridge owns: people read it and do not change it."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import pytest
from botocore.exceptions import BotoCoreError
from policies import deny, policy, refusal
from server_process import wait_until

MANAGED = "The secret is managed by another service, and you must use that service to update it."
HTTP = {"HeaderParameters": [{"Key": "k1", "Value": "v1", "IsValueSecret": True}]}
KEPT_HTTP = {"header_parameters": [{"key": "k1", "value": "v1", "is_value_secret": True}]}
OAUTH = {
    "ClientParameters": {"ClientID": "me", "ClientSecret": "hidden"},
    "AuthorizationEndpoint": "http://127.0.0.1:9/token",
    "HttpMethod": "POST",
    "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "all"}]},
}
KINDS = {
    "BASIC": (
        {"BasicAuthParameters": {"Username": "un", "Password": "pw"}, "InvocationHttpParameters": HTTP},
        {"username": "un", "password": "pw", "invocation_http_parameters": KEPT_HTTP},
    ),
    "API_KEY": (
        {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "hidden"}},
        {"api_key_name": "x-key", "api_key_value": "hidden"},
    ),
    "OAUTH_CLIENT_CREDENTIALS": (
        {"OAuthParameters": OAUTH},
        {
            "client_id": "me",
            "client_secret": "hidden",
            "authorization_endpoint": "http://127.0.0.1:9/token",
            "http_method": "POST",
            "oauth_http_parameters": {"body_parameters": [{"key": "scope", "value": "all"}]},
        },
    ),
}


@pytest.fixture
def secrets(client):
    return client("secretsmanager")


@pytest.fixture
def connection(events, fresh):
    """connection(kind) makes one: its name."""
    made = []

    def make(kind):
        made.append(fresh("connection"))
        events.create_connection(Name=made[-1], AuthorizationType=kind, AuthParameters=KINDS[kind][0])
        return made[-1]

    yield make
    for name in made:
        if events.list_connections(NamePrefix=name)["Connections"]:
            events.delete_connection(Name=name)


def value(secrets, arn):
    return json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])


def test_each_kind_has_its_secret(events, secrets, connection):
    made = {kind: connection(kind) for kind in KINDS}
    arns = {kind: events.describe_connection(Name=name)["SecretArn"] for kind, name in made.items()}
    assert {kind: value(secrets, arn) for kind, arn in arns.items()} == {
        kind: kept for kind, (_, kept) in KINDS.items()
    }
    for kind, name in made.items():
        assert arns[kind].split(":secret:")[1].startswith(f"events!connection/{name}/")
        facts = secrets.describe_secret(SecretId=arns[kind])
        tag = {"Key": "aws:secretsmanager:owningService", "Value": "events"}
        assert (facts["OwningService"], facts["Tags"]) == ("events", [tag])
    owned = [{"Key": "owning-service", "Values": ["events"]}]
    listed = {one["ARN"]: one["OwningService"] for one in secrets.list_secrets(Filters=owned)["SecretList"]}
    assert {arn: listed[arn] for arn in arns.values()} == dict.fromkeys(arns.values(), "events")


CHANGES = {
    "put_secret_value": {"SecretString": "{}"},
    "update_secret": {"Description": "mine"},
    "delete_secret": {},
    "delete_secret at once": {"ForceDeleteWithoutRecovery": True},
    "tag_resource": {"Tags": [{"Key": "a", "Value": "b"}]},
    "untag_resource": {"TagKeys": ["aws:secretsmanager:owningService"]},
    "put_resource_policy": {"ResourcePolicy": policy({**deny("secretsmanager:GetSecretValue"), "Principal": "*"})},
    "delete_resource_policy": {},
    "update_secret_version_stage": {"VersionStage": "mine", "RemoveFromVersionId": "x" * 36},
}


def test_only_the_connection_changes_it(events, secrets, connection):
    name = connection("API_KEY")
    arn = events.describe_connection(Name=name)["SecretArn"]
    found = {
        case: refusal(lambda case=case, more=more: getattr(secrets, case.split()[0])(SecretId=arn, **more))
        for case, more in CHANGES.items()
    }
    assert found == dict.fromkeys(CHANGES, ("InvalidRequestException", MANAGED))
    key = {"ApiKeyAuthParameters": {"ApiKeyValue": "changed"}}
    events.update_connection(Name=name, AuthParameters=key)
    assert value(secrets, arn) == {"api_key_name": "x-key", "api_key_value": "changed"}
    assert events.describe_connection(Name=name)["SecretArn"] == arn
    events.update_connection(Name=name, AuthorizationType="BASIC", AuthParameters=KINDS["BASIC"][0])
    assert value(secrets, arn) == KINDS["BASIC"][1]


def test_it_goes_with_the_connection(events, secrets, connection):
    name = connection("BASIC")
    arn = events.describe_connection(Name=name)["SecretArn"]
    events.deauthorize_connection(Name=name)
    shown = events.describe_connection(Name=name)
    assert (shown["ConnectionState"], shown["AuthParameters"], "SecretArn" in shown) == ("DEAUTHORIZED", {}, False)
    assert refusal(lambda: secrets.describe_secret(SecretId=arn))[0] == "ResourceNotFoundException"
    events.update_connection(Name=name, AuthParameters=KINDS["BASIC"][0])
    again = events.describe_connection(Name=name)["SecretArn"]
    assert value(secrets, again) == KINDS["BASIC"][1]
    assert events.delete_connection(Name=name)["ConnectionState"] == "DELETING"
    assert refusal(lambda: secrets.describe_secret(SecretId=again))[0] == "ResourceNotFoundException"


def test_after_a_kill_each_connection_has_its_secret_and_each_secret_its_connection(own_server):
    server = own_server()
    acknowledged = []

    def work(number):
        """Makes connections and deletes every other one until the server is gone."""
        events = server.client("events")
        with suppress(BotoCoreError):
            for turn in count():
                name = f"c-{number}-{turn}"
                events.create_connection(Name=name, AuthorizationType="API_KEY", AuthParameters=KINDS["API_KEY"][0])
                if turn % 2:
                    events.delete_connection(Name=name)
                else:
                    acknowledged.append(name)

    with ThreadPoolExecutor() as pool:
        working = [pool.submit(work, number) for number in range(6)]
        wait_until(lambda: len(acknowledged) >= 40, 15, "40 connections")
        server.kill()
    for one in working:
        one.result()
    server.start()
    events, secrets = server.client("events"), server.client("secretsmanager")

    def settled():
        found = events.list_connections()["Connections"]
        return found if all(one["ConnectionState"] == "AUTHORIZED" for one in found) else None

    names = {one["Name"] for one in wait_until(settled, 15, "connections that are settled")}
    assert set(acknowledged) <= names
    owned = [{"Key": "owning-service", "Values": ["events"]}]
    pages = secrets.get_paginator("list_secrets").paginate(Filters=owned)
    kept = {one["ARN"] for page in pages for one in page["SecretList"]}
    assert kept == {events.describe_connection(Name=name)["SecretArn"] for name in names}
