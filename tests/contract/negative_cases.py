"""Valid inputs and inputs that break one constraint each, for any operation, read from botocore's service models.

The server's own tables are not read here, so that a mistake in them shows as a failing test.
"""

import datetime
import re
from dataclasses import dataclass

import botocore.loaders
from pattern_strings import breaking, matching, translate

# Larger values are not worth sending: the constraint stays untested.
LONGEST_STRING = 100_000
LONGEST_LIST = 1_000

#: Steps of a path into a map, beside member names (str) and list indexes (int).
MAP_KEY, MAP_VALUE = "<key>", "<value>"


@dataclass(frozen=True)
class Case:
    """An input that breaks a constraint.

    path: where, ("Tags", 0, "Key"). constraint: "required", "min", "max", "pattern" or "enum". limit: the model's value
    of the constraint; for "required" the name of the missing member, which is also the last step of the path.
    alone: no other constraint is broken by the same value.
    """

    operation: str
    path: tuple
    constraint: str
    limit: object
    input: dict
    alone: bool = True

    def __str__(self):
        return f"{self.operation} {'.'.join(map(str, self.path))} {self.constraint}"


class Service:
    """A service's model as the installed botocore ships it, or as another one does whose `data` folder is named.

    known: values for shapes by name, where one is needed that the server knows too: a role, an image.
    """

    def __init__(self, name, data=None, known=None):
        model = botocore.loaders.create_loader(data and str(data)).load_service_model(name, "service-2")
        self.operations = model["operations"]
        self.shapes = model["shapes"]
        self.known = known or {}

    def minimal(self, operation):
        """The smallest valid input: the required members. Raises ValueError if a required string cannot be made."""
        shape = self.operations[operation].get("input")
        return self._minimal(shape["shape"]) if shape else {}

    def cases(self, operation):
        """Yields a Case for each constraint that can be broken, at every depth; a recursive shape is entered once."""
        shape = self.operations[operation].get("input")
        if shape is None:
            return
        for path, constraint, limit, value, alone in self._violations(shape["shape"], (), {}):
            yield Case(operation, path, constraint, limit, value, alone)

    def _minimal(self, name):
        if name in self.known:
            return self.known[name]
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            members = shape["members"]
            wanted = shape.get("required", [])
            if shape.get("union") and not wanted:
                wanted = list(members)[:1]
            return {member: self._minimal(members[member]["shape"]) for member in wanted}
        if kind == "list":
            return [self._minimal(shape["member"]["shape"])] * shape.get("min", 0)
        if kind == "map":
            return self._map(shape, shape.get("min", 0))
        if kind == "string":
            return _valid_string(name, shape)
        return _VALID[kind](shape)

    def _map(self, shape, size):
        keys = _keys(self.shapes[shape["key"]["shape"]], size)
        return {key: self._minimal(shape["value"]["shape"]) for key in keys}

    def _violations(self, name, inside, member):
        """Yields (path, constraint, limit, value, alone) for a shape and everything below it."""
        if name in inside:
            return
        shape = self.shapes[name]
        kind = shape["type"]
        for constraint, limit, value, alone in self._own_violations(shape, member):
            yield (), constraint, limit, value, alone
        below = (*inside, name)
        if kind == "structure":
            yield from self._structure_violations(name, shape, below)
        if kind == "list":
            rest = [self._minimal(shape["member"]["shape"])] * (shape.get("min", 0) - 1)
            for path, constraint, limit, value, alone in self._violations(shape["member"]["shape"], below, member):
                yield (0, *path), constraint, limit, [value, *rest], alone
        if kind == "map":
            yield from self._map_violations(shape, below)

    def _structure_violations(self, name, shape, inside):
        minimal = self._minimal(name)
        for required in shape.get("required", []):
            if shape["members"][required].get("location") != "uri":
                without = {member: value for member, value in minimal.items() if member != required}
                yield (required,), "required", required, without, True
        for member, traits in shape["members"].items():
            if traits.get("streaming"):
                continue
            others = {} if shape.get("union") else minimal
            for path, constraint, limit, value, alone in self._violations(traits["shape"], inside, traits):
                yield (member, *path), constraint, limit, {**others, member: value}, alone

    def _map_violations(self, shape, inside):
        key, value = shape["key"]["shape"], shape["value"]["shape"]
        least = self._map(shape, shape.get("min", 0))
        for path, constraint, limit, broken, alone in self._violations(key, inside, {}):
            yield (MAP_KEY, *path), constraint, limit, {**least, broken: self._minimal(value)}, alone
        for path, constraint, limit, broken, alone in self._violations(value, inside, {}):
            one = self._map(shape, max(1, shape.get("min", 0)))
            yield (MAP_VALUE, *path), constraint, limit, {**one, next(iter(one)): broken}, alone

    def _own_violations(self, shape, member):
        kind = shape["type"]
        if kind == "string":
            yield from _string_violations(shape, member)
        low, high = shape.get("min"), shape.get("max")
        if kind in _NUMBERS:
            if low is not None:
                yield "min", low, low - 1, True
            if high is not None:
                yield "max", high, high + 1, True
        if kind in ("list", "map", "blob"):
            sized = {
                "list": lambda size: [self._minimal(shape["member"]["shape"])] * size,
                "map": lambda size: self._map(shape, size),
                "blob": lambda size: b"a" * size,
            }[kind]
            largest = LONGEST_STRING if kind == "blob" else LONGEST_LIST
            if low:
                yield "min", low, sized(low - 1), True
            if high is not None and high < largest and (too_many := sized(high + 1)) and len(too_many) > high:
                yield "max", high, too_many, True


