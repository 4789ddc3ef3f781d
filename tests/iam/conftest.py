"""Users and roles that go away after the test."""

import pytest
from policies import policy


def remove_policies(iam, word, name):
    """Inline and attached policies of a user or role."""
    who = {f"{word}Name": name}
    for inline in getattr(iam, f"list_{word.lower()}_policies")(**who)["PolicyNames"]:
        getattr(iam, f"delete_{word.lower()}_policy")(**who, PolicyName=inline)
    for attached in getattr(iam, f"list_attached_{word.lower()}_policies")(**who)["AttachedPolicies"]:
        getattr(iam, f"detach_{word.lower()}_policy")(**who, PolicyArn=attached["PolicyArn"])


@pytest.fixture
def iam(client):
    return client("iam")


@pytest.fixture
def user(iam, fresh, server):
    """user(allow("s3:*"), …) makes a user with these statements: its name and a function that gives its clients."""
    made = []

    def make(*statements):
        name = fresh("user")
        iam.create_user(UserName=name)
        made.append(name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = (key["AccessKeyId"], key["SecretAccessKey"])
        return name, lambda service, **config: server.client(service, keys=keys, **config)

    yield make
    for name in made:
        remove_policies(iam, "User", name)
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)


@pytest.fixture
def role(iam, fresh):
    """role(principal, allow(…), Condition=…) makes a role that the principal may assume: its ARN."""
    made = []

    def make(principal, *statements, condition=None):
        name = fresh("role")
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
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
