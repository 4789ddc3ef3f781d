"""Puts this folder on the path, so that its tests import the generator of negative cases, and the signer beside it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "forgeries")]
