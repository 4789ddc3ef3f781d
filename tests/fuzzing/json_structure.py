"""Mutations of JSON by its structure. Documents are written here by hand, since no library writes what is wrong."""

import json

from odd_values import LARGE, NUMBERS, a_depth, a_text


class Raw(str):
    """Text that is written as it is."""


class Pairs(list):
    """An object as its pairs, which may have a key twice."""


def mutate(body, chance):
    try:
        document = _read(json.loads(body or b"{}"))
    except ValueError:
        return body
    text = ""
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        if len(text) < LARGE:
            document = _mutated(document, chance)
            text = _write(document)
    if chance.random() < 0.03:
        text = chance.choice(
            ["\ufeff" + text, text + text, text + " x", f"/*{text}*/", text.replace('"', "'"), text + "\0"]
        )
    return text.encode("utf-16" if chance.random() < 0.005 else "utf-8", "surrogatepass")


def _read(value):
    if isinstance(value, dict):
        return Pairs((key, _read(item)) for key, item in value.items())
    return [_read(item) for item in value] if isinstance(value, list) else value


def _write(value):
    if isinstance(value, Raw):
        return value
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{_write(key)}:{_write(item)}" for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    return json.dumps(value, ensure_ascii=isinstance(value, str) and len(value) % 2 == 0)


def _mutated(value, chance):
    """Goes down at random and changes where it stops."""
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        copy = type(value)(value)
        if isinstance(value, Pairs):
            key, item = value[place]
            copy[place] = (key, _mutated(item, chance))
        else:
            copy[place] = _mutated(value[place], chance)
        return copy if chance.random() < 0.85 else _changed_members(copy, chance)
    return chance.choice(_CHANGES)(value, chance)


def _changed_members(value, chance):
    """An object or a list with a member more, less, twice or renamed."""
    place = chance.randrange(len(value) + 1)
    if not isinstance(value, Pairs):
        return chance.choice([[*value, an_odd_value(None, chance)], value[1:], value * chance.choice([2, 50]), [None]])
    copy = Pairs(value)
    kind = chance.randrange(5)
    if kind == 0 and copy:
        del copy[place - 1]
    elif kind == 1 and copy:
        copy.insert(place, (copy[place - 1][0], an_odd_value(None, chance)))
    elif kind == 2 and copy:
        copy[place - 1] = (_a_key(copy[place - 1][0], chance), copy[place - 1][1])
    elif kind == 3:
        copy.insert(place, (chance.choice(["__proto__", "constructor", "prototype"]), Pairs([("MaxResults", "x")])))
    else:
        copy.insert(place, (a_text(chance), an_odd_value(None, chance)))
    return copy


def _a_key(key, chance):
    key = key if isinstance(key, str) else "a"
    return chance.choice(
        [key.lower(), key.upper(), key + "\0", " " + key, a_text(chance), Raw("1"), Raw("null"), key[:-1]]
    )


def an_odd_value(value, chance):
    return chance.choice([a_number, a_string, a_container, _a_literal])(value, chance)


def a_number(value, chance):
    return Raw(chance.choice(NUMBERS))


def a_string(value, chance):
    text = a_text(chance)
    if isinstance(value, str) and chance.random() < 0.4:
        place = chance.randrange(len(value) + 1)
        text = chance.choice(
            [value[:place] + text + value[place:], value * 50, value[:place], value.upper(), value[::-1]]
        )
    escapes = [
        r'"\ud800"',
        r'"a\udc00b"',
        r'"\ud800\ud800"',
        r'"\u0000"',
        r'"\x"',
        r'"\u12"',
        '"\t"',
        '"\0"',
        '"',
        "''",
    ]
    return Raw(chance.choice(escapes)) if chance.random() < 0.25 else text


def a_container(value, chance):
    depth = a_depth(chance)
    key = chance.choice(["a", "SubExpressions", "NestedFilters", "Filters", "__proto__"])
    nested = chance.choice(
        [Raw("[" * depth + "]" * depth), Raw(f'{{"{key}":' * depth + "1" + "}" * depth), Raw("[" * depth)]
    )
    both = Raw(f'{{"{key}":[' * depth + "]}" * depth)
    return chance.choice([[], Pairs(), [value], [[value]], Pairs([("a", value)]), [value, value], nested, both, [None]])


def _a_literal(value, chance):
    return chance.choice([None, True, False, Raw("undefined"), Raw("True"), Raw("")])


_CHANGES = (a_number, a_string, a_string, a_container, _a_literal)
