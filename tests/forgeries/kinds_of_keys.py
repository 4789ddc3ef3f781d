"""Forgeries by who signs and when: keys and tokens that do not belong together, dead keys, times outside the limits."""

import datetime
from dataclasses import replace

from signer import Keys

#: A request may be as old as this, and as early. S3 and the others: 15 minutes.
SKEW_SECONDS = 900
#: How far outside its time a forged request is; the smallest leaves two seconds for the way to the server.
OUTSIDE_SECONDS = (3, 60, 86_400, 31_536_000)


def another_secret(signed, world, random):
    return signed.again(keys=replace(signed.scope.keys, secret="".join(random.choices("abcXYZ0189+/", k=40))))


def the_secret_of_somebody_else(signed, world, random):
    others = [keys for keys in world.keys.values() if keys != signed.scope.keys]
    return signed.again(keys=replace(signed.scope.keys, secret=random.choice(others).secret))


def a_key_nobody_has(signed, world, random):
    access = "AKIA" + "".join(random.choices("ABCDEFGHIJKLMNOP234567", k=16))
    return signed.again(keys=replace(signed.scope.keys, access=access))


def the_key_of_somebody_else(signed, world, random):
    others = [keys for keys in world.keys.values() if keys != signed.scope.keys]
    return signed.again(keys=replace(signed.scope.keys, access=random.choice(others).access))


def a_key_in_another_case(signed, world, random):
    return signed.again(keys=replace(signed.scope.keys, access=signed.scope.keys.access.lower()))


def the_token_of_another_role(signed, world, random):
    mine, other = world.keys["session"], world.keys["other"]
    return signed.again(keys=random.choice([replace(mine, token=other.token), replace(other, token=mine.token)]))


def a_session_without_its_token(signed, world, random):
    return signed.again(keys=replace(world.keys["session"], token=None))


def a_token_on_lasting_keys(signed, world, random):
    return signed.again(keys=replace(world.keys["user"], token=world.keys["session"].token))


def a_token_of_which_a_letter_is_another(signed, world, random):
    keys = world.keys["session"]
    place = random.randrange(len(keys.token))
    letter = random.choice([one for one in "ABCabc0189" if one != keys.token[place]])
    return signed.again(keys=replace(keys, token=keys.token[:place] + letter + keys.token[place + 1 :]))


def a_token_cut_or_made_longer(signed, world, random):
    keys = world.keys["session"]
    cut = random.randrange(1, len(keys.token))
    token = random.choice([keys.token[:-cut], keys.token + "A", keys.token + "=", keys.token * 2, "A", keys.secret])
    return signed.again(keys=replace(keys, token=token))


def keys_that_are_switched_off(signed, world, random):
    return signed.again(keys=world.deactivated)


def keys_that_are_deleted(signed, world, random):
    return signed.again(keys=world.deleted)


def no_secret_at_all(signed, world, random):
    return signed.again(keys=Keys(signed.scope.keys.access, "", signed.scope.keys.token))


def _now():
    return datetime.datetime.now(datetime.UTC)


def a_time_that_is_over(signed, world, random):
    """Just over, and long over."""
    over = random.choice(OUTSIDE_SECONDS)
    lives = signed.scope.expires if signed.form in ("presigned", "v2 query", "form v4", "form v2") else SKEW_SECONDS
    return signed.again(at=_now() - datetime.timedelta(seconds=lives + over))


def a_time_to_come(signed, world, random):
    """Addresses of Version 2 and policies have no beginning."""
    if signed.form in ("v2 query", "form v4", "form v2"):
        return None
    early = random.choice(OUTSIDE_SECONDS)
    return signed.again(at=_now() + datetime.timedelta(seconds=SKEW_SECONDS + early))


KINDS = {
    function.__name__.replace("_", " "): function
    for function in (
        another_secret,
        the_secret_of_somebody_else,
        a_key_nobody_has,
        the_key_of_somebody_else,
        a_key_in_another_case,
        the_token_of_another_role,
        a_session_without_its_token,
        a_token_on_lasting_keys,
        a_token_of_which_a_letter_is_another,
        a_token_cut_or_made_longer,
        keys_that_are_switched_off,
        keys_that_are_deleted,
        no_secret_at_all,
        a_time_that_is_over,
        a_time_to_come,
    )
}
