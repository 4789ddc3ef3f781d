"""Ten thousand forgeries, of which none may be taken."""

import os

from campaign import ask_validly, forge
from kinds import KINDS

SEED = os.environ.get("FORGERY_SEED", "1009")
COUNT = int(os.environ.get("FORGERIES", "10000"))


def test_none_of_ten_thousand_forgeries_is_taken(guarded):
    server, world = guarded
    refused, accepted = forge(server, world, COUNT, SEED)
    print(f"{sum(refused.values())} of {COUNT} forgeries of {len(KINDS)} kinds were refused")
    assert accepted == [], f"seed {SEED}: {len(accepted)} of {COUNT} were not refused\n" + "\n".join(accepted[:10])
    assert set(refused) == set(KINDS)
    taken, wrongly_refused = ask_validly(world, COUNT // 10, SEED)
    print(f"{sum(taken.values())} of {COUNT // 10} valid requests were taken")
    assert wrongly_refused == [], f"seed {SEED}\n" + "\n".join(wrongly_refused[:10])
