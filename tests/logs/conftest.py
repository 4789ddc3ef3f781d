"""Log groups that go away after the test."""

import pytest


@pytest.fixture
def logs(client):
    return client("logs")


@pytest.fixture
def group(logs, fresh):
    """A fresh log group: its name."""
    name = fresh("group")
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


@pytest.fixture
def stream(logs, group, fresh):
    """stream("line", …, start=…) makes a stream with these lines, a millisecond apart: its name."""

    def make(*lines, start):
        name = fresh("stream")
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        if lines:
            events = [{"timestamp": start + at, "message": line} for at, line in enumerate(lines)]
            logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=events)
        return name

    return make
