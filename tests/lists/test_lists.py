"""Every list of SageMaker: its orders, filters and pages, for all that its request can say."""

import functools
import itertools
import os

import pytest
from json_calls import JsonCalls
from listed_nouns import LISTED, NAMES, World
from sagemaker_models import OPERATIONS, newest
from xgboost_jobs import IMAGE

REGION = f"eu-lists-{os.getpid() % 10}"
IDS = [noun.list for noun in LISTED]
UP, DOWN = "Ascending", "Descending"


@pytest.fixture(scope="module")
def world(server):
    calls = JsonCalls(server, REGION)
    world = World(server, calls)
    world.fill()
    yield world
    calls.close()


def members(noun):
    """Members that the list's request has: {member: shape}."""
    shapes = newest().shapes
    request = shapes[newest().operations[noun.list]["input"]["shape"]]
    return {member: shapes[traits["shape"]] for member, traits in request["members"].items()}


def fields(noun):
    """Where an item has what lists sort by."""
    created = {"CreationTime": noun.created, "CreateDate": noun.created}
    return {"Name": noun.name, "LastModifiedTime": noun.modified, "Status": noun.status, **created}


def sorted_by(items, noun, by, order):
    def place(item):
        # The name breaks ties; those of experiments are the same in any case.
        return item[fields(noun)[by]], item[noun.name]

    return sorted(items, key=place, reverse=order == DOWN)


@pytest.mark.parametrize("noun", LISTED, ids=IDS)
def test_pages_hold_everything_once_in_the_order_of_the_list(noun, world):
    everything = world.items(noun, MaxResults=100)
    assert {item[noun.name] for item in everything} >= set(NAMES[: noun.most])
    assert everything == sorted_by(everything, noun, *noun.order)
    assert world.items(noun, MaxResults=2) == everything


@pytest.mark.parametrize("noun", [noun for noun in LISTED if "SortOrder" in members(noun)], ids=lambda noun: noun.list)
def test_a_list_is_sorted_as_asked(noun, world):
    everything = world.items(noun, MaxResults=100)
    given = members(noun)
    ways = [{"SortBy": by} for by in given["SortBy"]["enum"]] if "SortBy" in given else [{}]
    for by, order in itertools.product(ways, (UP, DOWN)):
        wanted = sorted_by(everything, noun, by.get("SortBy", "CreationTime"), order)
        assert world.items(noun, **by, SortOrder=order, MaxResults=3) == wanted, (by, order)


def filters(noun, everything):
    """(query, which items it lets through) of everything that the list filters by."""
    given = members(noun)
    for member, text in itertools.product({"NameContains"} & set(given), ("apple", "KIWI", "t-9", "no-such", "i")):
        yield {member: text}, lambda item, text=text: text.lower() in item[noun.name].lower()
    for moment in {item[noun.created] for item in everything}:
        for member in {"CreationTimeAfter", "CreatedAfter"} & set(given):
            yield {member: moment}, lambda item, moment=moment: item[noun.created] > moment
        for member in {"CreationTimeBefore", "CreatedBefore"} & set(given):
            yield {member: moment}, lambda item, moment=moment: item[noun.created] < moment
    if "LastModifiedTimeAfter" in given:
        for moment in {item[noun.modified] for item in everything}:
            yield {"LastModifiedTimeAfter": moment}, lambda item, moment=moment: item[noun.modified] > moment
            yield {"LastModifiedTimeBefore": moment}, lambda item, moment=moment: item[noun.modified] < moment
    for status in given.get("StatusEquals", {}).get("enum", ()):
        yield {"StatusEquals": status}, lambda item, status=status: item[noun.status] == status


@pytest.mark.parametrize("noun", LISTED, ids=IDS)
def test_a_list_is_narrowed_as_asked(noun, world):
    everything = world.items(noun, MaxResults=100)
    sorts = members(noun).get("SortBy", {}).get("enum", [])
    for query, lets_through in filters(noun, everything):
        wanted = [item for item in everything if lets_through(item)]
        assert world.items(noun, **query, MaxResults=2) == wanted, query
        for by in sorts:
            found = world.items(noun, **query, SortBy=by, SortOrder=DOWN, MaxResults=100)
            assert found == sorted_by(wanted, noun, by, DOWN), (query, by)


