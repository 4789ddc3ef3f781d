"""Runs scripts in the image as a container would: processes of its own, its own /opt/ml, a real socket."""

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 60


def variables(folder, more=None):
    """Environment of a process whose /opt/ml is the folder."""
    known = {**os.environ, "PYTHONPATH": str(ROOT), "SAGEBRUSH_ML_ROOT": str(folder), "PYTHONUNBUFFERED": "1"}
    return {**known, **(more or {})}


def archive(files):
    """A tar.gz of {name: text or bytes}."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return target.getvalue()


def prepare(folder, files, hyperparameters=None, program="train.py", channels=None):
    """Writes what a training job is given: the code comes in the channel `code`, as with network isolation."""
    sources = folder / "input/data/code/sourcedir.tar.gz"
    sources.parent.mkdir(parents=True)
    sources.write_bytes(archive(files))
    values = {"sagemaker_program": program, "sagemaker_submit_directory": str(sources), **(hyperparameters or {})}
    contents = {"code": {}, **(channels or {})}
    for name, data in contents.items():
        for file, content in data.items():
            path = folder / "input/data" / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    documents = {
        "hyperparameters": {name: json.dumps(value) for name, value in values.items()},
        "inputdataconfig": {name: {"TrainingInputMode": "File"} for name in contents},
        "resourceconfig": {"current_host": "localhost", "hosts": ["localhost"], "network_interface_name": "eth0"},
    }
    config = folder / "input/config"
    config.mkdir(parents=True)
    for name, document in documents.items():
        (config / f"{name}.json").write_text(json.dumps(document))


def start_training(folder, more=None):
    return subprocess.Popen(
        [sys.executable, "-m", "images.kit", "scikit_learn", "train"],
        env=variables(folder, more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def train(folder, more=None):
    """Trains: exit code, standard output and error, text of the failure file or None."""
    process = start_training(folder, more)
    output, errors = process.communicate(timeout=DEADLINE_SECONDS)
    failure = folder / "output/failure"
    text = failure.read_text() if failure.exists() else None
    return SimpleNamespace(code=process.returncode, output=output, errors=errors, failure=text)


class Serving:
    """A serving container on a port of this machine; `files` is what model.tar.gz held."""

    def __init__(self, folder, files, more=None, workers=1):
        for name, content in files.items():
            path = folder / "model" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        told = {"SAGEMAKER_BIND_TO_PORT": str(self.port), "SAGEMAKER_MODEL_SERVER_WORKERS": str(workers)}
        self._log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "images.kit", "scikit_learn", "serve"],
            env=variables(folder, {**told, **(more or {})}),
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait(self):
        """Waits until /ping answers 200."""
        self.until(lambda: self.ping() == 200, "/ping answers 200")
        return self

    def until(self, condition, what):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert self.process.poll() is None, f"the container ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"not so: {what}\n{self.log()}"
            time.sleep(0.02)  # between looks at a condition that has a deadline

    def ping(self):
        """Status of /ping, None while nothing listens."""
        try:
            return self.call("GET", "/ping")[0]
        except OSError:
            return None

    def call(self, method, path, body=None, headers=None):
        """Status, content type and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()

    def invoke(self, body, content_type="application/json", accept=None):
        headers = {"Content-Type": content_type, **({"Accept": accept} if accept else {})}
        return self.call("POST", "/invocations", body, headers)

    def log(self):
        return Path(self._log.name).read_text()

    def end(self):
        """Ends the container by SIGTERM: its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE_SECONDS)
        self._log.close()
        return code
