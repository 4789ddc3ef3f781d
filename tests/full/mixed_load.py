"""Steady load of every kind of call, and a training job a second, with what they cost the server."""

import itertools
import random
import threading
import time
from collections import Counter
from pathlib import Path

from xgboost_jobs import IMAGE, channel, create_model, training_request

BUCKET = "load"
KEYS = 500
SENDERS = 8


class Calls:
    """The calls of one sender, each checked by what it answers. Names repeat, so that tables do not only grow."""

    def __init__(self, server, sender):
        self.clients = {
            name: server.client(name) for name in ("s3", "sagemaker", "sagemaker-runtime", "logs", "cloudwatch", "sts")
        }
        self.random = random.Random(sender)
        self.sender = sender
        self.numbers = itertools.count()
        self.bodies = {}
        self.kinds = [
            *[self.put_object] * 3,
            *[self.get_object] * 4,
            self.list_objects,
            self.delete_object,
            *[self.describe_job] * 3,
            self.list_jobs,
            self.make_and_delete_model,
            *[self.invoke] * 4,
            self.put_log_events,
            self.get_log_events,
            self.put_metric,
            self.get_metric,
            self.who_am_i,
        ]

    def one(self):
        """Makes a call of a random kind; gives the kind's name."""
        call = self.random.choice(self.kinds)
        call()
        return call.__name__

    def put_object(self):
        key = f"{self.sender}/{self.random.randrange(KEYS)}"
        body = self.random.randbytes(self.random.choice([10, 4096, 100_000]))
        self.clients["s3"].put_object(Bucket=BUCKET, Key=key, Body=body)
        self.bodies[key] = body

    def get_object(self):
        if not self.bodies:
            return self.put_object()
        key = self.random.choice(list(self.bodies))
        answer = self.clients["s3"].get_object(Bucket=BUCKET, Key=key)["Body"].read()
        assert answer == self.bodies[key], f"{key} is not what was put"
        return None

    def list_objects(self):
        page = self.clients["s3"].list_objects_v2(Bucket=BUCKET, Prefix=f"{self.sender}/")
        assert {entry["Key"] for entry in page.get("Contents", [])} == set(self.bodies)

    def delete_object(self):
        if self.bodies:
            key = self.random.choice(list(self.bodies))
            self.clients["s3"].delete_object(Bucket=BUCKET, Key=key)
            del self.bodies[key]

    def describe_job(self):
        jobs = self.clients["sagemaker"].list_training_jobs(MaxResults=5)["TrainingJobSummaries"]
        for job in jobs[:1]:
            self.clients["sagemaker"].describe_training_job(TrainingJobName=job["TrainingJobName"])

    def list_jobs(self):
        self.clients["sagemaker"].list_training_jobs(MaxResults=100)

    def make_and_delete_model(self):
        name = f"model-{self.sender}-{next(self.numbers)}"
        create_model(self.clients["sagemaker"], name, f"s3://{BUCKET}/model.tar.gz")
        self.clients["sagemaker"].delete_model(ModelName=name)

    def invoke(self):
        answer = self.clients["sagemaker-runtime"].invoke_endpoint(
            EndpointName="load", ContentType="text/csv", Body="0.5"
        )
        float(answer["Body"].read())

    def put_log_events(self):
        event = {"timestamp": int(time.time() * 1000), "message": f"line {next(self.numbers)}"}
        self.clients["logs"].put_log_events(logGroupName="load", logStreamName=str(self.sender), logEvents=[event])

    def get_log_events(self):
        self.clients["logs"].get_log_events(logGroupName="load", logStreamName=str(self.sender), limit=100)

    def put_metric(self):
        data = [{"MetricName": f"m{self.sender}", "Value": self.random.random(), "Unit": "None"}]
        self.clients["cloudwatch"].put_metric_data(Namespace="load", MetricData=data)

    def get_metric(self):
        now = time.time()
        self.clients["cloudwatch"].get_metric_statistics(
            **{"Namespace": "load", "MetricName": f"m{self.sender}", "Statistics": ["Average"], "Period": 60},
            **{"StartTime": now - 600, "EndTime": now + 60},
        )

    def who_am_i(self):
        self.clients["sts"].get_caller_identity()


class Load:
    """Sends `rate` calls and one job each second until `seconds` are over."""

    def __init__(self, server, seconds, rate):
        self.server = server
        self.failures = []
        self.counts = Counter()
        self.milliseconds = []
        self.jobs = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._seconds = seconds
        self._pause = SENDERS / rate
        self._threads = [threading.Thread(target=self._send, args=(sender,)) for sender in range(SENDERS)]
        self._threads.append(threading.Thread(target=self._start_jobs))

    def start(self):
        for thread in self._threads:
            thread.start()

    def join(self):
        for thread in self._threads:
            thread.join()

    def is_over(self):
        return time.monotonic() - self._began > self._seconds

    def latencies(self):
        """Milliseconds of the calls since the last time this was asked."""
        with self._lock:
            taken, self.milliseconds = self.milliseconds, []
        return sorted(taken)

    def _send(self, sender):
        calls = Calls(self.server, sender)
        due = time.monotonic() + sender / SENDERS * self._pause
        while not self.is_over() and len(self.failures) < 20:
            time.sleep(max(0.0, due - time.monotonic()))  # the rate is what is given
            due += self._pause
            began = time.perf_counter()
            try:
                kind = calls.one()
            except Exception as cause:
                self.failures.append(f"sender {sender}: {type(cause).__name__}: {cause}")
                continue
            with self._lock:
                self.milliseconds.append((time.perf_counter() - began) * 1000)
                self.counts[kind] += 1

    def _start_jobs(self):
        sagemaker = self.server.client("sagemaker")
        due = time.monotonic()
        while not self.is_over():
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1
            self.jobs += 1
            try:
                sagemaker.create_training_job(**a_small_job(f"load-{self.jobs}"))
            except Exception as cause:
                self.failures.append(f"job {self.jobs}: {type(cause).__name__}: {cause}")


def a_small_job(name):
    """A shell that reads its channel and writes a model: what it costs is the platform's share."""
    request = training_request(name, BUCKET, {}, [channel(BUCKET, "train/")])
    request["AlgorithmSpecification"] = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["/bin/sh", "-c"],
        "ContainerArguments": ["cat /opt/ml/input/data/train/* && echo model >/opt/ml/model/model"],
    }
    return request


def descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")
