"""Tests in moto that its authors checked against AWS (`aws_verified`), run here as plain boto3."""

import pytest
from foreign_clients import python_of
from outside_suites import Suite, compare, outcomes, sources
from shells import in_shell, printed

SUITE = Suite(
    title="moto",
    variable="MOTO_SOURCES",
    repository="https://github.com/getmoto/moto",
    commit="0af643a5dbfc98797f08ee64f5be3ef8002d56ff",
    paths=("tests",),
)


@pytest.mark.timeout(2400)
def test_all_that_was_verified_against_aws_passes(own_server, tmp_path):
    folder = sources(SUITE)
    server = own_server()
    variables = {**in_shell(printed(server.folder)), "HOME": str(tmp_path), "MOTO_TEST_ALLOW_AWS_REQUEST": "true"}
    names = ("s3", "iam", "sts", "cloudwatch", "events", "sns", "kms", "secretsmanager")
    services = [f"tests/test_{name}" for name in names]
    # Those of export tasks and of CloudFormation for Logs are left out: Sagebrush has neither.
    arguments = [*services, "tests/test_logs/test_logs.py", "-m", "aws_verified", "--timeout=120"]
    found = outcomes(python_of("moto-tests"), folder, arguments, variables, tmp_path / "report.xml")
    compare(SUITE, found)
    # Of S3 83, of which 2 are marked as expected failures of moto's own server; of IAM 12; of STS none;
    # of CloudWatch 1; of Logs 2; of EventBridge 6; of SNS 12, of which 5 need an account of a push service; of KMS 2;
    # of Secrets Manager 9.
    assert len(found) == 127
