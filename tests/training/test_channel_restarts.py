"""Deaths in the middle of an epoch: of the server, of the process that feeds, of both. No job completes on cut data."""

import hashlib
import os
import signal

import pytest
from channel_programs import begin_program, pipe, put, result_of
from job_processes import feeders
from own_programs import GROUP, printed
from server_process import wait_until
from xgboost_jobs import lines_by_stream

DATA = b"".join(b"%08d\n" % number for number in range(600_000))
# Reads a little, says so, and reads on for a while, so that the test can do something meanwhile.
PROGRAM = """
with opened("train", 0) as fifo:
    data = fifo.read(100_000)
    print("reading", flush=True)
    for _ in range(30):
        time.sleep(0.1)
        data += fifo.read(10_000)
    data += fifo.read()
    result["first"] = [len(data), hashlib.sha256(data).hexdigest()]
data = read("train", 1)
result["second"] = [len(data), hashlib.sha256(data).hexdigest()]
"""
WHOLE = [len(DATA), hashlib.sha256(DATA).hexdigest()]


@pytest.fixture
def reading(own_server, fresh, request):
    """A server with a job whose program is in the middle of its first epoch: (server, name)."""
    server = own_server()
    server.client("s3").create_bucket(Bucket="feeds")
    size = getattr(request, "param", 900_000)
    put(server, "feeds", {f"train/{start:08}": DATA[start : start + size] for start in range(0, len(DATA), size)})
    name = fresh("fed")
    begin_program(server, "feeds", name, PROGRAM, [pipe("feeds", "train/")])
    wait_until(lambda: "reading" in printed(server, name), 60, "the program reads")
    return server, name


def attempts(server, name):
    return len(lines_by_stream(server.client("logs"), GROUP, f"{name}/"))


# Many small objects: the feeder is waiting for answers whenever a server dies.
@pytest.mark.parametrize("reading", [900_000, 9_000], indirect=True, ids=["large objects", "small objects"])
def test_a_server_that_is_killed_again_and_again_changes_nothing_for_the_reader(reading):
    server, name = reading
    for _ in range(3):
        server.kill()
        server.start()
    assert result_of(server, "feeds", name) == {"first": WHOLE, "second": WHOLE}
    assert attempts(server, name) == 1
    wait_until(lambda: not feeders(server), 20, "nothing feeds any more")


def test_a_feeder_that_is_killed_makes_another_attempt_necessary(reading):
    server, name = reading
    for process in feeders(server):
        os.kill(process, signal.SIGKILL)
    assert result_of(server, "feeds", name) == {"first": WHOLE, "second": WHOLE}
    assert attempts(server, name) == 2


def test_a_feeder_killed_while_there_is_no_server_is_noticed(reading):
    server, name = reading
    server.kill()
    for process in feeders(server):
        os.kill(process, signal.SIGKILL)
    server.start()
    assert result_of(server, "feeds", name) == {"first": WHOLE, "second": WHOLE}
    assert attempts(server, name) == 2


def test_a_feeder_ends_with_its_units(reading):
    server, _ = reading
    assert feeders(server)
    server.stop()
    wait_until(lambda: not feeders(server), 20, "nothing feeds any more")
