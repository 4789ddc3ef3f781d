"""Copies what a script writes to /opt/ml/output/intermediate to S3 while it runs (`sagemaker_s3_output`)."""

import sys
import threading
from urllib.parse import urlsplit

import boto3

from images.kit.container import root
from images.kit.processes import start_thread

INTERVAL_SECONDS = 1.0


class Intermediate:
    """While entered, files that have changed and stand still are uploaded; on leaving, all that have changed.

    Without `sagemaker_s3_output`, or without credentials, it does nothing. What cannot be uploaded is told in the log
    and tried again; training goes on.
    """

    def __init__(self, settings, environment):
        self._folder = root() / "output" / "intermediate"
        output = settings.s3_output or ""
        place = urlsplit(output)
        parts = [place.path.strip("/"), settings.job_name, "output/intermediate"]
        self._bucket, self._prefix = place.netloc, "/".join(part for part in parts if part)
        self._is_wanted = output.startswith("s3://") and "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" in environment
        self._seen = {}
        self._uploaded = {}
        self._over = threading.Event()
        self._thread = None

    def __enter__(self):
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._is_wanted:
            self._thread = start_thread(self._watch)
        return self

    def __exit__(self, *_):
        if self._thread is not None:
            self._over.set()
            self._thread.join()

    def _watch(self):
        client = boto3.client("s3")
        while not self._over.wait(INTERVAL_SECONDS):
            self._upload(client, only_still=True)
        self._upload(client, only_still=False)

    def _upload(self, client, only_still):
        for path in sorted(self._folder.rglob("*")):
            try:
                if not path.is_file() or path.is_symlink():
                    continue
                state = (path.stat().st_mtime_ns, path.stat().st_size)
                is_still = self._seen.get(path) == state
                self._seen[path] = state
                if self._uploaded.get(path) == state or (only_still and not is_still):
                    continue
                client.upload_file(str(path), self._bucket, f"{self._prefix}/{path.relative_to(self._folder)}")
                self._uploaded[path] = state
            except FileNotFoundError:
                continue  # the script has removed it meanwhile
            except Exception as error:
                print(f"WARNING: {path} could not be copied to S3: {error}", file=sys.stderr, flush=True)
