"""Puts this folder on the path, and the calls and the nouns of the folders beside it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), *(str(HERE.parent / name) for name in ("lists", "contract", "forgeries"))]
