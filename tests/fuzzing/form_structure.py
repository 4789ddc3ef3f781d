"""Mutations of forms of the query protocol: names with their indexes, values, percent-encoding."""

import re
from urllib.parse import quote, quote_plus

from odd_values import NUMBERS, a_text

#: A form that has grown beyond this is not made larger.
_MANY = 500


def mutate(body, chance):
    pairs = [pair.partition("=")[::2] for pair in body.decode("utf-8", "replace").split("&")]
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        if len(pairs) < _MANY:
            pairs = _mutated(pairs, chance)
    return "&".join(name if value is None else f"{name}={value}" for name, value in pairs).encode("utf-8", "replace")


def _mutated(pairs, chance):
    place = chance.randrange(len(pairs))
    name, value = pairs[place]
    kind = chance.randrange(9)
    if kind == 0:
        return pairs[:place] + pairs[place + 1 :] or [("Action", "x")]
    if kind == 1:
        return [*pairs, (name, _a_value(value or "", chance))]
    if kind == 2:
        return [*pairs[:place], (_a_name(name, chance), value), *pairs[place + 1 :]]
    if kind == 3:
        return [*pairs, (_a_name(name, chance), _a_value(value or "", chance))]
    if kind == 4:
        return [*pairs, *((f"{name}.member.{number}", "x") for number in range(chance.choice([2, 100, 3000])))]
    if kind == 5 and chance.random() < 0.1:
        return pairs * 2000
    if kind == 6:
        chance.shuffle(pairs)
        return pairs
    return [*pairs[:place], (name, _a_value(value or "", chance)), *pairs[place + 1 :]]


def _a_name(name, chance):
    indexes = ["0", "-1", "1e5", "999999999999", "01", "1.1", "", "__proto__", "length", "2", "member", "entry", "key"]
    index = chance.choice(indexes)
    return chance.choice(
        [
            re.sub(r"\.\d+", f".{index}", name, count=1),
            f"{name}.{index}",
            f"{name}.member.{index}",
            f"{name}.entry.{index}.key",
            name + ".a" * chance.choice([5, 31, 32, 33, 1000]),
            name.replace(".member", ""),
            name.replace(".", ".."),
            name.lower(),
            name + ".",
            "." + name,
            "__proto__",
            f"__proto__.{name}",
            quote(a_text(chance)),
            "".join(f"%{byte:02x}" for byte in name.encode()),
            "",
        ]
    )


def _a_value(value, chance):
    return chance.choice(
        [
            quote_plus(a_text(chance)),
            quote_plus(a_text(chance)),
            quote_plus(a_text(chance)),
            chance.choice(NUMBERS),
            value
            + chance.choice(["%", "%0", "%gg", "%00", "%ff", "%ED%A0%80", "%C0%80", "+", "=", ";", "#", "\0", "ü"]),
            value * chance.choice([0, 2, 40]),
            quote_plus(quote_plus(value)),
            None,
        ]
    )
