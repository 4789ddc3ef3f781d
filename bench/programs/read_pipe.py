"""Reads FIFOs to their ends and prints how many bytes came, and in how many seconds: python read_pipe.py FIFO …"""

import sys
import time
from pathlib import Path

CHUNK = bytearray(1 << 20)


def read(path):
    with Path(path).open("rb", buffering=0) as fifo:
        began, count = time.perf_counter(), 0
        while got := fifo.readinto(CHUNK):
            count += got
        return count, time.perf_counter() - began


if __name__ == "__main__":
    for fifo in sys.argv[1:]:
        print("read", *read(fifo), flush=True)
