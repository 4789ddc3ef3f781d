"""Secrets that are gone after the test."""

import pytest


@pytest.fixture
def secrets(client):
    return client("secretsmanager")


@pytest.fixture
def secret(secrets, fresh):
    """secret(SecretString=…) makes a secret: the answer of CreateSecret."""
    made = []

    def make(**parameters):
        answer = secrets.create_secret(**{"Name": fresh("secret"), **parameters})
        made.append(answer["ARN"])
        return answer

    yield make
    for arn in made:
        with_name = arn.rsplit(":", 1)[1].rsplit("-", 1)[0]
        secrets.delete_secret(SecretId=with_name, ForceDeleteWithoutRecovery=True)
