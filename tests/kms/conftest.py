"""Keys that are scheduled for deletion after the test."""

import pytest


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
