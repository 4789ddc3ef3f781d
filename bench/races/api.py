"""Signed calls of the API against moto_server, 1,000 training jobs in each.

Ours checks signatures and policies and syncs every write; moto does none of this. So that ours does not also train
the jobs that are created, one job holds the only CPU slot (`--cpus 1`), its program paused (SIGSTOP); the others queue.
"""

import os
import signal
import time
import urllib.request

import processes
from jobs import put_data, temporary_folder, training_job
from load import replay, request_of, signed
from races.start import wait_for
from results import Measure
from servers import Moto, Ours

TITLE = "API calls"
COMPARED = (
    "Requests signed beforehand, sent by wrk, 1,000 training jobs in each server. Ours checks signatures and policies "
    "and syncs every write; moto_server does none of this. The jobs queue behind one whose program is paused, so that "
    "training does not take part in the race."
)
SEEDED = 1000
CONNECTIONS = (1, 16)
BARS = {"DescribeTrainingJob": "≥ 10x", "ListTrainingJobs": "≥ 10x", "CreateTrainingJob": "≥ 5x"}
CREATES_PER_SECOND = 4000
HOLD_SECONDS = 60


def run(options):
    with temporary_folder() as folder:
        ours, moto = Ours(arguments=["--cpus", "1", "--spares", "0"]), Moto()
        try:
            ours.start()
            moto.start()
            wait_for(moto)
            hold_slots(ours)
            sides = ((ours, ours.pair), (moto, moto.pair))
            for server, keys in sides:
                seed(server, keys)
            return race(sides, options, folder)
        finally:
            signal_programs(ours, signal.SIGCONT)
            ours.close()
            moto.close()


def hold_slots(ours):
    """Starts a long job and pauses its program once it runs."""
    put_data(ours, rows=20_000)
    sagemaker = ours.client("sagemaker")
    sagemaker.create_training_job(**training_job("holds-the-slot", num_round="1000000"))
    deadline = time.monotonic() + HOLD_SECONDS
    while not processes.pythons(ours.process.pid):
        if time.monotonic() > deadline:
            raise RuntimeError(f"no program ran: {sagemaker.describe_training_job(TrainingJobName='holds-the-slot')}")
        time.sleep(0.05)
    signal_programs(ours, signal.SIGSTOP)


def signal_programs(ours, which):
    for pid in processes.pythons(ours.process.pid):
        os.kill(pid, which)


def seed(server, keys):
    """Creates the jobs that are described and listed, one after another."""
    for number in range(SEEDED):
        line = signed(server.url, keys, "CreateTrainingJob", training_job(f"seed-{number}"))
        urllib.request.urlopen(request_of(server.url, line), timeout=60).read()


def bodies_of(operation, mark, seconds):
    """Inputs to send in turn. Creates need a fresh name each, more of them than any server takes in that time."""
    if operation == "DescribeTrainingJob":
        return [{"TrainingJobName": f"seed-{number}"} for number in range(SEEDED)]
    if operation == "ListTrainingJobs":
        return [{"MaxResults": 100}]
    return [training_job(f"{mark}-{number}") for number in range(CREATES_PER_SECOND * seconds)]


def race(sides, options, folder):
    measures = {}
    for operation, bar in BARS.items():
        for count in CONNECTIONS:
            what = f"{operation}, {count} connection{'s' if count > 1 else ''}"
            measures[operation, count] = Measure(what, "/s", "/s moto_server", bar)
    for number in range(options.rounds):
        for (operation, count), measure in measures.items():
            bodies = bodies_of(operation, f"r{number}c{count}", options.seconds)
            for (server, keys), figures in zip(sides, (measure.ours, measure.theirs), strict=True):
                lines = [signed(server.url, keys, operation, body) for body in bodies]
                figures.append(replay(server.url, lines, count, options.seconds, folder)["per_second"])
    return list(measures.values())
