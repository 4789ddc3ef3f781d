"""`python -m images.spark submit|history-server`: what the programs of bin/ do."""

import sys

from images.kit.errors import UserError

from .ending import ended
from .submit import submit


def history_server(_arguments):
    """The program that start_history_server of the SageMaker SDK runs on the client's machine."""
    raise UserError(
        "The history server is not yet available in Sagebrush. The event logs of a job are Spark's own files: "
        "Spark's start-history-server.sh shows them (docs/spark.md)."
    )


TASKS = {"submit": submit, "history-server": history_server}

if __name__ == "__main__":
    sys.exit(ended(lambda: TASKS[sys.argv[1]](sys.argv[2:])))
