"""The servers that race: ours as the outside tests start it, moto_server, and versitygw."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from server_process import ROLE, ServerProcess

LIMIT_SECONDS = 30


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Moto:
    """moto_server on a free port, from the environment `peers`."""

    pair = ("testing", "testing")

    def start(self):
        port = free_port()
        program = Path(os.environ["BENCH_PEERS"]) / "bin" / "moto_server"
        command = [str(program), "-H", "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        return self

    def close(self):
        self.process.terminate()
        self.process.wait()


class Versitygw:
    """versitygw on a new folder below the one given, with kept connections, which it has only when asked."""

    pair = ("testing", "testing123")

    def __init__(self, folder):
        self.folder = tempfile.mkdtemp(dir=folder)

    def start(self):
        port = free_port()
        access_key, secret = self.pair
        command = [os.environ["BENCH_VERSITYGW"], "--access", access_key, "--secret", secret]
        command += ["--port", f"127.0.0.1:{port}", "--quiet", "--keep-alive", "posix", self.folder]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + LIMIT_SECONDS
        while not listens(port):
            if time.monotonic() > deadline:
                raise RuntimeError(f"versitygw does not listen after {LIMIT_SECONDS} s")
            time.sleep(0.01)
        return self

    def close(self):
        self.process.terminate()
        self.process.wait()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Ours(ServerProcess):
    """A Sagebrush server on a temporary folder; `keys` is the pair of the profile default, as Moto has it."""

    def start(self):
        super().start()
        self.pair = self.keys()
        return self


__all__ = ["ROLE", "Moto", "Ours", "Versitygw", "free_port"]
