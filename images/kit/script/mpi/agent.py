"""What mpirun calls in place of ssh, once for each other host: `agent.py SOCKET HOST PREAMBLE WORD…`.

It hands the words to the process that has a connection to that host (together.py), and ends as the daemon there does.
The preamble sets variables in a shell and names the daemon, `…;/…/bin/prted`; the other host knows both itself.
Runs by itself, without the kit.
"""

import json
import shlex
import signal
import socket
import sys

EXIT_FAILED = 255
"""As ssh has it."""


def main(arguments):
    """Exit code of the daemon on the other host."""
    place, host, preamble, *words = arguments
    if not preamble.endswith("prted"):
        print(f"{host} starts only daemons of MPI, not {preamble}", file=sys.stderr)
        return EXIT_FAILED
    # The processes of this host are asked to end one by one (together.py); a daemon ends when mpirun says so.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(place)
        message = {"host": host, "words": [word for quoted in words for word in shlex.split(quoted)]}
        connection.sendall(json.dumps(message).encode() + b"\n")
        with connection.makefile("rb") as answer:
            line = answer.readline()
    reply = json.loads(line) if line else {"code": EXIT_FAILED}
    if "error" in reply:
        print(reply["error"], file=sys.stderr)
    return reply["code"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
