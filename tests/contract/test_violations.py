"""Every constraint of every operation of SageMaker is broken once, in an input that is valid but for that.

Cases are read from the newest botocore, and from that of September 2020 where it demands what today's no longer does.
"""

import json

import pytest
from json_calls import JsonCalls, message_of
from sagemaker_models import OPERATIONS, newest, of_2020
from words import tells

#: What cannot be made yet is refused by name, once its input has been looked at.
NOT_YET = 501
#: A value of another type, by type.
WRONG = {
    "string": 7,
    "integer": "seven",
    "long": "seven",
    "float": "seven",
    "double": "seven",
    "boolean": "yes",
    "structure": "text",
    "list": "text",
    "map": "text",
    "timestamp": {},
    "blob": 7,
}

#: Required in 2020, and rightly left out today.
NEEDED_NO_MORE = {
    ("CreateModel", "ExecutionRoleArn"): "a model without data needs no role",
    ("CreateTrainingJob", "StoppingCondition"): "a job has a day where nobody says how long it may take",
    ("CreateProcessingJob", "ProcessingInputs.0.S3Input.S3InputMode"): "files, where nobody says so",
}


@pytest.fixture(scope="module")
def calls(server):
    calls = JsonCalls(server)
    yield calls
    calls.close()


def test_every_violation_is_told_with_its_place_and_constraint(calls):
    wrong, sent = [], 0
    for operation in OPERATIONS:
        for case in newest().cases(operation):
            answer = calls.ask(operation, case.input)
            sent += 1
            told = answer.status == 400 and answer.code == "ValidationException" and tells(message_of(answer), case)
            if not told:
                wrong.append((str(case), answer.status, answer.code, message_of(answer)[:300]))
    print(f"{sent} violations of {len(OPERATIONS)} operations")
    assert wrong == [], "\n".join(map(str, wrong))


def test_what_2020_demanded_and_nobody_does_today_the_operation_asks_for(calls):
    wrong, sent = [], 0
    for operation in OPERATIONS:
        today = {(case.path, case.constraint, json.dumps(case.limit)) for case in newest().cases(operation)}
        for case in of_2020().cases(operation):
            if (case.path, case.constraint, json.dumps(case.limit)) in today:
                continue
            answer = calls.ask(operation, case.input)
            sent += 1
            if answer.status >= 500 and answer.status != NOT_YET:
                wrong.append((str(case), answer.status, answer.code))
            elif case.constraint == "required" and not asks_for(case, answer):
                wrong.append((str(case), answer.status, answer.code, message_of(answer)[:300]))
    print(f"{sent} violations of 2020 only")
    assert wrong == [], "\n".join(map(str, wrong))


def asks_for(case, answer):
    """Whether the operation says what is missing; what is not built, or not there, is told before."""
    if answer.status == NOT_YET or answer.code == "ResourceNotFound":
        return True
    if (case.operation, ".".join(map(str, case.path))) in NEEDED_NO_MORE:
        return answer.status < 500
    return answer.code == "ValidationException" and case.path[-1].lower() in message_of(answer).lower()


def test_a_member_of_another_type_is_a_serialization_failure(calls):
    wrong, sent = [], 0
    for operation in OPERATIONS:
        shape = newest().operations[operation].get("input")
        for member, traits in newest().shapes[shape["shape"]]["members"].items() if shape else ():
            kind = newest().shapes[traits["shape"]]["type"]
            answer = calls.ask(operation, {**newest().minimal(operation), member: WRONG[kind]})
            sent += 1
            if (answer.status, answer.code) != (400, "SerializationException"):
                wrong.append((operation, member, kind, answer.status, answer.code, message_of(answer)[:200]))
    print(f"{sent} members of a wrong type")
    assert wrong == [], "\n".join(map(str, wrong))


def a_variant(weight):
    return {
        "EndpointConfigName": "endless",
        "ProductionVariants": [
            {
                "VariantName": "a",
                "ModelName": "endless",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": weight,
            }
        ],
    }


def a_component(**more):
    return {"TrialComponentName": "endless", **more}


# What JSON cannot keep: it would be acknowledged and be gone.
ENDLESS = {
    "a parameter that is no number": ("CreateTrialComponent", a_component(Parameters={"a": {"NumberValue": "NaN"}})),
    "an endless parameter": ("CreateTrialComponent", a_component(Parameters={"a": {"NumberValue": "-Infinity"}})),
    "a moment after the year 9999": ("CreateTrialComponent", a_component(StartTime=1e30)),
    "a weight that is no number": ("CreateEndpointConfig", a_variant("NaN")),
    "an endless weight": ("CreateEndpointConfig", a_variant("Infinity")),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_number_that_cannot_be_kept_is_refused(what, calls):
    operation, document = ENDLESS[what]
    code, message = calls.refusal(operation, document)
    assert code in ("ValidationException", "SerializationException")
    assert "endless" not in message or "finite" in message
