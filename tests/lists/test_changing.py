"""Pages of a list stay right while things are made, changed and removed between them."""

import itertools
import os
import random

import pytest
from json_calls import JsonCalls
from long_cases import cases

SEED = int(os.environ.get("CHANGING_LISTS_SEED", "2020"))
ROUNDS = 12
FIRST = 30


class Kind:
    """Calls on one kind of thing, by the word that its operations have."""

    def __init__(self, word, many, items, more, change):
        self.word, self.many, self.items, self.more, self.change = word, many, items, more, change
        self.name = f"{word}Name"


KINDS = {
    "code repositories": Kind(
        "CodeRepository",
        "ListCodeRepositories",
        "CodeRepositorySummaryList",
        {"GitConfig": {"RepositoryUrl": "https://example.com/a.git"}},
        {"GitConfig": {"SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a"}},
    ),
    "experiments": Kind("Experiment", "ListExperiments", "ExperimentSummaries", {}, {"Description": "changed"}),
    "trial components": Kind(
        "TrialComponent",
        "ListTrialComponents",
        "TrialComponentSummaries",
        {},
        {"Status": {"PrimaryStatus": "Completed"}},
    ),
}
ORDERS = [*itertools.product(("Name", "CreationTime"), ("Ascending", "Descending"))]


class Changing:
    """Things of one kind that come, change and go as the dice fall, and what is known of them."""

    def __init__(self, kind, calls, dice):
        self.kind, self.calls, self.dice = kind, calls, dice
        self.there, self.count = [], itertools.count()
        for _ in range(FIRST):
            self.make()

    def make(self):
        name = f"{self.dice.choice('azmk')}-{next(self.count)}"
        self.calls.answer(f"Create{self.kind.word}", {self.kind.name: name, **self.kind.more})
        self.there.append(name)

    def change(self):
        self.calls.answer(f"Update{self.kind.word}", {self.kind.name: self.dice.choice(self.there), **self.kind.change})

    def remove(self):
        name = self.there.pop(self.dice.randrange(len(self.there)))
        self.calls.answer(f"Delete{self.kind.word}", {self.kind.name: name})

    def stir(self):
        for _ in range(self.dice.randrange(4)):
            self.dice.choice([self.make, self.change, self.remove] if len(self.there) > FIRST // 2 else [self.make])()


@pytest.mark.parametrize("kind", cases("code repositories", "trial components", long=("experiments",)))
def test_who_was_there_all_the_time_comes_exactly_once(kind, server):
    dice = random.Random(f"{SEED} {kind}")
    calls = JsonCalls(server, "eu-changing-1")
    things = Changing(KINDS[kind], calls, dice)
    for _ in range(ROUNDS):
        by, order = dice.choice(ORDERS)
        query = {"SortBy": by, "SortOrder": order, "MaxResults": dice.randrange(1, 9)}
        before, found, token = set(things.there), [], {}
        always = set(before)
        while token is not None:
            answer = calls.answer(things.kind.many, {**query, **token})
            found += [item[things.kind.name] for item in answer[things.kind.items]]
            token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else None
            things.stir()
            always &= set(things.there)
        assert len(found) == len(set(found)), (SEED, query, found)
        assert always <= set(found), (SEED, query, always - set(found))
    calls.close()
