"""Hours of mixed load leave the server as it was: no call fails, no job is lost, memory and descriptors stay.

SAGEBRUSH_LOAD_MINUTES says how long; SAGEBRUSH_LOAD_REPORT names a file for one line of figures a minute.
"""

import contextlib
import os
import statistics
import time
from collections import Counter
from pathlib import Path

import pytest
from mixed_load import BUCKET, Load, descriptors, percentile
from server_process import wait_until
from settled_memory import INSPECTED, resident_mb, settled_mb
from xgboost_jobs import as_csv, create_endpoint, create_model, ended_job, settled_endpoint, training_request

MINUTES = float(os.environ.get("SAGEBRUSH_LOAD_MINUTES", "2"))
REPORT = os.environ.get("SAGEBRUSH_LOAD_REPORT")
CALLS_A_SECOND = 50
#: From here on a run is long enough to tell a slope.
SLOPE_MINUTES = 60
#: Looks at what is resident once all garbage is collected; between two, up to 100 MB of garbage come and go.
SETTLED_LOOKS = 10
#: Caches fill and tables find their size before this share of a run is over.
WARM_UP = 0.25
MOST_MB_AN_HOUR = 5
MOST_NEW_DESCRIPTORS = 16
#: 200 files of log streams are kept open between writes; the rest are sockets and the server's own.
MOST_DESCRIPTORS = 200 + 128


@pytest.fixture
def loaded(own_server):
    """A server with a bucket, a log group and an endpoint, all named `load`."""
    server = own_server(arguments=["--spares", "0"], environment=INSPECTED)
    s3, sagemaker, logs = server.client("s3"), server.client("sagemaker"), server.client("logs")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="train/rows.csv", Body=as_csv([[2 * x, x] for x in range(100)]))
    sagemaker.create_training_job(**training_request("first", BUCKET, {"num_round": 5}))
    first = ended_job(sagemaker, "first")
    assert first["TrainingJobStatus"] == "Completed", first.get("FailureReason")
    artifact = first["ModelArtifacts"]["S3ModelArtifacts"]
    s3.copy_object(Bucket=BUCKET, Key="model.tar.gz", CopySource=artifact.removeprefix("s3://"))
    create_model(sagemaker, "load", artifact)
    create_endpoint(sagemaker, "load", "load")
    logs.create_log_group(logGroupName="load")
    for sender in range(8):
        logs.create_log_stream(logGroupName="load", logStreamName=str(sender))
    assert settled_endpoint(sagemaker, "load")["EndpointStatus"] == "InService"
    return server


@pytest.mark.timeout(MINUTES * 60 + 900)
def test_mixed_load_leaves_the_server_as_it_was(loaded):
    pid = loaded.process.pid
    load = Load(loaded, MINUTES * 60, CALLS_A_SECOND)
    looks, settled = [], []
    with contextlib.ExitStack() as files:
        report = files.enter_context(Path(REPORT).open("w")) if REPORT else None
        load.start()
        began = time.monotonic()
        while not load.is_over() and len(load.failures) < 20:
            time.sleep(min(60, MINUTES * 6))  # between looks at what the load costs
            taken = load.latencies()
            look = (
                (time.monotonic() - began) / 3600,
                resident_mb(pid),
                descriptors(pid),
                percentile(taken, 0.5),
                percentile(taken, 0.99),
            )
            looks.append(look)
            if look[0] * 60 >= MINUTES * (len(settled) + 1) / SETTLED_LOOKS:
                settled.append((look[0], settled_mb(loaded)))
            print(*(f"{value:.3f}" for value in look), len(taken), load.jobs, file=report, flush=True)
        load.join()

    assert load.failures == []
    assert all_jobs(loaded) == Counter(Completed=load.jobs + 1)
    warm = looks[int(len(looks) * WARM_UP) :]
    slope = statistics.linear_regression(*zip(*settled[int(len(settled) * WARM_UP) :], strict=True)).slope
    print(f"{load.counts.total()} calls, {load.jobs} jobs, {dict(load.counts)}")
    print(f"memory {[round(mb) for _, mb in settled]} MB, {slope:+.1f} MB an hour")
    print(f"p99 {warm[0][4]:.1f} -> {warm[-1][4]:.1f} ms; descriptors {warm[0][2]} -> {warm[-1][2]}")
    if MINUTES >= SLOPE_MINUTES:
        assert slope < MOST_MB_AN_HOUR
        assert descriptors(pid) <= warm[0][2] + MOST_NEW_DESCRIPTORS
    assert descriptors(pid) <= MOST_DESCRIPTORS


def all_jobs(server):
    """Jobs by status, once none is in progress."""
    sagemaker = server.client("sagemaker")
    none_left = {"StatusEquals": "InProgress", "MaxResults": 1}
    wait_until(
        lambda: not sagemaker.list_training_jobs(**none_left)["TrainingJobSummaries"], 300, "all jobs have ended"
    )
    pages = sagemaker.get_paginator("list_training_jobs").paginate(PaginationConfig={"PageSize": 100})
    return Counter(job["TrainingJobStatus"] for page in pages for job in page["TrainingJobSummaries"])
