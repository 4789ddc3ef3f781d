"""The servers that race: ours as the outside tests start it, and moto_server."""

import os
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from server_process import ROLE, ServerProcess


class Moto:
    """moto_server on a free port, from the environment `peers`."""

    pair = ("testing", "testing")

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        program = Path(os.environ["BENCH_PEERS"]) / "bin" / "moto_server"
        command = [str(program), "-H", "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        return self

    def close(self):
        self.process.terminate()
        self.process.wait()


class Ours(ServerProcess):
    """A Sagebrush server on a temporary folder; `keys` is the pair of the profile default, as Moto has it."""

    def start(self):
        super().start()
        self.pair = self.keys()
        return self


__all__ = ["ROLE", "Moto", "Ours"]
