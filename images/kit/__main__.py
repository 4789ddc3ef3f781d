"""`python -m images.kit IMAGE [train|serve]`: the entry point of every image made here."""

import sys

from .main import main

sys.exit(main(sys.argv[1:]))
