"""Of many who make the same thing at once, one does."""

import itertools
from collections import Counter

import pytest
from json_calls import JsonCalls
from listed_nouns import LISTED, World
from long_cases import cases
from volley import volley

#: What the others are told, by noun (sheet of jobs, "Common API rules").
IN_USE = {"CreateTrainingJob", "CreateProcessingJob", "CreateTransformJob", "CreateHumanTaskUi", "CreateWorkteam"}
IN_USE |= {"CreateFlowDefinition"}
FEW, MANY = 50, 500
#: Always made by many.
ALWAYS_MANY = "CreateExperiment"
odd_numbers = itertools.count(1, 2)
#: Their names are in lower case by the model.
LOWER_CASE = {"CreateHumanTaskUi", "CreateFlowDefinition"}


@pytest.fixture(scope="module")
def world(server):
    calls = JsonCalls(server, "eu-races-1")
    yield World(server, calls)
    calls.close()


@pytest.mark.parametrize("count", cases(FEW, long=(MANY,)))
@pytest.mark.parametrize("noun", LISTED, ids=[noun.create for noun in LISTED])
def test_of_many_creates_of_one_name_one_wins(noun, count, world, server):
    count = MANY if noun.create == ALWAYS_MANY else count
    name = f"one-{next(odd_numbers)}"
    given = {noun.name: name, **noun.request(name, world)}
    call = world.calls.signed(noun.create, given)
    answers = volley(server, [call] * count)
    found = Counter((answer.status, answer.code) for answer in answers)
    lost = "ResourceInUse" if noun.create in IN_USE else "ValidationException"
    # The region has a workforce already, and no more than that.
    winners = 0 if noun.create == "CreateWorkforce" else 1
    assert found == Counter({(200, None): winners, (400, lost): len(answers) - winners})
    assert world.names(noun, MaxResults=100).count(name) == winners


@pytest.mark.parametrize(
    "noun", [noun for noun in LISTED if noun.create not in LOWER_CASE], ids=lambda noun: noun.create
)
def test_of_names_that_differ_only_in_case_one_wins(noun, world, server):
    """Both would have the same ARN, and so the same tags, which policies go by."""
    name = f"two-{next(odd_numbers)}"
    calls = [
        world.calls.signed(noun.create, {noun.name: each, **noun.request(each, world)})
        for each in (name.upper(), name, name.title()) * 3
    ]
    answers = volley(server, calls)
    winners = 0 if noun.create == "CreateWorkforce" else 1
    assert sum(answer.status == 200 for answer in answers) == winners
    assert {answer.status for answer in answers} <= {200, 400}
    assert [each.lower() for each in world.names(noun, MaxResults=100)].count(name) == winners
