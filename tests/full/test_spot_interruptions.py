"""A script of XGBoost's on spot instances that are taken back twenty times: the model is that of one left alone."""

import itertools
import random

import pytest
from foreign_clients import printed_by_sdk, python_of
from own_programs import GROUP, model_files, outcome, statuses
from server_process import running_server, told, wait_until
from shells import in_shell, printed
from stories import HERE, PROGRAM_SECONDS, digits
from xgboost_jobs import ended_job, lines_by_stream

INTERRUPTIONS = 20
ROUNDS = 150
# Times of transitions and what is billed are told in whole seconds, or nearly.
SECONDS = 1


@pytest.fixture
def server():
    with running_server("spot", "--cpus", "4") as process:
        yield process


def rounds_of(lines):
    return [int(line.removeprefix("round ")) for line in lines if line.startswith("round ")]


def rounds_by_attempt(server, name):
    """Numbers of the rounds that each attempt has printed so far."""
    logs = server.client("logs")
    try:
        streams = lines_by_stream(logs, GROUP, f"{name}/")
        # The stream of the second attempt ends with -2, that of the first with the job's time.
        return [rounds_of(streams[stream]) for stream in sorted(streams, key=lambda stream: (len(stream), stream))]
    except logs.exceptions.ResourceNotFoundException:
        return []


def held_seconds(job):
    """Seconds in which instances were there: from Downloading to the interruption or the end, of all attempts."""
    seconds, since = 0, None
    for entry in job["SecondaryStatusTransitions"]:
        if entry["Status"] == "Downloading":
            since = entry["StartTime"]
        elif entry["Status"] in ("Interrupted", "Completed"):
            seconds += (entry["StartTime"] - since).total_seconds()
    return seconds


@pytest.mark.timeout(1800)
def test_twenty_interruptions_change_nothing_of_the_model(server, tmp_path):
    variables, python = in_shell(printed(server.folder)), python_of("sagemaker-2")
    folder = digits(tmp_path)
    for name in ("often", "never"):
        arguments = (HERE, name, f"s3://spot/{name}", ROUNDS)
        program = HERE / "programs/spot.py"
        printed_by_sdk(python, program, variables, folder, *map(str, arguments), seconds=PROGRAM_SECONDS)
    moments = sorted(random.Random(5).sample(range(3, ROUNDS - 20), INTERRUPTIONS))
    for attempt, moment in enumerate(moments):

        def is_there(attempt=attempt, moment=moment):
            rounds = rounds_by_attempt(server, "often")
            return len(rounds) > attempt and rounds[attempt] and rounds[attempt][-1] >= moment

        wait_until(is_there, 120, f"attempt {attempt} has come to round {moment}")
        code, said = told("spot", "interrupt", "often", "--data", server.folder)
        assert code == 0, said
    often, never = (ended_job(server.client("sagemaker"), name, 600) for name in ("often", "never"))
    for job in (often, never):
        assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    assert statuses(often).count("Interrupted") == INTERRUPTIONS
    attempts = rounds_by_attempt(server, "often")
    assert len(attempts) == INTERRUPTIONS + 1
    # Each goes on after the last checkpoint in S3; one may be kept whose line was not printed any more.
    for earlier, later in itertools.pairwise(attempts):
        assert later == list(range(later[0], later[-1] + 1))
        assert 0 < later[0] <= earlier[-1] + 2
    assert model_of(server, often) == model_of(server, never)
    assert abs(often["BillableTimeInSeconds"] - held_seconds(often)) <= SECONDS
    assert often["BillableTimeInSeconds"] < often["TrainingTimeInSeconds"]
    assert never["BillableTimeInSeconds"] == never["TrainingTimeInSeconds"]


def model_of(server, job):
    """Bytes of the model in the job's archive."""
    return model_files(server.client("s3"), job)["model.json"]
