"""Runs an image as a container would be: its own process, its own /opt/ml, a real socket."""

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

from .containers import addresses

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


def train(image, folder):
    """Runs training in this process, to save its start: exit code, standard output, failure text or None."""
    before = signal.getsignal(signal.SIGTERM)
    output = io.StringIO()
    os.environ["SAGEBRUSH_ML_ROOT"] = str(folder)
    try:
        with contextlib.redirect_stdout(output):
            code = main([image, "train"])
    finally:
        del os.environ["SAGEBRUSH_ML_ROOT"]
        signal.signal(signal.SIGTERM, before)
    failure = folder / "output" / "failure"
    return code, output.getvalue(), failure.read_text() if failure.exists() else None


class Serving:
    """A serving container on a port of this machine."""

    def __init__(self, image, folder, environment=None, arguments=("serve",), **options):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        variables = command(folder, {"SAGEMAKER_BIND_TO_PORT": str(self.port), **(environment or {})})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "images.kit", image, *arguments],
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


class Hosts:
    """A job's hosts as processes, each with its own /opt/ml. channels: {channel: [{file: bytes} of each host]}."""

    image = None
    """Which one they run; a subclass says."""

    def __init__(self, folder, hyperparameters, channels, names=None, **fields):
        self.names = names or addresses(len(next(iter(channels.values()))))
        self.folders = [folder / str(number) for number in range(len(self.names))]
        self.processes = []
        self.outputs = None
        for number, (name, path) in enumerate(zip(self.names, self.folders, strict=True)):
            mine = {channel: files[number] for channel, files in channels.items()}
            prepare(path, hyperparameters, mine, hosts=self.names, current_host=name, **fields)

    def start(self):
        for folder in self.folders:
            arguments = [sys.executable, "-m", "images.kit", self.image, "train"]
            # Threads that wait by spinning would slow each other down.
            variables = command(folder, {"OMP_WAIT_POLICY": "PASSIVE"})
            self.processes.append(subprocess.Popen(arguments, env=variables, stdout=subprocess.PIPE, text=True))
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def wait_for_line(self, start):
        """Reads what the first host prints until a line that begins so."""
        for line in self.processes[0].stdout:
            if line.startswith(start):
                return
        raise AssertionError(f"no line {start}")

    def end(self):
        """Exit code and failure text or None of each host."""
        self.outputs = [process.communicate(timeout=DEADLINE_SECONDS)[0] for process in self.processes]
        failures = [folder / "output" / "failure" for folder in self.folders]
        texts = [path.read_text() if path.exists() else None for path in failures]
        return [(process.returncode, text) for process, text in zip(self.processes, texts, strict=True)]
