"""Puts the calls, volleys and nouns of the folders beside this one on the path."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / name) for name in ("races", "lists", "contract", "forgeries")]
