"""Lets the long suites use the forgers and their server."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "forgeries")]

from guarded_server import guarded  # noqa: E402, F401 - a fixture, found by the line above
