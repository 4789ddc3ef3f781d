"""Things that are changed, removed, described and made again at once: every answer is a legal one."""

import os
import random

import pytest
from json_calls import JsonCalls, message_of
from listed_nouns import World, variants
from long_cases import cases
from record_nouns import a_team
from volley import volley
from xgboost_jobs import IMAGE

SEED = int(os.environ.get("RACES_SEED", "2020"))
AT_ONCE = 40
CODES = {None, "ValidationException", "ResourceNotFound", "ResourceInUse", "ConflictException"}
ENDPOINT_STATUSES = {"Creating", "Updating", "RollingBack", "InService", "Deleting", "Failed"}


@pytest.fixture(scope="module")
def world(server):
    calls = JsonCalls(server, "eu-races-2")
    world = World(server, calls)
    world.ask("CreateEndpointConfig", EndpointConfigName="other-config", ProductionVariants=variants(world))
    yield world
    calls.close()


def endpoint_calls(world):
    name = {"EndpointName": "raced"}
    resized = [{"VariantName": "a", "DesiredInstanceCount": 1, "DesiredWeight": 2}]
    return [
        ("CreateEndpoint", {**name, "EndpointConfigName": world.config}),
        ("UpdateEndpoint", {**name, "EndpointConfigName": "other-config"}),
        ("UpdateEndpointWeightsAndCapacities", {**name, "DesiredWeightsAndCapacities": resized}),
        ("DeleteEndpoint", name),
        ("DescribeEndpoint", name),
        ("ListEndpoints", {"NameContains": "raced"}),
    ]


def config_calls(world):
    name = {"EndpointConfigName": "raced"}
    return [
        ("CreateEndpointConfig", {**name, "ProductionVariants": variants(world)}),
        ("DeleteEndpointConfig", name),
        ("DescribeEndpointConfig", name),
        ("CreateEndpoint", {"EndpointName": "on-raced", **name}),
        ("DeleteEndpoint", {"EndpointName": "on-raced"}),
    ]


def experiment_calls(world):
    name, trial = {"ExperimentName": "raced"}, {"TrialName": "raced"}
    part = {"TrialComponentName": "raced"}
    return [
        ("CreateExperiment", name),
        ("UpdateExperiment", {**name, "Description": "changed"}),
        ("DeleteExperiment", name),
        ("DescribeExperiment", name),
        ("CreateTrial", {**trial, **name}),
        ("UpdateTrial", {**trial, "DisplayName": "changed"}),
        ("DeleteTrial", trial),
        ("CreateTrialComponent", part),
        ("AssociateTrialComponent", {**trial, **part}),
        ("DisassociateTrialComponent", {**trial, **part}),
        ("DeleteTrialComponent", part),
        ("ListTrials", name),
    ]


def team_calls(world):
    name = {"WorkteamName": "raced"}
    return [
        ("CreateWorkteam", a_team("raced")),
        ("UpdateWorkteam", {**name, "Description": "changed"}),
        ("DeleteWorkteam", name),
        ("DescribeWorkteam", name),
        ("ListWorkteams", {}),
    ]


def model_calls(world):
    name = {"ModelName": "raced"}
    arn = "arn:aws:sagemaker:eu-races-2:123456789012:model/raced"
    return [
        ("CreateModel", {**name, "PrimaryContainer": {"Image": IMAGE}}),
        ("DeleteModel", name),
        ("DescribeModel", name),
        ("AddTags", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("DeleteTags", {"ResourceArn": arn, "TagKeys": ["a"]}),
        ("ListTags", {"ResourceArn": arn}),
    ]


KINDS = {
    "endpoints": endpoint_calls,
    "endpoint configurations": config_calls,
    "experiments, trials and components": experiment_calls,
    "work teams": team_calls,
    "models and their tags": model_calls,
}


@pytest.mark.parametrize("rounds", cases(4, long=(100,)))
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_happens_at_once_is_answered_legally(kind, rounds, world, server):
    dice = random.Random(f"{SEED} {kind}")
    possible = KINDS[kind](world)
    for _ in range(rounds):
        chosen = [*possible, *dice.choices(possible, k=AT_ONCE - len(possible))]
        dice.shuffle(chosen)
        answers = volley(server, [world.calls.signed(*call) for call in chosen])
        for (operation, _given), answer in zip(chosen, answers, strict=True):
            assert answer.status in (200, 400), (SEED, operation, answer)
            assert answer.status == 200 or answer.code in CODES, (SEED, operation, answer)
            assert answer.status == 200 or message_of(answer), (SEED, operation)
        described = [world.calls.ask("DescribeEndpoint", {"EndpointName": name}) for name in ("raced", "on-raced")]
        for answer in described:
            assert answer.status == 400 or any(f'"{status}"'.encode() in answer.body for status in ENDPOINT_STATUSES)
