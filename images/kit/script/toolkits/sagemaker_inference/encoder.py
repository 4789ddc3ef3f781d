"""Arrays to bodies."""

from images.kit.script.codecs import ENCODED as SUPPORTED_CONTENT_TYPES
from images.kit.script.codecs import encode

__all__ = ["SUPPORTED_CONTENT_TYPES", "encode"]
