"""A hundred training jobs at once: what the server's own answers take meanwhile."""

import http.client
import json
import statistics
import threading
import time
from urllib.parse import urlsplit

from jobs import put_data, training_job
from load import signed
from results import Measure
from servers import Ours

TITLE = "A hundred jobs at once"
COMPARED = (
    "A hundred training jobs of the built-in XGBoost on 200 rows are made one after another and wait for their turn; "
    "until the last has ended, a client on one connection asks for one of them after the other (DescribeTrainingJob), "
    "at most a hundred times a second. Taken once, whatever the number of rounds."
)
JOBS = 100
PAUSE_SECONDS = 0.01
LIMIT_SECONDS = 1200


def run(_options):
    slowest = Measure("DescribeTrainingJob meanwhile, 99 of 100 within", "ms", "", "≤ 50 ms")
    middle = Measure("the same, half of them within", "ms", "")
    whole = Measure("all jobs", "s", "")
    names = [f"crowd-{number:03}" for number in range(JOBS)]
    server = Ours().start()
    try:
        put_data(server)
        sagemaker, began = server.client("sagemaker"), time.perf_counter()
        for name in names:
            sagemaker.create_training_job(**training_job(name))
        with Asker(server, names) as asker:
            wait_for_all(sagemaker, began)
        whole.ours.append(time.perf_counter() - began)
    finally:
        server.close()
    slowest.ours.append(statistics.quantiles(asker.milliseconds, n=100)[98])
    middle.ours.append(statistics.median(asker.milliseconds))
    return [slowest, middle, whole]


def wait_for_all(sagemaker, began):
    """Returns when no job is under way. Raises RuntimeError unless all have completed."""
    while sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]:
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise RuntimeError(f"the jobs have not ended within {LIMIT_SECONDS} s")
        time.sleep(1)
    done = sagemaker.list_training_jobs(StatusEquals="Completed", MaxResults=100)["TrainingJobSummaries"]
    if len(done) != JOBS:
        raise RuntimeError(f"{len(done)} of {JOBS} jobs have completed")


class Asker:
    """Asks for jobs in turn on one connection, and keeps how long each answer took in `milliseconds`."""

    def __init__(self, server, names):
        self.names = names
        self.milliseconds = []
        self._server = server
        self._is_over = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self):
        connection = http.client.HTTPConnection(urlsplit(self._server.url).netloc, timeout=60)
        try:
            while not self._is_over.wait(PAUSE_SECONDS):
                self._ask(connection, self.names[len(self.milliseconds) % len(self.names)])
        except Exception as error:
            self._error = error
        finally:
            connection.close()

    def _ask(self, connection, name):
        line = signed(self._server.url, self._server.pair, "DescribeTrainingJob", {"TrainingJobName": name})
        request = json.loads(line)
        began = time.perf_counter()
        connection.request("POST", "/", request["body"], request["headers"])
        answer = connection.getresponse()
        answer.read()
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{name} was answered by {answer.status}")
