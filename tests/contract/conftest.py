"""Puts this folder on the path, so that its tests import the generator of negative cases."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
