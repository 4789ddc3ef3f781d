"""Constraints of the service models, in AWS's words; the cases are read from botocore, not from our tables. Those of
SageMaker are all sent by tests/contract/test_violations.py."""

import dataclasses
import itertools

import pytest
from botocore.exceptions import ClientError
from negative_cases import Service
from signed import json_call, send, sign
from words import tells

#: Cases tried of each operation; the rest break the same kinds of constraint at other members.
MOST_CASES = 40
#: By service: operations that are built, and the code of a violation.
OPERATIONS = {
    "iam": (["CreateRole", "CreateUser", "PutRolePolicy", "ListRoles", "TagRole"], "ValidationError"),
    "sts": (["AssumeRole", "GetSessionToken"], "ValidationError"),
}


def is_sent(case):
    """Empty structures cannot be written in a form, and Unicode classes are wider than the generator's."""
    return "\\p{" not in str(case.limit) and "[{}, {}" not in str(case.input)


@pytest.mark.parametrize(
    ("service", "operation"), [(service, name) for service, (names, _) in OPERATIONS.items() for name in names]
)
def test_every_violation_is_told_with_its_place_and_constraint(client, service, operation):
    boto = client(service, parameter_validation=False)
    wrong = []
    for case in itertools.islice(filter(is_sent, Service(service).cases(operation)), MOST_CASES):
        try:
            boto._make_api_call(operation, case.input)
            wrong.append((str(case), "was accepted"))
            continue
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code != OPERATIONS[service][1] or not tells(message, case):
            wrong.append((str(case), code, message[:300]))
    assert wrong == []


def refusal(call, *arguments, **parameters):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.fixture
def sagemaker(client):
    return client("sagemaker", parameter_validation=False)


def test_all_violations_are_told_at_once(sagemaker):
    pattern = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    code, message = refusal(sagemaker.describe_training_job, TrainingJobName="_" * 64)
    value = "_" * 64
    place = f"Value '{value}' at 'trainingJobName' failed to satisfy constraint: Member must"
    assert code == "ValidationException"
    assert message == (
        f"2 validation errors detected: {place} have length less than or equal to 63; "
        f"{place} satisfy regular expression pattern: {pattern}"
    )


def test_one_bad_entry_of_a_map_is_told_with_all_constraints_of_its_values(sagemaker):
    parameters = {"TrainingJobName": "a", "HyperParameters": {"k": "v" * 2501}}
    _, message = refusal(sagemaker.create_training_job, **parameters)
    assert "' at 'hyperParameters' failed to satisfy constraint: Map value must satisfy constraint: [" in message
    assert "Member must have length less than or equal to 2500" in message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "NUMBER_VALUE can not be converted to a String"),
        (True, "TRUE_VALUE can not be converted to a String"),
        ({"a": "b"}, "Start of structure or map found where not expected."),
        (["a"], "Start of list found where not expected"),
    ],
)
def test_a_wrong_type_is_a_serialization_failure(server, value, words):
    call = json_call("SageMaker.DescribeTrainingJob", {"TrainingJobName": value})
    answer = send(server, sign(server, call, "sagemaker"))
    assert (answer.status, answer.code, answer.message) == (400, "SerializationException", words)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"a"', b"\xff\xfe", b"[" * 100_000, b'{"TrainingJobName":' * 9]
)
def test_a_body_that_is_no_input_is_refused(server, body):
    call = dataclasses.replace(json_call("SageMaker.DescribeTrainingJob"), body=body)
    answer = send(server, sign(server, call, "sagemaker"))
    assert answer.status == 400
    assert answer.code in ("SerializationException", "ValidationException")


def test_members_nobody_knows_are_ignored(server):
    call = json_call("SageMaker.ListTrainingJobs", {"MadeUp": {"a": [1, None]}, "__proto__": {"MaxResults": 1000}})
    assert send(server, sign(server, call, "sagemaker")).status == 200
