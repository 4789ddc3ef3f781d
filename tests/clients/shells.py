"""A user's shell before and after `sagebrush env`."""

import os
import subprocess

from server_process import FLAGS, NODE, ROOT


def printed(folder, *arguments, variables=None):
    """What `sagebrush env` prints in a shell that has the variables."""
    command = [NODE, *FLAGS, ROOT / "server/src/cli/start.mjs", "env", "--data", folder, *arguments]
    done = subprocess.run(
        [str(part) for part in command],
        env={**plain_variables(), **(variables or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def plain_variables():
    """The variables of a shell that knows nothing of AWS or of a proxy."""
    spoken_for = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(spoken_for)}


def in_shell(text, variables=None):
    """The variables of a shell after it has evaluated the text."""
    script = 'eval "$TEXT"; unset TEXT; env -0'
    start = {**plain_variables(), **(variables or {}), "TEXT": text}
    done = subprocess.run(["sh", "-c", script], env=start, capture_output=True, text=True, check=True)
    return dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair)
