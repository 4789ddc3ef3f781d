"""ASCII strings that match, or break, the Java patterns of the service models."""

import functools
import re
import string
from re import _constants as sre
from re import _parser as parser

# What the classes of Java's patterns mean among the 128 ASCII characters, to which every string made here keeps.
_CLASSES = {
    "L": "a-zA-Z",
    "M": "",
    "N": "0-9",
    "P": re.escape("!\"#%&'()*,-./:;?@[\\]_{}"),
    "S": re.escape("$+<=>^`|~"),
    "Z": " ",
    "Alnum": "a-zA-Z0-9",
    "ASCII": "\\x00-\\x7f",
    "Print": " -~",
}
_PREFERRED = "a0A1-_./: " + string.printable
_BREAKING = ["!", ":", "{", "~", "^", " ", "é", "@", "-", ".", "A", "a", "0", "\x07", "\n"]


@functools.cache
def translate(pattern):
    """The pattern as Python's re reads it, equal for ASCII strings. Raises re.error for an unknown construct."""
    pattern = pattern.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\U00010000-\\U0010FFFF").replace("\\z", "\\Z")
    pattern = re.sub(r"\$\{\d+,\d+\}", "$", pattern)
    pattern = re.sub(r"\[([^]]*)\]", lambda found: "[" + _expand(found[1]) + "]", pattern)
    return re.compile(re.sub(r"\\p\{(\w+)\}", lambda found: f"[{_class(found[1])}]", pattern), re.ASCII)


def _expand(inside):
    return re.sub(r"\\p\{(\w+)\}", lambda found: _class(found[1]), inside)


def _class(name):
    if name not in _CLASSES:
        raise re.error(f"character class {name} is not known")
    return _CLASSES[name]


@functools.cache
def matching(pattern, low=0, high=None):
    """The first string found that matches the whole pattern with low to high characters, or None."""
    compiled = translate(pattern)
    tokens = parser.parse(compiled.pattern, re.ASCII)
    missing = max(0, low - len(_Writer(0, "outer").write(tokens)))
    near = {*range(8), *range(max(0, missing - 8), missing + 8)}
    for extra in sorted(near, key=lambda extra: abs(extra - missing)):
        for first in ("outer", "inner"):
            candidate = _Writer(extra, first).write(tokens)
            fits = low <= len(candidate) and (high is None or len(candidate) <= high)
            if fits and compiled.fullmatch(candidate):
                return candidate
    return None


@functools.cache
def breaking(pattern, low=0, high=None, printable=False):
    """A string of low to high characters in which the pattern is nowhere found, else one that it does not match whole.

    printable: only characters that may stand in a header. None where no such string was found ('.*').
    """
    compiled = translate(pattern)
    lengths = {max(low, 1), max(low, 1) + 1, low}
    usable = [mark for mark in _BREAKING if not printable or mark in string.punctuation]
    # Java's classes have letters beyond ASCII too.
    usable = [mark for mark in usable if mark.isascii() or "\\p{" not in pattern]
    candidates = [mark * n for mark in usable for n in sorted(lengths) if high is None or n <= high]
    failing = [candidate for candidate in candidates if not compiled.fullmatch(candidate)]
    return next((text for text in failing if not compiled.search(text)), failing[0] if failing else None)


class _Writer:
    """Writes a string for a parsed pattern; `extra` repetitions beyond the least are spent from the left."""

    def __init__(self, extra, first):
        self.extra = extra
        self.first = first

    def write(self, tokens):
        return "".join(self._token(kind, value) for kind, value in tokens)

    def _token(self, kind, value):
        if kind is sre.LITERAL:
            return chr(value)
        if kind in (sre.IN, sre.NOT_LITERAL, sre.ANY):
            return _character(kind, value)
        if kind is sre.SUBPATTERN:
            return self.write(value[-1])
        if kind is sre.BRANCH:
            return self.write(value[1][0])
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            return self._repeat(*value)
        # Anchors and look-arounds add no character; what they demand is checked on the finished string.
        return ""

    def _repeat(self, least, most, tokens):
        if self.first == "inner":
            written = [self.write(tokens) for _ in range(least)]
            more = min(self.extra, most - least)
            self.extra -= more
            return "".join(written + [self.write(tokens) for _ in range(more)])
        more = min(self.extra, most - least)
        self.extra -= more
        return "".join(self.write(tokens) for _ in range(least + more))


def _character(kind, value):
    if kind is sre.ANY:
        return "a"
    if kind is sre.NOT_LITERAL:
        return next(mark for mark in _PREFERRED if ord(mark) != value)
    wanted = [item for item in value if item[0] is not sre.NEGATE]
    negated = len(wanted) != len(value)
    return next(mark for mark in _PREFERRED if any(_is_in(mark, item) for item in wanted) != negated)


def _is_in(mark, item):
    kind, value = item
    if kind is sre.LITERAL:
        return ord(mark) == value
    if kind is sre.RANGE:
        return value[0] <= ord(mark) <= value[1]
    name = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[value.name.split("_")[-1]]
    return bool(re.match(name, mark, re.ASCII)) != ("_NOT_" in value.name)
