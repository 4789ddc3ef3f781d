"""All attempts at a level of the network, by name."""

from attempts import files, kernel, network


def every(level):
    """{what is tried: function of the facts}."""
    outside = {} if level == "open" else network.OUTSIDE
    platforms = network.PLATFORMS if level == "isolated" else network.BEYOND_THE_ROLE
    return {**network.ATTEMPTS, **outside, **platforms, **files.ATTEMPTS, **kernel.ATTEMPTS}


def allowed(level):
    """{what works at the level: function of the facts}."""
    return {**network.ALLOWED, **({} if level == "isolated" else network.ALLOWED_WITH_A_ROLE)}
