"""Many forgeries in turn: every kind, over every form that it has a meaning for, from one seed."""

import datetime
import random
from collections import Counter

from forms import a_request
from judge import is_refused
from kinds import KINDS
from line import Line, NoAnswerError
from world import CANARY, damage

#: Forms tried for a kind that does not fit the first; the rarest kinds fit one form in forty.
MOST_TRIES = 2_000


def a_forgery(world, chance, kind):
    """A forged call of a kind, with the valid request it was made of."""
    for _ in range(MOST_TRIES):
        signed = a_request(world, chance, CANARY)
        call = KINDS[kind](signed, world, chance)
        if call is not None and call != signed.call:
            return signed, call
    raise AssertionError(f"no request fits the kind {kind!r}")


def forge(server, world, count, seed):
    """Sends `count` forgeries. Gives how many of each kind were refused, and in words those that were not."""
    chance = random.Random(seed)
    line = Line(world.url)
    refused, accepted = Counter(), []
    kinds = list(KINDS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        signed, call = a_forgery(world, chance, kind)
        try:
            answer = line.ask(call)
        except NoAnswerError as cause:
            accepted.append(f"{kind}, {signed.form}, number {number}: {cause}")
            continue
        if is_refused(call, answer):
            refused[kind] += 1
        else:
            when = datetime.datetime.now(datetime.UTC).isoformat()
            accepted.append(f"{kind}, {signed.form}, number {number} at {when}: {answer}\n{call.encoded()[:3000]}")
    line.close()
    accepted += [f"was done: {what}" for what in damage(server)]
    return refused, accepted


def ask_validly(world, count, seed):
    """Sends `count` valid requests of every form. Gives how many of each form were taken, and the others in words."""
    chance = random.Random(seed)
    line = Line(world.url)
    taken, refused = Counter(), []
    for number in range(count):
        signed = a_request(world, chance, "valid")
        answer = line.ask(signed.call)
        # An endpoint that there is not answers so to a caller that it knows.
        unknown_endpoint = signed.call.path.startswith("/endpoints/") and b"Endpoint nobody-made-this" in answer.body
        if answer.status < 300 or unknown_endpoint:
            taken[signed.form] += 1
        else:
            refused.append(f"{signed.form}, number {number}: {answer}\n{signed.call.encoded()[:3000]}")
    line.close()
    return taken, refused
