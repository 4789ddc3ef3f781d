"""Integration tests of the SageMaker SDK 2.14.0 of September 2020, told by `sagebrush env` alone where they are."""

import pytest
from foreign_clients import python_of
from outside_suites import Suite, compare, outcomes, sources
from shells import in_shell, printed

SUITE = Suite(
    title="SageMaker Python SDK 2.14.0",
    variable="SAGEMAKER_SDK_SOURCES",
    repository="https://github.com/aws/sagemaker-python-sdk",
    commit="ecb61bdf74f04402c103e719f60266c84fb23e60",
    paths=("tests",),
)
#: File to the data it needs, which a checkout without large files lacks; without it the file is left out.
FILES = {
    "test_s3.py": None,
    "test_data_upload.py": None,
    "test_session.py": None,
    "test_experiments_analytics.py": None,
    "test_processing.py": None,
    "test_sklearn.py": "sklearn_mnist/train/train.npz",
    "test_byo_estimator.py": "one_p_mnist/mnist.pkl.gz",
}


@pytest.mark.timeout(2400)
def test_what_is_built_passes(own_server, tmp_path):
    folder = sources(SUITE)
    server = own_server()
    variables = {**in_shell(printed(server.folder)), "HOME": str(tmp_path)}
    files = [file for file, data in FILES.items() if data is None or (folder / "tests/data" / data).is_file()]
    arguments = [*(f"tests/integ/{file}" for file in files), "--timeout=300"]
    found = outcomes(python_of("sagemaker-2020-tests"), folder, arguments, variables, tmp_path / "report.xml")
    compare(SUITE, found, left_out=FILES.keys() - set(files))
