"""Integration tests of the SageMaker SDK 2.14.0 of September 2020, told by `sagebrush env` alone where they are."""

import gzip
import pickle
import shutil

import numpy as np
import pytest
from foreign_clients import python_of
from mnist import digits
from outside_suites import Suite, compare, outcomes, sources
from shells import in_shell, printed

SUITE = Suite(
    title="SageMaker Python SDK 2.14.0",
    variable="SAGEMAKER_SDK_SOURCES",
    repository="https://github.com/aws/sagemaker-python-sdk",
    commit="ecb61bdf74f04402c103e719f60266c84fb23e60",
    paths=("tests",),
)
ONE_PERCENT = "one_p_mnist/mnist.pkl.gz"
#: File to the data it needs, which a checkout without large files lacks; without it the file is left out, unless the
#: data are made here.
FILES = {
    "test_s3.py": None,
    "test_data_upload.py": None,
    "test_session.py": None,
    "test_experiments_analytics.py": None,
    "test_monitoring_files.py": None,
    "test_processing.py": None,
    "test_sklearn.py": "sklearn_mnist/train/train.npz",
    "test_byo_estimator.py": ONE_PERCENT,
    "test_factorization_machines.py": ONE_PERCENT,
}
#: Digits of each of the three sets of ONE_PERCENT: a hundredth of 50,000, 10,000 and 10,000.
SHARES = (500, 100, 100)


def with_made_data(folder, copy):
    """The suite's folder, or a copy with what a checkout without large files lacks and MNIST gives."""
    if (folder / "tests/data" / ONE_PERCENT).is_file():
        return folder
    shutil.copytree(folder / "tests", copy / "tests")
    pixels, labels = digits("train", sum(SHARES))
    cuts = np.cumsum(SHARES)[:-1]
    scaled = np.split((pixels / 256).astype(np.float32), cuts)
    sets = tuple(zip(scaled, np.split(labels.astype(np.int64), cuts), strict=True))
    with gzip.open(copy / "tests/data" / ONE_PERCENT, "wb") as file:
        pickle.dump(sets, file)
    return copy


@pytest.mark.timeout(2400)
def test_what_is_built_passes(own_server, tmp_path):
    folder = with_made_data(sources(SUITE), tmp_path / "suite")
    server = own_server()
    variables = {**in_shell(printed(server.folder)), "HOME": str(tmp_path)}
    files = [file for file, data in FILES.items() if data is None or (folder / "tests/data" / data).is_file()]
    arguments = [*(f"tests/integ/{file}" for file in files), "--timeout=300"]
    found = outcomes(python_of("sagemaker-2020-tests"), folder, arguments, variables, tmp_path / "report.xml")
    compare(SUITE, found, left_out=FILES.keys() - set(files))
