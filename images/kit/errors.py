"""Whose fault it is that a container cannot do its work."""


class UserError(Exception):
    """Data, a hyperparameter or a request is wrong; the text says what was expected, what came and where.

    Ends a training job with exit code 2 and a failure text that begins `ClientError:`.
    """


class RequestError(UserError):
    """A request to a model that cannot be answered, with its HTTP status (400 to 599)."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class ProgramError(Exception):
    """A user's program ended with another exit code than 0; the text is for the failure file, as it is."""

    def __init__(self, exit_code, message):
        super().__init__(message)
        self.exit_code = exit_code
