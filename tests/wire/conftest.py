"""Lets the tests of the wire import the signer beside them and the generator of negative cases."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "contract")]
