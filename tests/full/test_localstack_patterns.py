"""Event patterns in LocalStack whose answers its authors recorded from AWS, asked here by boto3."""

import json
import re

import pytest
from botocore.exceptions import ClientError
from outside_suites import Suite, sources

FOLDER = "tests/aws/services/events"
SUITE = Suite(
    title="LocalStack",
    variable="LOCALSTACK_SOURCES",
    repository="https://github.com/localstack/localstack",
    commit="8b9a79f05846835cf4dff63ab7eefdde9df83783",
    paths=("tests/aws/services/events",),
)


def relaxed(text):
    """What a file of JSON 5 says, of as much of it as these files use."""
    text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r'\s//[^"\n]*$', "", text, flags=re.MULTILINE)
    return json.loads(re.sub(r",(\s*[}\]])", r"\1", text))


def recorded(folder):
    """{case: the message of the error that AWS gave}"""
    snapshot = json.loads((folder / "test_events_patterns.snapshot.json").read_text())
    found = {}
    for name, entry in snapshot.items():
        case = re.search(r"test_event_pattern\[(\w+_EXC)\]", name)
        if case:
            content = entry["recorded-content"][case[1]]
            found[case[1]] = content["exception_message"]["Error"]["MessageRaw"]
    return found


@pytest.mark.timeout(300)
def test_patterns_are_answered_as_on_aws(own_server):
    folder = sources(SUITE) / FOLDER
    events = own_server().client("events")
    messages = recorded(folder)
    files = sorted(folder.rglob("event_pattern_templates/*.json5"))
    assert len(files) > 150
    different = {}
    for file in files:
        case, said = file.stem, relaxed(file.read_text())
        # Spaces count: errors name columns.
        pattern = json.dumps(said["EventPattern"])
        try:
            answer = events.test_event_pattern(Event=json.dumps(said["Event"]), EventPattern=pattern)["Result"]
        except ClientError as error:
            answer = error.response["Error"]["Message"]
        expected = messages.get(case) if case.endswith("_EXC") else not case.endswith("_NEG")
        # In the recording ARNs have placeholders, which move the columns.
        if answer != expected and "<partition>" not in str(expected):
            different[case] = (answer, expected)
    assert different == {}
