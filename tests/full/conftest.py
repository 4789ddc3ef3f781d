"""Lets the long suites use the forgers and their server, shells of users, and what the tests of faults are made of."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), *(str(HERE.parent / name) for name in ("forgeries", "faults", "clients", "scripts"))]

from guarded_server import guarded  # noqa: E402, F401 - a fixture, found by the line above
