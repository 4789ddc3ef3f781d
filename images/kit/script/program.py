"""Runs a user's program: its output passed through, signals forwarded, the end of its errors kept for the reason."""

import contextlib
import os
import shlex
import signal
import stat
import subprocess
import sys
from pathlib import PurePosixPath

from images.kit.container import FAILURE_CHARACTERS
from images.kit.errors import ProgramError, UserError
from images.kit.processes import on_stop, shell_code, start_thread

from .variables import module_name

TAIL_BYTES = 64 * 1024
DRAIN_SECONDS = 5
"""A process left behind may hold the output open; no longer than so is waited for it."""
SHOWN_COMMAND = 200


def command_of(program, code, python):
    """Command that runs the program: a package as a module, `*.py` by Python, anything else by the shell.

    Raises UserError if there is no such file.
    """
    if (code / "setup.py").is_file():
        return [str(python), "-m", module_name(program).replace("/", ".")]
    path = code / program
    if not path.is_file() or not path.resolve().is_relative_to(code.resolve()):
        found = ", ".join(sorted(entry.name for entry in code.iterdir())) or "nothing"
        raise UserError(f"The code has no file {program!r} (sagemaker_program); it has {found}.")
    if PurePosixPath(program).suffix == ".py":
        return [str(python), program]
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return ["/bin/sh", "-c", f'exec ./{shlex.quote(program)} "$@"', program]


def run(command, arguments, code, environment, *, send=subprocess.Popen.send_signal, explain=None, started=None):
    """Runs it in the folder of the code until it ends.

    send(process, number): how a stop signal reaches it. explain: makes the failure text, as failure_text does.
    started(process): called once it runs.
    Raises ProgramError with its exit code, and the end of what it wrote to standard error, if that is not 0.
    """
    sys.stdout.flush()
    process = subprocess.Popen([*command, *arguments], cwd=code, env=environment, stderr=subprocess.PIPE)
    forward_signals(process, send)
    if started is not None:
        started(process)
    tail = bytearray()
    copying = start_thread(_copy, process.stderr, tail)
    exit_code = process.wait()
    copying.join(DRAIN_SECONDS)
    if exit_code != 0:
        shown = shlex.join([*command, *arguments])
        raise ProgramError(shell_code(exit_code), (explain or failure_text)(shown, bytes(tail), exit_code))


def forward_signals(process, send=subprocess.Popen.send_signal):
    """From now on SIGTERM and SIGINT are the program's: it may save its model in the time it is given.

    send(process, number): how one reaches it.
    """

    def forward(number, _frame):
        with contextlib.suppress(ProcessLookupError):
            send(process, number)

    on_stop(forward)


def _copy(stream, tail):
    while part := os.read(stream.fileno(), 65536):
        with contextlib.suppress(BlockingIOError):
            os.write(sys.stderr.fileno(), part)
        tail += part
        del tail[:-TAIL_BYTES]


def failure_text(command, errors, exit_code):
    """Text for the failure file: what ran, and of its errors the end, which says most, in the room there is."""
    shown = command if len(command) <= SHOWN_COMMAND else command[:SHOWN_COMMAND] + "..."
    head = f'ExecuteUserScriptError:\nCommand "{shown}"'
    text = errors.decode("utf-8", errors="replace").strip()
    begin = text.rfind("Traceback (most recent call last):")
    text = text[begin:] if begin >= 0 else text
    is_signal = exit_code < 0
    ending = (
        f"\nThe program was ended by {signal.Signals(-exit_code).name}." if is_signal else f", exit code: {exit_code}"
    )
    room = FAILURE_CHARACTERS - len(head) - len(ending) - 5
    text = text if len(text) <= room else "..." + text[-room:].split("\n", 1)[-1]
    return f"{head}\n{text}{ending}" if text else f"{head}{ending}"
