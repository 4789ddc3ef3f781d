"""No forged request is taken, whatever kind of forgery it is, and no valid one is refused."""

import os

from campaign import ask_validly, forge
from forms import FORMS
from kinds import KINDS

SEED = os.environ.get("FORGERY_SEED", "2020")


def test_no_forgery_of_any_kind_is_taken(guarded):
    server, world = guarded
    refused, accepted = forge(server, world, 1500, SEED)
    assert accepted == [], f"seed {SEED}: {len(accepted)} of 1500 were not refused\n" + "\n".join(accepted[:10])
    assert set(refused) == set(KINDS)


def test_no_valid_request_of_any_form_is_refused(guarded):
    _, world = guarded
    taken, refused = ask_validly(world, 1000, SEED)
    assert refused == [], f"seed {SEED}: {len(refused)} of 1000 were refused\n" + "\n".join(refused[:10])
    assert set(taken) == set(FORMS)
