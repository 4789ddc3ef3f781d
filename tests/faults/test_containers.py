"""Containers that die, break off and answer nonsense behind an endpoint: callers are told, the next one is answered."""

import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from odd_models import ARGUMENTS, create_odd_endpoint, invoke, stream_arn, streams_of, wait_for
from server_process import ServerProcess, wait_until

LIMIT = 6_291_456
WELL = b"status 200 well"


@pytest.fixture(scope="module")
def odd():
    """A server with the endpoint `odd`, whose container does as each request says."""
    server = ServerProcess(arguments=ARGUMENTS)
    server.start()
    server.client("s3").create_bucket(Bucket="odd")
    create_odd_endpoint(server, "odd")
    wait_for(server, "odd")
    yield server
    server.close()


def refusal(server, body):
    with pytest.raises(ClientError) as refused:
        invoke(server, "odd", body)
    return refused.value.response


# What the model does, the status it gave, and the words of it that the caller is told.
FAULTS = {
    "refuses": ("status 418 I am a teapot", 418, "I am a teapot"),
    "fails": ("status 500 division by zero", 500, "division by zero"),
    "sends elsewhere": ("status 302 over there", 302, "over there"),
    "closes the connection it took": ("close", 0, "The model did not answer: "),
    "breaks off in its head": ("half-head", 0, "The model did not answer: "),
    "breaks off in its answer": ("half", 0, "The model did not answer: "),
    "speaks no HTTP": ("garbage", 0, "The model did not answer: "),
    "has two lengths": ("two-lengths", 0, "The model did not answer: "),
    "has a head of 200 KB": ("long-head", 0, "The model did not answer: "),
    "announces more than an answer may have": ("declared", 0, f"may have at most {LIMIT} bytes, it has {LIMIT + 1}"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_model_error_says_what_is_wrong_with_a_model_that(odd, what):
    does, status, words = FAULTS[what]
    error = refusal(odd, does.encode())
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == status
    assert words in error["OriginalMessage"]
    whose = "client" if 400 <= status < 500 else "server"
    assert error["Message"].startswith(f'Received {whose} error ({status}) from model with message "')
    assert error["LogStreamArn"] == stream_arn("odd", streams_of(odd, "odd")[-1])
    assert invoke(odd, "odd", WELL) == b"well"


ANSWERS = {
    "the largest that may be": (f"size {LIMIT}", b"x" * LIMIT),
    "the largest, in chunks": (f"chunks {LIMIT}", b"x" * LIMIT),
    "nothing": ("size 0", b""),
    "a hint first": ("hint", b"after a hint"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_is_passed_on_that_is(odd, what):
    does, answer = ANSWERS[what]
    assert invoke(odd, "odd", does.encode()) == answer


CUT_ANSWERS = {
    "breaks off in a large answer": "half-large",
    "breaks off in a chunk": "half-chunk",
    "goes on beyond the limit": f"chunks {LIMIT + 1}",
}


@pytest.mark.parametrize("what", CUT_ANSWERS)
def test_an_answer_under_way_is_cut_and_never_taken_for_whole_when_a_model(odd, what):
    with pytest.raises(BotoCoreError):
        invoke(odd, "odd", CUT_ANSWERS[what].encode())
    assert invoke(odd, "odd", WELL) == b"well"


def test_an_answer_that_comes_before_the_body_was_read_is_passed_on(odd):
    for _ in range(3):
        assert invoke(odd, "odd", b"early" + b"." * 6_000_000) == b"early"


def test_a_container_that_closes_on_a_body_it_did_not_read_answers_or_is_a_model_error(odd):
    # The reset that follows its answer may overtake it.
    try:
        assert invoke(odd, "odd", b"early-close" + b"." * 6_000_000) == b"early"
    except ClientError as error:
        assert error.response["OriginalStatusCode"] == 0
    # Or it meets the next call on the same connection.
    wait_until(lambda: answer_or_code(odd) == b"well", 20, "the endpoint answers again")


DEATHS = {"exits": "exit 3", "is killed": "kill", "exits in its answer": "exit-half 0"}


@pytest.mark.parametrize("what", DEATHS)
def test_an_endpoint_heals_by_itself_after_its_container(odd, what):
    before = len(streams_of(odd, "odd"))
    error = refusal(odd, DEATHS[what].encode())
    assert (error["Error"]["Code"], error["OriginalStatusCode"]) == ("ModelError", 0)
    wait_until(lambda: answer_or_code(odd) == b"well", 60, "the endpoint answers again")
    assert odd.client("sagemaker").describe_endpoint(EndpointName="odd")["EndpointStatus"] == "InService"
    assert len(streams_of(odd, "odd")) == before + 1


def answer_or_code(server):
    """The answer to a well-meant call, or the code of the error, which may only be one that asks to try again."""
    try:
        return invoke(server, "odd", WELL)
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("ServiceUnavailable", "ModelError"), error
        return error.response["Error"]["Code"]


def test_failures_are_counted(odd):
    for _ in range(3):
        refusal(odd, b"status 500 no")
    refusal(odd, b"close")
    dimensions = [{"Name": "EndpointName", "Value": "odd"}, {"Name": "VariantName", "Value": "all"}]

    def total(metric):
        points = odd.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    wait_until(lambda: total("Invocation5XXErrors") >= 4, 20, "the answers of 500 are counted")
    assert total("InvocationModelErrors") > total("Invocation5XXErrors") + total("Invocation4XXErrors")
    assert total("Invocations") > total("InvocationModelErrors")
