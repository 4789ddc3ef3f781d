"""The hosts of a job among themselves, here as threads with addresses of their own."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from images.kit import connections, hosts
from images.kit.connections import HostError
from images.kit.errors import UserError
from images.kit.hosts import join

from .containers import addresses


def run(works, names=None, delays=()):
    """Result or exception of each host's work(group), all at once; a host starts after its delay in seconds."""
    names = names or addresses(len(works))

    def host(number):
        time.sleep(delays[number] if delays else 0)
        try:
            with join(names, names[number]) as group:
                return works[number](group)
        except BaseException as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(host, range(len(works))))


def test_every_host_has_every_value_in_the_order_of_the_hosts():
    def work(group):
        return [group.gather(f"{round_} of {group.number}") for round_ in range(3)], group.size

    expected = [[f"{round_} of {number}" for number in range(3)] for round_ in range(3)], 3
    assert run([work] * 3) == [expected] * 3


def test_the_first_host_and_another_tell_each_other_values():
    def first(group):
        group.tell("to the third", names[2])
        group.tell(None, names[2])
        return group.hear(names[2])

    def third(group):
        heard = group.hear(), group.hear()
        group.tell(list(heard))
        return heard

    names = addresses(3)
    assert run([first, lambda _: None, third], names) == [["to the third", None], None, ("to the third", None)]


@pytest.mark.parametrize("delays", [(0.5, 0, 0), (0, 0.5, 0.2)], ids=["the first is late", "the others are late"])
def test_late_hosts_are_waited_for(delays):
    assert run([lambda group: group.gather(None)] * 3, delays=delays) == [[None] * 3] * 3


def test_one_host_alone_needs_no_network():
    assert run([lambda group: group.gather(5)], ["a name that nobody knows"]) == [[5]]


@pytest.mark.parametrize("failing", [0, 2])
def test_a_users_error_ends_all_by_its_text(failing):
    def fail(_group):
        raise UserError("train/a.csv, line 3: oops")

    works = [lambda group: group.gather(1)] * 3
    works[failing] = fail
    names = addresses(3)
    results = run(works, names)
    assert str(results.pop(failing)) == "train/a.csv, line 3: oops"
    for error in results:
        assert isinstance(error, UserError)
        assert str(error) == f"Host {names[failing]} has failed: train/a.csv, line 3: oops"


def test_a_host_that_comes_after_the_end_is_told_the_reason():
    def fail(_group):
        raise UserError("the cause")

    names = addresses(3)
    *others, _ = run([lambda group: group.gather(1)] * 2 + [fail], names, delays=(0, 0.4, 0))
    assert [str(error) for error in others] == [f"Host {names[2]} has failed: the cause"] * 2


def test_the_cause_is_told_and_not_what_follows_from_it():
    has_failed = threading.Event()

    def fail(_group):
        has_failed.set()
        raise UserError("the cause")

    def suffer(_group):
        has_failed.wait()
        raise ConnectionError("a peer is gone")

    names = addresses(2)
    cause, consequence = run([fail, suffer], names)
    assert str(cause) == "the cause"
    assert str(consequence) == f"Host {names[0]} has failed: the cause"


def test_a_host_that_says_nothing_and_goes_has_died():
    names = addresses(2)

    def die(group):
        next(iter(group._links.values())).shutdown(socket.SHUT_RDWR)
        time.sleep(0.5)
        raise SystemExit

    survivor, _ = run([lambda group: group.gather(1), die], names)
    assert isinstance(survivor, HostError)
    assert str(survivor) == f"Host {names[1]} has failed: it was killed, or its machine or network is gone."


def test_a_stopped_host_stops_the_others():
    def stop(_group):
        raise SystemExit(143)

    stopped, other = run([lambda group: group.gather(1), stop])
    assert isinstance(stopped, SystemExit) and stopped.code == other.code == 143


def test_a_host_whose_name_is_of_no_use_to_others_listens_everywhere(monkeypatch):
    monkeypatch.setattr(connections, "PORT", 0)
    with connections.listen("localhost", 0) as listener:
        assert listener.getsockname()[0] == "0.0.0.0"


def test_strangers_are_turned_away():
    names = addresses(2)

    def stranger(hello):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                with socket.create_connection((names[0], connections.PORT), 1) as connection:
                    connection.sendall(hello)
                    return connection.recv(1)
            except ConnectionRefusedError:
                time.sleep(0.02)

    answers = []
    unproven = {"host": names[1], "proof": json.loads(connections.hello("nobody"))["proof"]}
    hellos = [
        connections.hello("nobody"),
        json.dumps(unproven).encode() + b"\n",
        b'{"host": []}\n',
        b"GET / HTTP/1.1\n",
    ]
    visit = threading.Thread(target=lambda: answers.extend(map(stranger, hellos)))
    visit.start()
    assert run([lambda group: group.gather(group.number)] * 2, names, delays=(0, 1)) == [[0, 1]] * 2
    visit.join()
    assert answers == [b""] * 4


def test_a_host_that_never_comes_is_named(monkeypatch):
    monkeypatch.setattr(hosts, "LONGEST_WAIT_SECONDS", 0.5)
    monkeypatch.setattr(hosts, "LOOK_SECONDS", 0.1)
    names = addresses(2)
    with pytest.raises(HostError, match=rf"{names[1]} did not connect in 0.5 s"), join(names, names[0]):
        pass


def test_a_name_that_never_resolves_is_told(monkeypatch, capsys):
    monkeypatch.setattr(connections, "LONGEST_WAIT_SECONDS", 0.3)
    with pytest.raises(HostError, match=r"Host algo-2\.invalid could not be reached within 0\.3 s"):
        connections.wait_for_names(["localhost", "algo-2.invalid"])
    assert "[INFO] Waiting for the host algo-2.invalid: " in capsys.readouterr().out
