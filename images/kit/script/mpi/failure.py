"""Why an MPI run has failed: what the process that failed first wrote, out of all that came by mpirun."""

import re

FIRST_TO_FAIL = (
    re.compile(rb"process rank (\d+) with PID \d+ on node (\S+)"),
    re.compile(rb"Process name: \[[^\]]*,(\d+)\]"),
)
"""As PRRTE tells it: of a process that called MPI_Abort or died by a signal; of one with another exit code than 0."""

TAG = re.compile(rb"\[\d+,(\d+)\]<stderr>: ?")
ABORT = re.compile(
    rb"\[\S+\] Delaying for \d+ seconds before aborting\s*|-{20,}\s+MPI_ABORT was invoked.*?(?:-{20,}\s*|\Z)", re.DOTALL
)
"""What Open MPI says itself in the process that ends all."""


def of_first(errors):
    """(rank, what it wrote to standard error) of the process that failed first; (None, errors) if none is named.

    errors: the end of mpirun's standard error, bytes, lines of processes tagged.
    """
    rank = next((int(found[1]) for pattern in FIRST_TO_FAIL if (found := pattern.search(errors))), None)
    if rank is None:
        return None, errors
    lines = [line for line in errors.splitlines(keepends=True) if (tag := TAG.match(line)) and int(tag[1]) == rank]
    # Where the output of a process ends PRRTE writes a tag and a zero, perhaps within another's line.
    own = TAG.sub(b"", b"".join(lines)).replace(b"\0", b"")
    return rank, ABORT.sub(b"", own)
