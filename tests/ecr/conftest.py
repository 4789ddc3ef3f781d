"""Repositories that go away after the test, and small images for them."""

import pytest
from pushed_images import Image, Registry, entry


@pytest.fixture
def ecr(client):
    return client("ecr")


@pytest.fixture
def repository(ecr, fresh):
    """repository(imageTagMutability=…) makes a repository: its name."""
    made = []

    def make(**parameters):
        name = fresh("team/app")
        ecr.create_repository(repositoryName=name, **parameters)
        made.append(name)
        return name

    yield make
    for name in made:
        try:
            ecr.delete_repository(repositoryName=name, force=True)
        except ecr.exceptions.RepositoryNotFoundException:
            pass  # the test has deleted it


@pytest.fixture
def registry(server, ecr):
    return Registry(server.url, ecr)


@pytest.fixture
def image():
    """image("words") is a small image that no other words give."""
    return lambda words: Image([[entry("words", words.encode())]])
