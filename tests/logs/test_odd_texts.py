"""Texts made of pieces of queries and patterns, put together without sense: each is understood or refused, quickly."""

import random
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from long_cases import cases

# Pieces of queries and of patterns, with a blank between them.
PIECES = Path(__file__).with_name("odd_pieces.txt").read_text().split()


def a_text(chance):
    glue = chance.choice([" ", " ", ""])
    return glue.join(chance.choices(PIECES, k=chance.choice([1, 3, 8, 20, 300])))[:1000]


@pytest.mark.parametrize("seed", cases(1, long=range(2, 20)))
def test_no_text_breaks_or_holds_the_server(logs, group, seed):
    chance = random.Random(seed)
    span = {"logGroupName": group, "startTime": 0, "endTime": 1}
    calls = {
        "query": lambda text: logs.start_query(
            queryString=f"{chance.choice(['', 'fields ', 'filter '])}{text}", **span
        ),
        "pattern": lambda text: logs.test_metric_filter(filterPattern=text, logEventMessages=[text or "x", "a b c"]),
    }
    understood = 0
    for _ in range(100):
        for kind, call in calls.items():
            text = a_text(chance)
            began = time.monotonic()
            try:
                call(text)
                understood += 1
            except ClientError as error:
                expected = {"MalformedQueryException", "InvalidParameterException", "LimitExceededException"}
                assert error.response["Error"]["Code"] in expected, (kind, text)
            assert time.monotonic() - began < 5, (kind, text)
    assert understood > 0
