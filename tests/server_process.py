"""A Sagebrush server as its own process on a fresh folder, and official clients pointed at it."""

import configparser
import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
import typing
import weakref
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / f"node_modules/node-linux-{'arm64' if os.uname().machine == 'aarch64' else 'x64'}/bin/node"
# As bin/sagebrush starts it.
FLAGS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=2"]
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole"
READY = "Sagebrush is listening on "
START_SECONDS = 30
#: One for all: a new one reads the service models again, which costs more than most tests, and keeps them.
SESSION = boto3.Session()
#: Sessions make one client after another.
MAKING = threading.Lock()
STOP_SECONDS = 30
#: A call that fails is told; threads that share a client have a connection each.
CONFIG = {"retries": {"max_attempts": 0}, "max_pool_connections": 50}


def wait_until(condition, seconds, what):
    """Returns the condition's first true value; fails with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds} s: {what}")
        time.sleep(0.02)  # between looks at a condition that has a deadline


def command_line(*words):
    """What is run for `sagebrush WORDS`."""
    return [str(part) for part in (NODE, *FLAGS, ROOT / "server/src/cli/start.mjs", *words)]


def told(*words):
    """(exit code, everything said) of `sagebrush WORDS`."""
    done = subprocess.run(command_line(*words), capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


class ServerProcess:
    """One server. `start`, `kill` (SIGKILL) and `stop` (SIGTERM) may be called in turn on the same folder.

    A `with` starts it, and removes it with its folder.
    """

    started: typing.ClassVar = weakref.WeakSet()

    def __init__(self, folder=None, listen="127.0.0.1:0", arguments=(), environment=None):
        self.is_temporary = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="sagebrush-"))
        self.listen = listen
        self.arguments = list(arguments)
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.url = None
        self.errors = []
        #: Those of the profiles, each made once: tests ask for the same ones, and making one takes as long as a call.
        self.clients = {}
        self.started.add(self)

    def command(self):
        """What is run."""
        return command_line("serve", "--data", self.folder, "--listen", self.listen, *self.arguments)

    def start(self):
        self.process = subprocess.Popen(
            self.command(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        self.errors = []
        threading.Thread(target=self._keep_errors, args=(self.process.stderr,), daemon=True).start()
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        if not line.startswith(READY):
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not start: {line!r}\n" + "".join(self.errors[-40:]))
        self.url = line[len(READY) :].strip()
        self.listen = self.url.removeprefix("http://")
        return self

    def _keep_errors(self, stream):
        for line in stream:
            self.errors.append(line)
            del self.errors[:-2000]

    def kill(self):
        """SIGKILL, as a crash or a power cut of the process."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """SIGTERM, and its exit code."""
        self.process.terminate()
        code = self.process.wait(STOP_SECONDS)
        self.process.stdout.close()
        return code

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        if self.is_temporary:
            # A unit that is being removed may hold folders deeper than Python's own removal can go.
            subprocess.run(["rm", "-rf", "--", str(self.folder)], check=False)

    def keys(self, profile="default"):
        """(access key id, secret access key) of a profile of the credentials file."""
        ini = configparser.ConfigParser()
        ini.read(self.folder / "credentials")
        return ini[profile]["aws_access_key_id"], ini[profile]["aws_secret_access_key"]

    def client(self, service, profile="default", region="us-east-1", keys=None, token=None, url=None, **config):
        """An unmodified boto3 client of this server, or of `url`; keyword arguments go to botocore's Config."""
        access_key, secret = keys or self.keys(profile)
        given = {
            "region_name": region,
            "endpoint_url": url or self.url,
            "aws_access_key_id": access_key,
            "aws_secret_access_key": secret,
            "aws_session_token": token,
        }
        name = (service, *given.values(), repr(config))
        with MAKING:
            if name in self.clients:
                return self.clients[name]
            made = SESSION.client(service, **given, config=Config(**{**CONFIG, **config}))
            if keys is None:
                self.clients[name] = made
            return made

    def command_environment(self, profile="default", region="us-east-1"):
        """Environment variables for a command-line client."""
        access_key, secret = self.keys(profile)
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextlib.contextmanager
def server_of_two_accounts(first, second):
    """A server that served one account and now serves another, and the keys of the first one's root."""
    with ServerProcess(arguments=["--account", first]) as server:
        keys = server.keys("root")
        server.stop()
        server.arguments = ["--account", second]
        yield server.start(), keys


@contextlib.contextmanager
def running_server(bucket, *arguments):
    """A server with these arguments and an empty bucket, for a fixture of several tests."""
    with ServerProcess(arguments=arguments) as server:
        server.client("s3").create_bucket(Bucket=bucket)
        yield server
