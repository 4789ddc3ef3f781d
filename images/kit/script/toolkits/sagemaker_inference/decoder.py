"""Bodies to arrays."""

from images.kit.script.codecs import decode

__all__ = ["decode"]
