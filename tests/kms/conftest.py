"""Keys that are scheduled for deletion after the test, and users who have nothing but what the test gives them."""

import pytest
from policies import policy


@pytest.fixture
def kms(client):
    return client("kms")


@pytest.fixture
def key(kms):
    """key(Policy=…) makes a key: its metadata."""
    made = []

    def make(**parameters):
        metadata = kms.create_key(**parameters)["KeyMetadata"]
        made.append(metadata["KeyId"])
        return metadata

    yield make
    for key_id in made:
        if kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)


@pytest.fixture
def user(client, fresh, server):
    """user(allow("kms:*"), …) makes a user with these statements: its ARN and a function that gives its clients."""
    iam = client("iam")
    made = []

    def make(*statements):
        name = fresh("user")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        made.append((name, bool(statements)))
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=policy(*statements))
        access_key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = (access_key["AccessKeyId"], access_key["SecretAccessKey"])
        return arn, lambda service, **config: server.client(service, keys=keys, **config)

    yield make
    for name, has_policy in made:
        if has_policy:
            iam.delete_user_policy(UserName=name, PolicyName="given")
        for access_key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=access_key["AccessKeyId"])
        iam.delete_user(UserName=name)
