"""A region of each test's own, where there is at most one workforce and lists hold only what the test made."""

import itertools

import pytest

_regions = itertools.cycle(
    f"{area}-{at}" for at in (2, 3, 4) for area in ("eu-west", "eu-north", "us-west", "ap-south", "us-east", "ca-west")
)


@pytest.fixture(scope="session")
def taken():
    """Regions that tests of this run have had."""
    return set()


@pytest.fixture
def sagemaker(client, taken):
    """SageMaker in a region where nothing is."""
    region = next(_regions)
    assert region not in taken, "more tests than regions: name some more"
    taken.add(region)
    return client("sagemaker", region=region)
