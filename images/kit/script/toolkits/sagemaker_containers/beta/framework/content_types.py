"""Content types by name."""

from sagemaker_inference.content_types import *  # noqa: F403 - the same names
