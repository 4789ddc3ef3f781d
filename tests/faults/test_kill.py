"""SIGKILL of the server at random moments: nothing acknowledged is lost, nothing is left over, nothing runs twice."""

import io
import os
import random
import statistics
import tarfile
import threading
import time
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from server_process import wait_until
from xgboost_jobs import (
    as_csv,
    create_endpoint,
    create_model,
    ended_job,
    ended_transform,
    log_lines,
    settled_endpoint,
    training_request,
    transform_request,
)

CYCLES = int(os.environ.get("SAGEBRUSH_KILL_CYCLES", "4"))
ROUNDS = 400
# How soon it answers is told, not judged, since other work of the machine decides it too: within 2 s on a quiet one.
ENDPOINT_SECONDS = 60


class Writers:
    """Writes objects, models and log lines without pause, and remembers what was acknowledged."""

    def __init__(self, server, cycle):
        self.objects, self.models, self.lines = [], [], []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(write, server, cycle))
            for write in (self._object, self._model, self._line)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, write, server, cycle):
        number = 0
        clients = {name: server.client(name) for name in ("s3", "sagemaker", "logs")}
        while not self._stop.is_set():
            number += 1
            try:
                write(clients, f"{cycle}-{number}")
            except (BotoCoreError, ClientError):
                return  # the server is gone: this write was not acknowledged

    def _object(self, clients, name):
        body = name.encode() * 50
        clients["s3"].put_object(Bucket="kept", Key=f"o/{name}", Body=body)
        self.objects.append((f"o/{name}", body))

    def _model(self, clients, name):
        create_model(clients["sagemaker"], f"m-{name}", "s3://kept/model.tar.gz")
        self.models.append(f"m-{name}")

    def _line(self, clients, name):
        event = {"timestamp": int(time.time() * 1000), "message": name}
        clients["logs"].put_log_events(logGroupName="kept", logStreamName="s", logEvents=[event])
        self.lines.append(name)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def processes_of(folder):
    """Command lines of processes that name the folder, but for servers."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # ended between the two looks
        if str(folder) in line and " serve " not in line:
            found.append(line)
    return found


@pytest.fixture
def prepared(own_server):
    """A server with a bucket, training data, a model artifact, a log stream, and an endpoint that serves."""
    server = own_server()
    s3, sagemaker, logs = server.client("s3"), server.client("sagemaker"), server.client("logs")
    s3.create_bucket(Bucket="kept")
    numbers = random.Random(7)
    rows = [[a + 2 * b, a, b] for a, b in ((numbers.random(), numbers.random()) for _ in range(2000))]
    s3.put_object(Bucket="kept", Key="train/rows.csv", Body=as_csv(rows))
    logs.create_log_group(logGroupName="kept")
    logs.create_log_stream(logGroupName="kept", logStreamName="s")
    sagemaker.create_training_job(**training_request("first", "kept", {"num_round": ROUNDS}))
    first = ended_job(sagemaker, "first")
    assert first["TrainingJobStatus"] == "Completed", first.get("FailureReason")
    artifact = first["ModelArtifacts"]["S3ModelArtifacts"]
    s3.copy_object(Bucket="kept", Key="model.tar.gz", CopySource=artifact.removeprefix("s3://"))
    create_model(sagemaker, "served", artifact)
    create_endpoint(sagemaker, "served", "served")
    assert settled_endpoint(sagemaker, "served")["EndpointStatus"] == "InService"
    return server


def ask(server):
    reply = server.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="served", ContentType="text/csv", Body="0.5,0.25"
    )
    return reply["Body"].read()


@pytest.mark.timeout(120 + 60 * CYCLES)
def test_a_killed_server_loses_nothing_it_acknowledged(prepared):
    server = prepared
    moments = random.Random(os.environ.get("SAGEBRUSH_KILL_SEED", "1"))
    expected_answer = ask(server)
    expected_lines = log_lines(server.client("logs"), "/aws/sagemaker/TrainingJobs", "first/")
    kept_lines, waits = [], []

    for cycle in range(CYCLES):
        job = f"job-{cycle}"
        server.client("sagemaker").create_training_job(**training_request(job, "kept", {"num_round": ROUNDS}))
        writers = Writers(server, cycle)
        time.sleep(moments.uniform(0.02, 2.5))  # the moment of the crash is what is random here
        server.kill()
        writers.stop()
        server.start()
        started = time.monotonic()
        assert wait_until(lambda: answer_or_none(server), ENDPOINT_SECONDS, "the endpoint answers") == expected_answer
        waits.append(time.monotonic() - started)

        s3, sagemaker, logs = server.client("s3"), server.client("sagemaker"), server.client("logs")
        for key, body in writers.objects:
            assert s3.get_object(Bucket="kept", Key=key)["Body"].read() == body
        for model in writers.models:
            assert sagemaker.describe_model(ModelName=model)["ModelName"] == model
        kept_lines += writers.lines
        stored = log_lines(logs, "kept", "s")
        assert [line for line in kept_lines if line not in set(stored)] == []
        assert len(stored) == len(set(stored))

        ended = ended_job(sagemaker, job)
        assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
        assert log_lines(logs, "/aws/sagemaker/TrainingJobs", f"{job}/") == expected_lines
        assert same_model(s3, job)
        print(
            f"Kill {cycle + 1}: after {statistics.median(waits):.1f} s the endpoint answers (median; {max(waits):.1f})"
        )

    sagemaker.delete_endpoint(EndpointName="served")
    wait_until(lambda: not sagemaker.list_endpoints()["Endpoints"], 60, "the endpoint is deleted")
    server.stop()
    assert wait_until(lambda: not processes_of(server.folder), 20, "no process of a unit is left") is True


TRANSFORM_LINES = 2000


@pytest.mark.long
@pytest.mark.timeout(120 + 60 * CYCLES)
def test_a_transform_under_way_at_a_kill_ends_with_the_same_answers(prepared):
    server = prepared
    moments = random.Random(os.environ.get("SAGEBRUSH_KILL_SEED", "1"))
    numbers = random.Random(11)
    rows = [[numbers.random(), numbers.random()] for _ in range(TRANSFORM_LINES)]
    server.client("s3").put_object(Bucket="kept", Key="asked/rows.csv", Body=as_csv(rows))
    begin_transform(server, "whole")
    answers = transformed(server, "whole")
    assert answers.count(b"\n") == TRANSFORM_LINES

    for cycle in range(max(2, CYCLES // 5)):
        name = f"cut-{cycle}"
        begin_transform(server, name)
        wait_until(lambda name=name: has_begun(server, name), 60, f"{name} has its instance")
        time.sleep(moments.uniform(0, 2))  # the moment of the crash is what is random here
        server.kill()
        server.start()
        assert transformed(server, name) == answers


def begin_transform(server, name):
    """Record by record, so that it takes seconds; the answers go to a prefix of its own."""
    request = transform_request(name, "served", "kept", "asked/")
    output = {"S3OutputPath": f"s3://kept/answers/{name}", "AssembleWith": "Line"}
    server.client("sagemaker").create_transform_job(
        **{**request, "TransformOutput": output, "BatchStrategy": "SingleRecord"}
    )


def has_begun(server, name):
    return "TransformStartTime" in server.client("sagemaker").describe_transform_job(TransformJobName=name)


def transformed(server, name):
    job = ended_transform(server.client("sagemaker"), name)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    return server.client("s3").get_object(Bucket="kept", Key=f"answers/{name}/rows.csv.out")["Body"].read()


def answer_or_none(server):
    try:
        return ask(server)
    except (BotoCoreError, ClientError):
        return None


def same_model(s3, job):
    """Whether the job's model is byte for byte that of the job that was never interrupted."""

    def booster(name):
        body = s3.get_object(Bucket="kept", Key=f"models/{name}/output/model.tar.gz")["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            return archive.extractfile("xgboost-model").read()

    return booster(job) == booster("first")
