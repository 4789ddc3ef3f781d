"""Threads beside a main thread that waits for a program and handles stops."""

import signal

from images.kit.processes import STOPS, start_thread


def blocked():
    return signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_stops_come_to_the_main_thread_and_to_no_other():
    seen = []
    start_thread(lambda name: seen.append((name, blocked())), "beside").join()
    assert seen == [("beside", set(STOPS))]
    assert not blocked() & set(STOPS)
