"""Sends one mutated call to a running server, signed now: python replay.py SEED NUMBER URL CREDENTIALS_FILE"""

import configparser
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "forgeries"), str(HERE.parent / "contract"), str(HERE.parent)]

from line import Line  # noqa: E402 - found by the line above
from mutated import mutated  # noqa: E402
from signer import Keys  # noqa: E402


def main(seed, number, url, credentials):
    profiles = configparser.ConfigParser()
    profiles.read(credentials)
    profile = profiles["default"]
    keys = Keys(profile["aws_access_key_id"], profile["aws_secret_access_key"])
    call = mutated(seed, int(number), url.split("/")[2], keys)
    sys.stdout.buffer.write(call.data[:10_000] + b"\n\n")
    print(Line(url).exchange(call.data, call.is_head, is_last=call.is_broken))


if __name__ == "__main__":
    main(*sys.argv[1:])
