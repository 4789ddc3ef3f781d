"""Tests of CloudWatch Logs in moto that were checked against AWS (marked `aws_verified`), run here as plain boto3.

Those of export tasks and of CloudFormation are left out: neither is a part of Sagebrush.
"""

import pytest
from foreign_clients import python_of
from outside_suites import compare, outcomes, sources
from shells import in_shell, printed
from test_moto_suite import SUITE


@pytest.mark.timeout(600)
def test_all_that_was_verified_against_aws_passes(own_server, tmp_path):
    folder = sources(SUITE)
    server = own_server()
    variables = {**in_shell(printed(server.folder)), "HOME": str(tmp_path), "MOTO_TEST_ALLOW_AWS_REQUEST": "true"}
    arguments = ["tests/test_logs/test_logs.py", "-m", "aws_verified", "--timeout=120"]
    found = outcomes(python_of("moto-tests"), folder, arguments, variables, tmp_path / "report.xml")
    compare(SUITE, found)
    assert len(found) == 2
