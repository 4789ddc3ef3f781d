"""What goes on beside a job: lines of executors become the job's log, event logs go where the platform takes them."""

import contextlib
import os
import shutil
import sys
import threading

from images.kit.processes import start_thread

LOG_SECONDS = 1
EVENTS_SECONDS = 10
IN_PROGRESS = ".inprogress"


@contextlib.contextmanager
def repeated(work, seconds):
    """Within it work() is called every so often in a thread, and once more at its end."""
    is_over = threading.Event()

    def run():
        while not is_over.wait(seconds):
            work()

    thread = start_thread(run)
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        work()


class ExecutorLogs:
    """Standard output and error of executors, which a worker keeps in files."""

    def __init__(self, folder):
        """folder: SPARK_WORKER_DIR."""
        self._folder = folder
        self._read = {}

    def __call__(self):
        """Prints what is new, whole lines only."""
        for path in sorted(self._folder.glob("*/*/std*")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                lines, _, _ = file.read().rpartition(b"\n")
            if not lines:
                continue
            self._read[path] = self._read.get(path, 0) + len(lines) + 1
            stream = sys.stdout if path.name == "stdout" else sys.stderr
            for line in lines.split(b"\n"):
                os.write(stream.fileno(), line + b"\n")


class EventLogs:
    """Spark's event logs: written in one folder under a name that changes at the end, copied to another."""

    def __init__(self, written, wanted):
        self._written = written
        self._wanted = wanted

    def __call__(self):
        """Copies what there is; a log that goes on has its last name already."""
        self._wanted.mkdir(parents=True, exist_ok=True)
        for path in self._written.iterdir() if self._written.is_dir() else ():
            place = self._wanted / path.name.removesuffix(IN_PROGRESS)
            # One that is renamed meanwhile is copied the next time.
            with contextlib.suppress(FileNotFoundError):
                if path.is_dir():
                    shutil.copytree(path, place, dirs_exist_ok=True)
                else:
                    shutil.copyfile(path, place)
