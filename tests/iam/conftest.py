"""Users and roles that go away after the test."""

import sys
from pathlib import Path

import pytest
from policies import policy
from users import remove_policies

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def iam(client):
    return client("iam")


@pytest.fixture
def user(user):
    """user(allow("s3:*"), …) makes a user with these statements: its name and a function that gives its clients."""

    def make(*statements):
        arn, clients = user(*statements)
        return arn.rpartition("/")[2], clients

    return make


@pytest.fixture
def as_session(server):
    """as_session(credentials, "sts"): a client with temporary credentials."""

    def client(credentials, service, **config):
        keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"])
        return server.client(service, keys=keys, token=credentials["SessionToken"], **config)

    return client


@pytest.fixture
def role(iam, fresh):
    """role(principal, allow(…), condition=…) makes a role that the principal may assume: its ARN."""
    made = []

    def make(principal, *statements, actions="sts:AssumeRole", condition=None):
        name = fresh("role")
        trust = {"Effect": "Allow", "Principal": principal, "Action": actions}
        if condition:
            trust["Condition"] = condition
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        made.append(name)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=policy(*statements))
        return arn

    yield make
    for name in made:
        remove_policies(iam, "Role", name)
        iam.delete_role(RoleName=name)
