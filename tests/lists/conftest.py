"""Puts this folder on the path, and the raw calls and the models of the folders beside it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "contract"), str(HERE.parent / "forgeries")]
