"""Media types as clients write them: `text/csv; label_size=1`, `application/json, */*;q=0.1`."""

JSON, JSON_LINES, PROTOBUF = "application/json", "application/jsonlines", "application/x-recordio-protobuf"
"""What the built-in algorithms have in common (SageMaker developer guide, "Common data formats")."""


def parse_media_type(text):
    """Type in lower case and its parameters: `Text/CSV; label_size=1` gives ("text/csv", {"label_size": "1"})."""
    kind, *rest = text.split(";")
    parameters = {}
    for part in rest:
        name, _, value = part.partition("=")
        if name.strip():
            parameters[name.strip().lower()] = value.strip().strip('"')
    return kind.strip().lower(), parameters


def choose_accept(header, supported, default):
    """First type of an Accept header that is supported; `default` if there is no header or it takes anything.

    Returns None if nothing fits.
    """
    if not header or not header.strip():
        return default
    for part in header.split(","):
        kind, _ = parse_media_type(part)
        if kind == "*/*":
            return default
        if kind in supported:
            return kind
    return None
