"""Errors that a script may raise; the caller gets their status."""

from images.kit.script.codecs import UnsupportedTypeError as UnsupportedFormatError


class BaseInferenceToolkitError(Exception):
    """An error with the status that the caller gets."""

    def __init__(self, status_code, message, phrase=None):
        super().__init__(message)
        self.status_code, self.message, self.phrase = status_code, message, phrase


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    """The same, for anything."""

    def __init__(self, status_code, message="Invalid Request", phrase=None):
        super().__init__(status_code, message, phrase)


__all__ = ["BaseInferenceToolkitError", "GenericInferenceToolkitError", "UnsupportedFormatError"]
