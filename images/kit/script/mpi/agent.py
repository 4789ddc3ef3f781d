"""What mpirun calls in place of ssh, once for each other host: `agent.py SOCKET HOST WORD…`.

The words are a command for a shell: it sets variables, `…;/…/bin/prted`, and words for it, perhaps all in brackets.
The words for the daemon go by the socket (daemons.py) to the host, which knows the rest itself; no shell sees
any of it. Ends as the daemon does. Runs by itself, without the kit.
"""

import json
import shlex
import signal
import socket
import sys

EXIT_FAILED = 255
"""As ssh has it."""


def words_for_daemon(command):
    """What follows the daemon's name in a shell's command, without quotes; None if it is not named."""
    name = next((index for index, word in enumerate(command) if word.endswith("/prted")), None)
    if name is None:
        return None
    words = [word for quoted in command[name + 1 :] for word in shlex.split(quoted)]
    words = words[:-1] if command[0].startswith("(") and words[-1:] == [")"] else words
    # Its host has to wait for it, and to know its processes.
    return [word for word in words if word != "--daemonize"]


def main(arguments):
    """Exit code of the daemon on the other host."""
    place, host, *command = arguments
    words = words_for_daemon(command)
    if words is None:
        print(f"{host} starts only daemons of MPI, not {' '.join(command)}", file=sys.stderr)
        return EXIT_FAILED
    # Stops are for the processes of the script (launch.py); a daemon ends when mpirun says so.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(place)
        connection.sendall(json.dumps({"host": host, "words": words}).encode() + b"\n")
        with connection.makefile("rb") as answer:
            line = answer.readline()
    reply = json.loads(line) if line else {"code": EXIT_FAILED}
    if "error" in reply:
        print(reply["error"], file=sys.stderr)
    return reply["code"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
