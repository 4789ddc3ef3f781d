"""Brings a user's code to a folder: from S3, from an archive or a folder of this container, or it is there already."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from images.kit.errors import UserError


def bring(source, folder):
    """Fills the folder with the code that `source` names, unless it holds some already.

    source: `s3://bucket/key.tar.gz`, path of an archive or of a folder, or None.
    Raises UserError if it cannot be read or holds an entry that would leave the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) or source is None:
        return
    if source.startswith("s3://"):
        with tempfile.TemporaryDirectory() as place:
            archive = Path(place) / "sources.tar.gz"
            _download(source, archive)
            extract(archive, folder, source)
        return
    path = Path(source.removeprefix("file://"))
    if path.is_dir():
        shutil.copytree(path, folder, symlinks=True, dirs_exist_ok=True)
    elif path.is_file():
        extract(path, folder, source)
    else:
        raise UserError(f"The code at {source} (sagemaker_submit_directory) is not there.")


def _download(uri, path):
    place = urlsplit(uri)
    try:
        boto3.client("s3").download_file(place.netloc, place.path.lstrip("/"), str(path))
    except (BotoCoreError, ClientError) as error:
        if "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in os.environ:
            raise UserError(
                f"The code at {uri} cannot be read: this container is isolated from the network. "
                "Send it in the channel `code`, or within model.tar.gz, as the SageMaker SDK does with "
                "enable_network_isolation=True."
            ) from error
        raise UserError(f"The code at {uri} cannot be read with the role of this container: {error}") from error


def extract(archive, folder, name):
    """Unpacks a tar archive, compressed or not, into the folder. name: what errors call it.

    Raises UserError for what is no such archive, and for entries that are neither files, folders nor links that stay
    inside.
    """
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                _check(member, folder, name)
                # The check above is stricter than the filters of tarfile, which older Pythons lack.
                member.mode = (member.mode & 0o777) | (0o700 if member.isdir() else 0o600)
                tar.extract(member, folder, numeric_owner=True)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f"The code at {name} cannot be unpacked: {error}") from error


def _check(member, folder, name):
    if not (member.isfile() or member.isdir() or member.islnk() or member.issym()):
        raise UserError(f"The code at {name} is refused: {member.name!r} is neither a file, a folder nor a link.")
    places = [folder / member.name]
    if member.issym():
        places.append(places[0].parent / member.linkname)
    elif member.islnk():
        places.append(folder / member.linkname)
    inside = folder.resolve()
    if any(not place.resolve().is_relative_to(inside) for place in places):
        raise UserError(f"The code at {name} is refused: {member.name!r} would leave the folder of the code.")
