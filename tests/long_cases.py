"""Cases of a test that only the long suites run."""

import pytest


def cases(*always, long=()):
    """Values for parametrize: those that every run takes, then those of the marker `long`."""
    return [*always, *(pytest.param(value, marks=pytest.mark.long) for value in long)]
