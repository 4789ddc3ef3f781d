"""Containers that take longer than they may: the real limits of hosting, which is why it takes minutes."""

import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from odd_models import ARGUMENTS, create_odd_endpoint, invoke, stream_arn, streams_of, wait_for
from server_process import running_server, wait_until

# A whole answer may take so long (container contract of hosting).
LIMIT_SECONDS = 60
PATIENT = {"read_timeout": 120}
WELL = b"status 200 well"
# Failing for 30 s is the end of an instance; asked every 5 s, for 2 s.
REPLACED_SECONDS = 90
# The shortest that ContainerStartupHealthCheckTimeoutInSeconds may be.
START_SECONDS = 60

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def odd():
    with running_server("odd", *ARGUMENTS) as server:
        yield server


@pytest.fixture
def serving(odd, fresh):
    """Name of an endpoint of its own."""
    name = fresh("odd")
    create_odd_endpoint(odd, name)
    wait_for(odd, name)
    return name


def test_an_answer_that_does_not_come_in_time_is_a_model_error(odd, serving):
    started = time.monotonic()
    others = threading.Thread(target=lambda: [invoke(odd, serving, WELL) for _ in range(50)])
    others.start()
    with pytest.raises(ClientError) as refused:
        invoke(odd, serving, b"sleep 75", **PATIENT)
    others.join()
    error = refused.value.response
    assert LIMIT_SECONDS - 1 < time.monotonic() - started < LIMIT_SECONDS + 10
    assert (error["Error"]["Code"], error["OriginalStatusCode"]) == ("ModelError", 0)
    assert error["OriginalMessage"] == f"The model did not answer: no answer within {LIMIT_SECONDS} s."
    assert error["LogStreamArn"] == stream_arn(serving, streams_of(odd, serving)[-1])
    assert invoke(odd, serving, WELL) == b"well"


def test_an_answer_that_drips_is_ended_when_its_time_is_over(odd, serving):
    started = time.monotonic()
    with pytest.raises((ClientError, BotoCoreError)):
        invoke(odd, serving, b"drip 90", **PATIENT)
    assert time.monotonic() - started < LIMIT_SECONDS + 10
    assert invoke(odd, serving, WELL) == b"well"


def test_an_answer_just_in_time_is_passed_on(odd, serving):
    assert invoke(odd, serving, b"sleep 50", **PATIENT) == b"at last"


@pytest.mark.parametrize("ping", ["hang", "500 No"])
def test_a_container_that_stops_being_healthy_is_replaced(odd, serving, ping):
    before = streams_of(odd, serving)
    invoke(odd, serving, f"ping {ping}".encode())
    wait_until(lambda: len(streams_of(odd, serving)) > len(before), REPLACED_SECONDS, "another container has begun")
    wait_for(odd, serving)
    wait_until(lambda: answer_or_none(odd, serving) == b"well", 60, "the new container answers")


def answer_or_none(server, name):
    try:
        return invoke(server, name, WELL)
    except ClientError:
        return None


@pytest.mark.parametrize("ping", ["hang", "503 Not yet"])
def test_a_container_that_never_becomes_healthy_fails_its_endpoint(odd, fresh, ping):
    name = fresh("odd")
    create_odd_endpoint(odd, name, ping=ping, ContainerStartupHealthCheckTimeoutInSeconds=START_SECONDS)
    wait_for(odd, name, "Failed", START_SECONDS + 60)
    reason = odd.client("sagemaker").describe_endpoint(EndpointName=name)["FailureReason"]
    assert "did not pass the ping health check" in reason
    assert f"within {START_SECONDS} s" in reason
    assert ("503" if ping.startswith("503") else "no answer within 2 s") in reason
