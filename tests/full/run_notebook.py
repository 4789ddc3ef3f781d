"""Runs a notebook from top to bottom as Jupyter would, in the folder it lies in: `run_notebook.py NOTEBOOK`.

Ends with the first cell that fails. Runs in an environment that has IPython, whose magics notebooks use.
"""

import json
import os
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell


def main(path):
    os.chdir(path.parent)
    shell = InteractiveShell.instance()
    cells = json.loads(path.read_text())["cells"]
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] != "code":
            continue
        print(f"--- cell {number}", flush=True)
        result = shell.run_cell("".join(cell["source"]))
        if not result.success:
            sys.exit(f"cell {number} failed: {result.error_in_exec or result.error_before_exec!r}")


main(Path(sys.argv[1]).resolve())
