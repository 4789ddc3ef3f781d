"""How AWS tells what is wrong: `Value '…' at 'tags.1.member.key' failed to satisfy constraint: …`."""

from negative_cases import MAP_KEY, MAP_VALUE

WORDS = {
    "required": ("Member must not be null",),
    "min": ("Member must have length greater than or equal to", "Member must have value greater than or equal to"),
    "max": ("Member must have length less than or equal to", "Member must have value less than or equal to"),
    "pattern": ("Member must satisfy regular expression pattern: ",),
    "enum": ("Member must satisfy enum value set: [",),
}


def spelled(path, given):
    """The path into an input as AWS writes it: `tags.1.member.key`, `parameters.rate.member.stringValue`.

    Entries that are scalars are told together, by the path of their list or map.
    """
    text = ""
    for at, step in enumerate(path):
        if isinstance(step, int):
            text += f".{step + 1}.member"
        elif step == MAP_KEY or (step == MAP_VALUE and at == len(path) - 1):
            return text
        elif step == MAP_VALUE:
            step = next(iter(given))
            text += f".{step}.member"
        else:
            text += ("." if text else "") + step[0].lower() + step[1:]
        given = given.get(step) if isinstance(given, dict) else given[step]
    return text


def tells(message, case):
    """Whether an error's message names the place of a case and what is wrong there."""
    place = spelled(case.path, case.input)
    entry = place.rsplit(".", 2)[0] if isinstance(case.path[-1], int) else place
    placed = (
        f"' at '{place}' failed" in message
        or f"Value null at '{place}' failed" in message
        or f"at '{entry}' failed to satisfy constraint: Member must satisfy constraint: [" in message
        or f"Value at '{place}' failed" in message
    )
    return "validation error" in message and placed and any(word in message for word in WORDS[case.constraint])
