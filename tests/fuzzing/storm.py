"""Sends many mutated calls and looks at each answer: no failure of the server, no silence, no broken connection."""

import multiprocessing
from collections import Counter
from pathlib import Path

from line import Line, NoAnswerError
from mutated import mutated
from signer import Keys

#: Failures after which a run ends: each may cost seconds.
MOST_FAILURES = 40
#: What a 501 has to say by name.
_NOT_BUILT = ("NotYetAvailable", "NotImplemented")


def complaint(call, line):
    """What is wrong with the answer to a mutated call, or None; and its status."""
    try:
        answer = line.exchange(call.data, call.is_head, is_last=call.is_broken)
    except TimeoutError:
        return "no answer in time", None
    except NoAnswerError as cause:
        return (None if call.is_broken else f"no answer: {cause}"), None
    except ConnectionError as cause:
        return (None if isinstance(cause, ConnectionResetError) and call.is_broken else f"no connection: {cause}"), None
    if answer.status < 500 or (answer.status == 501 and (call.is_head or answer.code in _NOT_BUILT)):
        return None, answer.status
    return f"{answer.status} {answer.body[:300]!r}", answer.status


def send_numbers(url, keys, seed, numbers, folder):
    """Gives the statuses that came and the failures in words; each failing call lies in the folder as it was sent."""
    line, statuses, failures = Line(url), Counter(), []
    host = url.split("/")[2]
    for number in numbers:
        call = mutated(seed, number, host, keys)
        wrong, status = complaint(call, line)
        statuses[status] += 1
        if wrong:
            file = Path(folder) / f"mutated-{seed}-{number}.http"
            file.write_bytes(call.data)
            failures.append(f"number {number}, {call.what}: {wrong}\n  nc {host.replace(':', ' ')} < {file}")
            line.close()
            if len(failures) >= MOST_FAILURES:
                break
    line.close()
    return statuses, failures


def send_all(server, seed, numbers, folder, processes=1):
    """`send_numbers` of a range, in several processes."""
    keys = Keys(*server.keys())
    if processes == 1:
        return send_numbers(server.url, keys, seed, numbers, folder)
    shares = [(server.url, keys, seed, numbers[start::processes], folder) for start in range(processes)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        done = pool.starmap(send_numbers, shares)
    return sum((statuses for statuses, _ in done), Counter()), [one for _, failures in done for one in failures]
