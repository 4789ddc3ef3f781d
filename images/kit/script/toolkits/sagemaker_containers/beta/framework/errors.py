"""Errors that a script may raise."""

from sagemaker_inference.errors import UnsupportedFormatError

__all__ = ["UnsupportedFormatError"]
