"""Fixtures of all outside tests: one server for the whole run, fresh names, buckets that go away."""

import itertools
import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from receivers import http_receiver
from server_process import ServerProcess
from users import temporary_users

_numbers = itertools.count(1)
LOG_LINES = 40


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that failed shows what its servers wrote last, those too that have ended by themselves."""
    report = yield
    if report.failed:
        for server in ServerProcess.started:
            code = server.process and server.process.poll()
            if server.process and code not in (0, -signal.SIGKILL):
                how = "" if code is None else f", ended with exit code {code}"
                report.sections.append((f"server {server.url}{how}", "".join(server.errors[-LOG_LINES:])))
    return report


@pytest.fixture(scope="session")
def server():
    """A running server that all tests share; make fresh names and leave other tests' things alone."""
    with ServerProcess() as process:
        yield process


@pytest.fixture
def own_server():
    """A function that starts a server of the test's own, for tests that kill, stop or configure it."""
    started = []

    def start(**options):
        process = ServerProcess(**options)
        started.append(process)
        return process.start()

    yield start
    for process in started:
        process.close()


@pytest.fixture
def client(server):
    """client("s3", profile="default", region="us-east-1", **config): boto3 against the shared server."""
    return server.client


@pytest.fixture
def sagemaker(client):
    return client("sagemaker")


@pytest.fixture
def s3(client):
    return client("s3")


@pytest.fixture
def fresh():
    """fresh("job") gives a name never used before: job-1-4242."""
    return lambda prefix: f"{prefix}-{next(_numbers)}-{os.getpid()}"


@pytest.fixture
def user(server, fresh):
    """user(allow("kms:*"), …) makes a user with these statements: its ARN and a function that gives its clients."""

    def make(*statements):
        made, clients = users(*statements)
        return made["Arn"], clients

    with temporary_users(server, fresh) as users:
        yield make


@pytest.fixture
def receiver():
    """An HTTP server of the test's own, which remembers what is sent to it."""
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def bucket(client, fresh):
    """An empty bucket, emptied and deleted afterwards."""
    s3 = client("s3")
    name = fresh("bucket")
    s3.create_bucket(Bucket=name)
    yield name
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
    s3.delete_bucket(Bucket=name)
