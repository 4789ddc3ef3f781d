"""Keys that are scheduled for deletion after the test, and users who have nothing but what the test gives them."""

import pytest
from users import temporary_users


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
def user(server, fresh):
    """user(allow("kms:*"), …) makes a user with these statements: its ARN and a function that gives its clients."""

    def make(*statements):
        made, clients = users(*statements)
        return made["Arn"], clients

    with temporary_users(server, fresh) as users:
        yield make
