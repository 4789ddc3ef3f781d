"""A client of CloudWatch, and a time that lies behind every test."""

import datetime

import pytest


@pytest.fixture
def cloudwatch(client):
    return client("cloudwatch")


@pytest.fixture(scope="session")
def noon():
    """A whole hour in the near past."""
    now = datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0)
    return now - datetime.timedelta(hours=2)
