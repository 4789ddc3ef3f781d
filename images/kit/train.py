"""Runs an image's training function under the container contract: inputs, stop signal, failure file, exit code."""

import signal
import sys
import traceback

from .container import has_failure, read_training_input, write_failure
from .errors import ProgramError, UserError

EXIT_ALGORITHM_ERROR = 1
EXIT_USER_ERROR = 2
EXIT_STOPPED = 143
"""128 + SIGTERM, as a shell reports it."""


class Stop:
    """Whether the service has asked training to end (SIGTERM; 120 s later it kills).

    By default SIGTERM ends the process at once; `defer` makes it only set `requested`.
    """

    def __init__(self):
        self.requested = False
        self._deferred = False
        signal.signal(signal.SIGTERM, self._on_signal)

    def defer(self):
        """From now on a stop request waits for the algorithm to look at `requested`."""
        self._deferred = True

    def _on_signal(self, _number, _frame):
        self.requested = True
        if not self._deferred:
            raise SystemExit(EXIT_STOPPED)


def run_training(train):
    """Calls train(training_input, stop) and returns the exit code.

    UserError becomes a failure text that begins `ClientError:`, anything else one that begins `AlgorithmError:`
    (our bug), with the traceback in the log. ProgramError passes on a user's program's own code and text; a failure
    file that the program has written itself says more, and stays.
    """
    stop = Stop()
    try:
        train(read_training_input(), stop)
    except UserError as error:
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        return fail(error)
    except ProgramError as error:
        return fail(error)
    except Exception as error:
        traceback.print_exc()
        return fail(error)
    return 0


def fail(error):
    """Writes the failure text of an error, and returns the exit code that goes with it."""
    if isinstance(error, ProgramError):
        if not has_failure():
            write_failure(str(error))
    elif isinstance(error, UserError):
        write_failure(f"ClientError: {error}")
    else:
        write_failure(f"AlgorithmError: {type(error).__name__}: {error}")
    return exit_code(error)


def exit_code(error):
    """Exit code of a process that an error ends."""
    if isinstance(error, SystemExit):
        return error.code
    if isinstance(error, ProgramError):
        return error.exit_code
    return EXIT_USER_ERROR if isinstance(error, UserError) else EXIT_ALGORITHM_ERROR
