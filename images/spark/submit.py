"""smspark-submit: makes a cluster of the job's hosts, runs the user's script or jar on it, and ends with its exit code.

Follows aws/sagemaker-spark-container in what it takes and leaves; how it is done is decision 22.
"""

import contextlib
import json
import os
from pathlib import Path

from images.kit import hosts
from images.kit.container import root
from images.kit.errors import ProgramError
from images.kit.script.framework import announce_version

from . import configuration, files, resources, storage
from .cluster import Cluster
from .ending import what_failed
from .followers import EVENTS_SECONDS, LOG_SECONDS, EventLogs, ExecutorLogs, repeated
from .options import parse

FOLDER = Path("/tmp/spark")
"""Where Spark may write: the root of a container is read-only."""


def submit(words):
    """Runs what the words after `smspark-submit` say, on every host of the job.

    Raises UserError for settings that cannot be meant, ProgramError if Spark does not end well, HostError if another
    host does not come.
    """
    options = parse(words)
    announce_version("Spark", "pyspark")
    storage.check(options.s3_uris())
    own = configuration.read()
    names, host = _hosts()
    size = resources.instance()
    for line in files.write(FOLDER / "conf", own, _defaults(options, own, names, size), os.environ):
        print(f"[WARNING] {line}", flush=True)
    # A worker keeps the last lines of its executors until it ends, so they are read once more after that.
    executors = repeated(ExecutorLogs(FOLDER / "work"), LOG_SECONDS)
    with hosts.join(names, host) as group, executors, Cluster(names, host, FOLDER, size, own.variables) as cluster:
        cluster.start_master()
        group.gather(None)
        cluster.start_worker()
        code, said = _drive(cluster, options) if host == names[0] else (0, "")
        # The others' workers stay until the first host says that all is done.
        group.gather(None)
    if code != 0:
        raise ProgramError(code, f"{storage.explain(what_failed(said))}\nSpark ended with exit code {code}.".strip())


def _hosts():
    """(names in the order of their numbers, this host's name)."""
    path = root() / "config" / "resourceconfig.json"
    resource = json.loads(path.read_text()) if path.is_file() else {"hosts": ["algo-1"], "current_host": "algo-1"}
    # algo-1 leads; the file has algo-10 before algo-2.
    return sorted(resource["hosts"], key=lambda name: (len(name), name)), resource["current_host"]


def _defaults(options, own, names, size):
    defaults = files.spark_defaults(FOLDER, names[0])
    if events := options.event_logs_uri or (_events_folder().as_uri() if options.event_logs_folder else None):
        defaults |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": events}
    return {**defaults, **resources.share_out(size, len(names), own.spark_defaults)}


def _events_folder():
    folder = FOLDER / "events"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _drive(cluster, options):
    wanted = options.event_logs_folder
    copying = repeated(EventLogs(_events_folder(), wanted), EVENTS_SECONDS) if wanted else contextlib.nullcontext()
    with copying:
        return cluster.drive(options.submit())
