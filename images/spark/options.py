"""The command line of smspark-submit, as processors of the SageMaker SDK write it (aws/sagemaker-spark-container)."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from images.kit.errors import UserError

S3_SCHEMES = ("s3", "s3a")


@dataclass(frozen=True)
class Options:
    """What is to be run, lists of files written out."""

    app: str
    arguments: tuple[str, ...]
    main_class: str | None
    jars: tuple[str, ...]
    py_files: tuple[str, ...]
    files: tuple[str, ...]
    event_logs_folder: Path | None
    """Where this host's event logs are to be found by the platform."""
    event_logs_uri: str | None
    """Where Spark itself writes them."""
    is_verbose: bool

    def submit(self):
        """Arguments of spark-submit."""
        lists = {"--jars": self.jars, "--py-files": self.py_files, "--files": self.files}
        return [
            *(["--class", self.main_class] if self.main_class else []),
            *(part for option, paths in lists.items() if paths for part in (option, ",".join(paths))),
            *(["--verbose"] if self.is_verbose else []),
            self.app,
            *self.arguments,
        ]

    def s3_uris(self):
        """Those of its words that name a place in S3."""
        words = (self.app, *self.arguments, *self.jars, *self.py_files, *self.files, self.event_logs_uri or "")
        # Scripts take `--input s3://…` and `--input=s3://…`.
        values = (word.partition("=")[2] if word.startswith("-") else word for word in words)
        return [value for value in values if urlsplit(value).scheme in S3_SCHEMES]


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UserError(f"smspark-submit: {message}.\n{self.format_usage().strip()}")


def parse(words):
    """Options of the words after `smspark-submit`. Raises UserError for what it does not know, or finds no file for."""
    parser = _Parser(prog="smspark-submit", allow_abbrev=False, add_help=False)
    parser.add_argument("--class", dest="main_class")
    for name in ("--jars", "--py-files", "--files"):
        parser.add_argument(name, default="")
    parser.add_argument("--spark-event-logs-s3-uri", dest="event_logs_uri")
    parser.add_argument("--local-spark-event-logs-dir", dest="event_logs_folder", type=Path)
    parser.add_argument("-v", "--verbose", dest="is_verbose", action="store_true")
    parser.add_argument("app")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = vars(parser.parse_args(words))
    app = given["app"]
    if not app.endswith((".py", ".jar")):
        raise UserError(f"smspark-submit: expected a .py or .jar file to run, got {app!r}.")
    if urlsplit(app).scheme in ("", "file") and not Path(urlsplit(app).path).is_file():
        raise UserError(f"smspark-submit: there is no file {app}.")
    lists = {name: _expand(name, given[name]) for name in ("jars", "py_files", "files")}
    return Options(**{**given, **lists, "arguments": tuple(given["arguments"])})


def _expand(name, text):
    """Paths and URIs of a comma-separated list; a folder stands for the files in it."""
    return tuple(path for entry in text.split(",") if entry for path in _files_of(name, entry))


def _files_of(name, entry):
    place = urlsplit(entry)
    if place.scheme not in ("", "file"):
        return [entry]
    path = Path(place.path)
    option = f"--{name.replace('_', '-')}"
    if not path.is_absolute():
        raise UserError(f"smspark-submit: {option} takes absolute paths and URIs, got {entry!r}.")
    if path.is_file():
        return [str(path)]
    if not path.is_dir():
        raise UserError(f"smspark-submit: {option}: there is no file {entry}.")
    files = sorted(str(file) for file in path.iterdir() if file.is_file())
    if not files:
        raise UserError(f"smspark-submit: {option}: the folder {entry} has no files.")
    return files
