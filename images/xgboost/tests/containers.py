"""Runs the image as a container would be: its own process, its own /opt/ml, a real socket."""

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from images.kit.main import main

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 60


def command(folder, environment=None):
    """Environment of a process whose /opt/ml is `folder`."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "SAGEBRUSH_ML_ROOT": str(folder), **(environment or {})}


def prepare(folder, hyperparameters, channels, content_type="text/csv", hosts=("algo-1",), **fields):
    """Writes the config files and the files of each channel: {channel: {file name: bytes}}.

    fields: of a channel as in inputdataconfig.json, but current_host.
    """
    current_host = fields.pop("current_host", hosts[0])
    config = folder / "input" / "config"
    config.mkdir(parents=True)
    for name, files in channels.items():
        for file, data in files.items():
            path = folder / "input" / "data" / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    entry = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", **fields}
    if content_type is not None:
        entry["ContentType"] = content_type
    documents = {
        "hyperparameters": hyperparameters,
        "inputdataconfig": dict.fromkeys(channels, entry),
        "resourceconfig": {"current_host": current_host, "hosts": list(hosts), "network_interface_name": "eth0"},
    }
    for name, document in documents.items():
        (config / f"{name}.json").write_text(json.dumps(document))


def train(folder):
    """Runs training in this process, to save its start: exit code, standard output, failure text or None."""
    before = signal.getsignal(signal.SIGTERM)
    output = io.StringIO()
    os.environ["SAGEBRUSH_ML_ROOT"] = str(folder)
    try:
        with contextlib.redirect_stdout(output):
            code = main(["xgboost", "train"])
    finally:
        del os.environ["SAGEBRUSH_ML_ROOT"]
        signal.signal(signal.SIGTERM, before)
    failure = folder / "output" / "failure"
    return code, output.getvalue(), failure.read_text() if failure.exists() else None


class Serving:
    """A serving container on a port of this machine."""

    def __init__(self, folder, environment=None, arguments=("serve",), **options):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        variables = command(folder, {"SAGEMAKER_BIND_TO_PORT": str(self.port), **(environment or {})})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "images.kit", "xgboost", *arguments],
            env=variables,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def wait(self):
        """Waits until /ping answers 200."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            try:
                if self.call("GET", "/ping")[0] == 200:
                    return self
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def call(self, method, path, body=None, **headers):
        """Status, content type and body of one request. Underscores in header names stand for dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()

    def invoke(self, body, content_type="text/csv", **headers):
        return self.call("POST", "/invocations", body, Content_Type=content_type, **headers)

    def stop(self):
        """Ends the container by SIGTERM: exit code and what it wrote to standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        error = self.process.communicate(timeout=DEADLINE_SECONDS)[1]
        return self.process.returncode, error
