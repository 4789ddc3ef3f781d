"""From starting the server to its first signed answer, and the memory it takes when it has nothing to do."""

import time
import urllib.error
import urllib.request

import processes
from jobs import temporary_folder
from load import request_of, signed
from results import Measure
from servers import Moto, Ours

TITLE = "Start and idle memory"
COMPARED = (
    "From starting the process to the first answer to a signed ListTrainingJobs, on a data folder that is there "
    "already; then the resident memory of the server and all its processes 5 s later, without spares. moto_server: "
    "the same call, tried from the start on until it is answered."
)
IDLE_SECONDS = 5
LIMIT_SECONDS = 60


def run(options):
    start = Measure("start to first signed answer", "ms", "ms moto_server", "≤ 500 ms")
    first = Measure("the same on an empty folder", "ms", "")
    memory = Measure("idle memory", "MB", "MB moto_server", "≤ 120 MB")
    with temporary_folder() as folder:
        Ours(folder=folder).start().close()
        for _ in range(options.rounds):
            with temporary_folder() as empty:
                server, milliseconds, _ = measured(lambda empty=empty: Ours(folder=empty, arguments=["--spares", "0"]))
                first.ours.append(milliseconds)
                server.close()
            for make, times, sizes in (
                (lambda: Ours(folder=folder, arguments=["--spares", "0"]), start.ours, memory.ours),
                (Moto, start.theirs, memory.theirs),
            ):
                server, milliseconds, megabytes = measured(make)
                times.append(milliseconds)
                sizes.append(megabytes)
                server.close()
    return [start, first, memory]


def measured(make):
    """(server, milliseconds to its first answer, MB when idle)"""
    server = make()
    began = time.perf_counter()
    server.start()
    wait_for(server)
    milliseconds = (time.perf_counter() - began) * 1000
    time.sleep(IDLE_SECONDS)
    return server, milliseconds, processes.resident_mb(server.process.pid)


def wait_for(server):
    """Returns when the server answers a signed call."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not answers(server):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{server.url} gave no answer within {LIMIT_SECONDS} s")
        time.sleep(0.005)


def answers(server):
    """Whether a signed call is answered; False while nobody listens."""
    request = request_of(server.url, signed(server.url, server.pair, "ListTrainingJobs", {}))
    try:
        return urllib.request.urlopen(request, timeout=LIMIT_SECONDS).status == 200
    except urllib.error.HTTPError:
        raise
    except OSError:
        return False
