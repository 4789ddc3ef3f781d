"""What a job cannot get hold of, each attempt a test: from inside, on its own, by a program that means it."""

import pytest
from attempts import network
from attempts.every import allowed, every
from breakouts import LEVELS

EVERY = [(level, name) for level in LEVELS for name in every(level)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("level", "name"), EVERY, ids=[f"{level}: {name}" for level, name in EVERY])
def test_a_job_does_not_get(breakouts, level, name):
    outcome = breakouts.at(level)[name]
    assert "refused" in outcome, outcome
    if name in network.BEYOND_THE_ROLE:
        assert "AccessDenied" in outcome["refused"]


@pytest.mark.parametrize("level", LEVELS)
def test_what_a_job_may_do_works(breakouts, level):
    outcomes = breakouts.at(level)
    assert [outcomes[name] for name in allowed(level) if "got" not in outcomes[name]] == []


@pytest.mark.parametrize("level", LEVELS)
def test_nobody_outside_has_heard_of_a_job(breakouts, level):
    breakouts.at(level)
    assert breakouts.world.heard == []
    assert [line for line in breakouts.lines("victim") if not line.startswith("{")] == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["model.tar.gz", "output.tar.gz"])
def test_links_out_of_what_is_uploaded_bring_nothing_in(breakouts, level, name):
    members, content = breakouts.archive(level, name)
    assert breakouts.world.secret_text.encode() not in content
    assert {member.name for member in members if member.isfile()} == {"kept"}
    assert [member.name for member in members if member.issym() or member.islnk()] == []


@pytest.mark.parametrize("level", LEVELS)
def test_what_a_job_writes_into_its_inputs_stays_there(breakouts, level):
    breakouts.at(level)
    assert (
        breakouts.server.client("s3").get_object(Bucket="attempts", Key="victim/input")["Body"].read() == b"as it was"
    )


def test_the_other_job_and_the_server_go_on(breakouts):
    for level in LEVELS:
        breakouts.at(level)
    job = breakouts.server.client("sagemaker").describe_training_job(TrainingJobName="victim")
    assert job["TrainingJobStatus"] == "InProgress"
    assert breakouts.server.process.poll() is None