_NUMBERS = ("integer", "long", "float", "double")


def _number(shape):
    return max(shape.get("min", 1), min(1, shape.get("max", 1)))


_VALID = {
    **dict.fromkeys(_NUMBERS, _number),
    "boolean": lambda shape: True,
    "blob": lambda shape: b"a" * max(1, shape.get("min", 0)),
    "timestamp": lambda shape: datetime.datetime(2020, 9, 30, tzinfo=datetime.UTC),
}


def _valid_string(name, shape):
    text = _string_of(shape, max(1, shape.get("min", 0)), shape.get("max"))
    if text is None:
        raise ValueError(f"No string of {shape.get('min')} to {shape.get('max')} characters found for {name}: {shape}")
    return text


def _string_of(shape, low, high):
    """A string of low to high characters that the enum and the pattern allow, or None."""
    if shape.get("enum"):
        return next((value for value in shape["enum"] if low <= len(value) <= (high or len(value))), None)
    if "pattern" in shape:
        return matching(shape["pattern"], low, high) or (matching(shape["pattern"], 0, high) if low == 1 else None)
    return "a" * low


def _keys(shape, size):
    """`size` different valid keys, or as many as the key's enum has; all of one length where the pattern allows."""
    if shape.get("enum"):
        return shape["enum"][:size]
    numbered = [f"a{number}" for number in range(size)]
    return [key for key in numbered if not _broken(shape, key)]


def _string_violations(shape, member):
    low, high, pattern = shape.get("min", 0), shape.get("max"), shape.get("pattern")
    location = member.get("location")
    if low and not (low == 1 and location in ("uri", "header", "querystring")):
        yield _length_violation(shape, "min", low, low - 1)
    if high is not None and high < LONGEST_STRING:
        yield _length_violation(shape, "max", high, high + 1)
    if pattern is not None and (text := breaking(pattern, low, high, printable=location is not None)) is not None:
        yield "pattern", pattern, text, _broken(shape, text) == {"pattern"}
    if shape.get("enum"):
        text = "not-one-of-them"
        yield "enum", shape["enum"], text, _broken(shape, text) == {"enum"}


def _length_violation(shape, constraint, limit, length):
    text = _string_of({"pattern": shape["pattern"]}, length, length) if "pattern" in shape and length else None
    text = "a" * length if text is None else text
    return constraint, limit, text, _broken(shape, text) == {constraint}


def _broken(shape, text):
    """Names of the constraints of a string shape that the text breaks."""
    checks = {
        "min": len(text) >= shape.get("min", 0),
        "max": len(text) <= shape.get("max", len(text)),
        "enum": text in shape.get("enum", [text]),
        "pattern": "pattern" not in shape or _matches(shape["pattern"], text),
    }
    return {name for name, holds in checks.items() if not holds}


def _matches(pattern, text):
    try:
        return translate(pattern).fullmatch(text) is not None
    except re.error as error:
        raise ValueError(f"The pattern {pattern!r} uses what is not translated yet: {error}") from error
