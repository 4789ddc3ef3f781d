"""Whether S3 can be a file system here: the libraries for it come beside the environment, where they could be had."""

import os
import re
from pathlib import Path

from images.kit.errors import UserError

FOLDER = Path(os.environ.get("SAGEBRUSH_JARS", "/opt/sagebrush/jars"))
"""Libraries of Java that images/environments/spark/jars.txt names."""

_NO_FILE_SYSTEM = re.compile(
    r'No FileSystem for scheme "s3a?"|Class org\.apache\.hadoop\.fs\.s3a\.S3AFileSystem not found'
)


def is_there():
    """Whether Spark can read and write s3:// and s3a://."""
    return any(FOLDER.glob("*.jar"))


def check(uris):
    """Raises UserError if S3 is named and cannot be reached."""
    if uris and not is_there():
        raise UserError(f"{uris[0]} cannot be reached. {_advice()}")


def explain(words):
    """What Spark said about a failure, with the way out if it is that S3 is missing."""
    return f"{words}\n{_advice()}" if not is_there() and _NO_FILE_SYSTEM.search(words) else words


def _advice():
    return (
        "The libraries by which Spark reaches S3 could not be fetched when this server made the image ready; its "
        "log says why. Bring the data by ProcessingInput and ProcessingOutput, or mend that and run: sagebrush "
        "images install spark."
    )
