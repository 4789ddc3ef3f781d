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
FILES = ["test_s3.py", "test_data_upload.py", "test_session.py", "test_experiments_analytics.py", "test_processing.py"]


@pytest.mark.timeout(2400)
def test_what_is_built_passes(own_server, tmp_path):
    folder = sources(SUITE)
    server = own_server()
    variables = {**in_shell(printed(server.folder)), "HOME": str(tmp_path)}
    arguments = [*(f"tests/integ/{file}" for file in FILES), "--timeout=300"]
    found = outcomes(python_of("sagemaker-2020-tests"), folder, arguments, variables, tmp_path / "report.xml")
    compare(SUITE, found)
