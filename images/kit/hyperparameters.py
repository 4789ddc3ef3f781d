"""Hyperparameters as data: one table says type, bounds and words of each; parsing and every message follow from it.

The table is the `hyperparameters` list of an image's algorithm.json, which the server reads too.
"""

import ast
import json
import math

from .errors import UserError

INTERNAL = "_tuning_objective_metric"
"""Added by tuning jobs; every algorithm lets it pass."""


def parse_hyperparameters(table, texts):
    """Values of the hyperparameters that were sent; nothing is filled in, so that the library's own defaults hold.

    table: list of rows {name, type, required, values, itemValues, thresholds, min, max, exclusiveMin, exclusiveMax}
    or {name, aliasOf}. texts: name to text as in hyperparameters.json.
    Raises UserError if one is missing, unknown, unreadable or out of bounds, or sent under two names.
    """
    rows = {row["name"]: row for row in table}
    values = {}
    for sent, text in texts.items():
        if sent not in rows:
            raise UserError(f"Extraneous hyperparameter found: {sent}. Known are: {', '.join(_public(rows))}.")
        name = rows[sent].get("aliasOf", sent)
        if name in values:
            raise UserError(f"Hyperparameter {name}: sent under two names, {sent} is another name for it. Send one.")
        values[name] = _checked(rows[name], text)
    for name, row in rows.items():
        if row.get("required") and name not in values:
            raise UserError(f"Missing required hyperparameter: {name}")
    return values


def _public(rows):
    return [name for name in rows if not name.startswith("_")]


def _checked(row, text):
    name, kind = row["name"], row["type"]
    parse, expected = PARSERS[kind]
    try:
        value = parse(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise UserError(f"Hyperparameter {name}: could not parse value {text!r}; expected {expected}.") from None
    for item in value if isinstance(value, list | tuple) else [value]:
        _check_word(row, name, item)
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_bounds(row, name, value)
    return value


def _check_word(row, name, item):
    allowed = row.get("itemValues", row.get("values"))
    if allowed is None or item in allowed:
        return
    if isinstance(item, str) and "@" in item:
        word, _, threshold = item.partition("@")
        if word in row.get("thresholds", []):
            # XGBoost takes ndcg@5-, a dash at the end, for lists without a relevant row.
            if not _is_number(threshold.removesuffix("-")):
                raise UserError(f"Hyperparameter {name}: {item!r} needs a number after the @.")
            return
    raise UserError(f"Hyperparameter {name}: {item!r} is not in {allowed}")


def _check_bounds(row, name, value):
    low, high = row.get("min"), row.get("max")
    below = low is not None and (value <= low if row.get("exclusiveMin") else value < low)
    above = high is not None and (value >= high if row.get("exclusiveMax") else value > high)
    if below or above or not math.isfinite(value):
        left = "(" if row.get("exclusiveMin") or low is None else "["
        right = ")" if row.get("exclusiveMax") or high is None else "]"
        bounds = f"{left}{'-inf' if low is None else low}, {'inf' if high is None else high}{right}"
        raise UserError(f"Hyperparameter {name}: {value} is not in {bounds}")


def _is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _integer(text):
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if not number.is_integer():
            raise
        return int(number)


def _boolean(text):
    words = {"true": True, "1": True, "false": False, "0": False}
    word = text.strip().lower()
    if word not in words:
        raise ValueError(text)
    return words[word]


def _tuple(text):
    value = ast.literal_eval(text)
    if isinstance(value, int):
        value = (value,)
    if not isinstance(value, tuple | list) or not all(isinstance(item, int) for item in value):
        raise ValueError(text)
    return tuple(value)


PARSERS = {
    "int": (_integer, "an integer"),
    "float": (float, "a number"),
    "bool": (_boolean, "true or false"),
    "string": (str, "text"),
    "categorical": (lambda text: text, "a word"),
    "list": (lambda text: [item.strip() for item in text.split(",")], "words separated by commas"),
    "tuple": (_tuple, "integers in brackets, such as (1,0,-1)"),
    "json": (json.loads, "JSON text"),
}
