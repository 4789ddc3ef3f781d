"""Calls that reach the server at the same moment, each on a connection of its own."""

from line import Line


def volley(server, calls):
    """The answers, in the order of the calls: all are sent but for their last byte, then that of each."""
    lines = [Line(server.url) for _ in calls]
    encoded = [call.encoded() for call in calls]
    for line, data in zip(lines, encoded, strict=True):
        line.send(data[:-1])
    for line, data in zip(lines, encoded, strict=True):
        line.send(data[-1:])
    answers = [line.receive() for line in lines]
    for line in lines:
        line.close()
    return answers
