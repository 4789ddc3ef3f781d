"""A million rows of 28 columns with a label that follows from some of them, as CSV files."""

import subprocess
from pathlib import Path

import numpy as np

COLUMNS = 28
SEED = 28
CHUNK = 100_000


def write_table(path, rows, seed=SEED, labels=True):
    """Rows of `label,f1,…,f28`, or without the label; a part at a time, so that memory stays small."""
    chance = np.random.default_rng(seed)
    with path.open("wb") as file:
        for _ in range(rows // CHUNK):
            features = chance.random((CHUNK, COLUMNS), np.float32)
            signal = 4 * features[:, 0] * features[:, 1] - 3 * features[:, 2] + np.sin(9 * features[:, 3]) + 1
            label = (signal + chance.normal(0, 1, CHUNK) > 1).astype(np.float32)
            table = np.column_stack([label, features]) if labels else features
            np.savetxt(file, table, delimiter=",", fmt="%.6g")


def run_plain(python, *arguments):
    """The program `plain_xgboost.py`; what it printed."""
    program = Path(__file__).parent / "programs" / "plain_xgboost.py"
    done = subprocess.run([python, program, *map(str, arguments)], capture_output=True, text=True, check=True)
    return done.stdout.strip()
