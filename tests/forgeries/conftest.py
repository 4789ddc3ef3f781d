"""Puts this folder on the path, and gives the forgers a server of their own."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from guarded_server import guarded  # noqa: E402, F401 - a fixture, found by the line above