@pytest.mark.parametrize(
    "noun", [noun for noun in LISTED if "StatusEquals" in members(noun)], ids=lambda noun: noun.list
)
def test_filters_hold_together(noun, world):
    everything = world.items(noun, MaxResults=100)
    [middle, *_] = sorted(item[noun.created] for item in everything)[len(everything) // 2 :]
    for status, after in itertools.product({item[noun.status] for item in everything}, (True, False)):
        query = {"StatusEquals": status, "NameContains": "I", f"CreationTime{'After' if after else 'Before'}": middle}
        wanted = [
            item
            for item in everything
            if item[noun.status] == status
            and "i" in item[noun.name]
            and (item[noun.created] > middle if after else item[noun.created] < middle)
        ]
        assert world.items(noun, **query, MaxResults=1) == wanted, query


@pytest.mark.parametrize("noun", LISTED, ids=IDS)
def test_a_page_has_as_many_as_asked_and_ten_where_nobody_asks(noun, world):
    most = members(noun)["MaxResults"]["max"]
    everything = world.items(noun, MaxResults=most)
    assert len(world.ask(noun.list)[noun.items]) == min(10, len(everything))
    for wrong in (0, most + 1):
        code, message = world.calls.refusal(noun.list, {"MaxResults": wrong})
        assert code == "ValidationException" and "'maxResults'" in message


@pytest.mark.parametrize("noun", [noun for noun in LISTED if noun.most > 1], ids=lambda noun: noun.list)
def test_a_token_holds_for_the_query_that_gave_it(noun, world, server):
    given = members(noun)
    first = world.ask(noun.list, MaxResults=1)
    token = {"NextToken": first["NextToken"], "MaxResults": 1}
    assert world.ask(noun.list, **token)[noun.items] != first[noun.items]
    others = [
        {"SortOrder": DOWN if noun.order[1] == UP else UP},
        {"SortBy": "Name" if noun.order[0] != "Name" else "CreationTime"},
        {"NameContains": "i"},
        {"CreationTimeAfter": 1},
        {"CreatedAfter": 1},
        {"LastModifiedTimeBefore": 4e9},
        {"StatusEquals": "Failed"},
        {"NextToken": "made-up"},
        {"NextToken": token["NextToken"][:-1]},
    ]
    elsewhere = JsonCalls(server, "eu-lists-elsewhere")
    for calls, more in [*((world.calls, other) for other in others if set(other) <= set(given)), (elsewhere, {})]:
        code, message = calls.refusal(noun.list, {**token, **more})
        assert (code, "NextToken" in message) == ("ValidationException", True), more
    elsewhere.close()


ALL = {"MaxResults": 100}


@pytest.fixture(scope="module")
def family(world):
    """Trials of an experiment, three components in each; one component is in both."""
    world.ask("CreateExperiment", ExperimentName="Family")
    for trial in ("Second", "first"):
        world.ask("CreateTrial", TrialName=trial, ExperimentName="Family")
    parts = {"Second": ("Both", "c-2", "a-9"), "first": ("Both", "b-4", "d-1")}
    for part in ("c-2", "Both", "d-1", "a-9", "b-4"):
        world.ask("CreateTrialComponent", TrialComponentName=part)
    for trial, name in ((trial, name) for trial, names in parts.items() for name in names):
        world.ask("AssociateTrialComponent", TrialName=trial, TrialComponentName=name)
    return world


#: What a list is asked for, and the names that it gives.
CHILDREN = {
    "trials of an experiment": ("ListTrials", {"ExperimentName": "family"}, {"first", "Second"}),
    "trials of a component": ("ListTrials", {"TrialComponentName": "both"}, {"first", "Second"}),
    "components of an experiment": (
        "ListTrialComponents",
        {"ExperimentName": "Family"},
        {"Both", "a-9", "b-4", "c-2", "d-1"},
    ),
    "components of a trial": ("ListTrialComponents", {"TrialName": "second"}, {"Both", "c-2", "a-9"}),
}


@pytest.mark.parametrize(("operation", "parent", "names"), CHILDREN.values(), ids=CHILDREN)
def test_the_children_of_one_thing_are_listed(operation, parent, names, family):
    [noun] = [noun for noun in LISTED if noun.list == operation]
    everything = family.items(noun, **parent, **ALL)
    assert {item[noun.name] for item in everything} == names

    def place(item, by):
        return item["CreationTime"] if by == "CreationTime" else "", item[noun.name].lower()

    for by, order in itertools.product(("Name", "CreationTime"), (UP, DOWN)):
        wanted = sorted(everything, key=functools.partial(place, by=by), reverse=order == DOWN)
        assert family.items(noun, **parent, SortBy=by, SortOrder=order, MaxResults=1) == wanted, (by, order)
    for moment in {item["CreationTime"] for item in everything}:
        later = [item for item in everything if item["CreationTime"] > moment]
        assert family.items(noun, **parent, CreatedAfter=moment, MaxResults=1) == later
    token = family.ask(operation, **parent, MaxResults=1)["NextToken"]
    others = ({}, {**parent, "SortOrder": UP}, {**parent, "SortBy": "Name"}, {**parent, "CreatedAfter": 1})
    for other in others:
        code, message = family.calls.refusal(operation, {**other, "NextToken": token})
        assert (code, "NextToken" in message) == ("ValidationException", True), other


def test_tags_are_listed_in_pages_of_one_resource(world):
    tags = [{"Key": f"key-{number:02}", "Value": "v"} for number in range(50)]
    models = [
        world.ask("CreateModel", ModelName=f"tagged-{n}", PrimaryContainer={"Image": IMAGE}, Tags=tags)["ModelArn"]
        for n in (1, 2)
    ]
    answer = world.ask("ListTags", ResourceArn=models[0], MaxResults=50)
    assert (answer["Tags"], "NextToken" in answer) == (tags, False)
    for wrong in ("made-up", "0", "49", "-1", "1e1"):
        code, message = world.calls.refusal("ListTags", {"ResourceArn": models[0], "NextToken": wrong})
        assert (code, "NextToken" in message) == ("ValidationException", True), wrong


EMPTY = sorted(
    operation
    for operation in newest().operations
    if operation.startswith("List") and operation in OPERATIONS and operation not in {*IDS, "ListTags"}
)


@pytest.mark.parametrize("operation", EMPTY)
def test_a_list_of_what_cannot_be_made_yet_has_given_out_no_token(operation, world):
    given = newest(known=True).minimal(operation)
    code, _ = world.calls.refusal(operation, {**given, "NextToken": "made-up"})
    assert code in ("ValidationException", "ResourceNotFound")
