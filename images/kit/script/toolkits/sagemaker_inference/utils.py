"""Small things that scripts use."""


def parse_accept(accept):
    """Types of an Accept header, in order."""
    return accept.replace(" ", "").split(",")
