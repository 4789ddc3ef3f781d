"""Ceph's s3-tests: what Ceph, MinIO and others are compared with."""

import configparser

import pytest
from foreign_clients import python_of
from outside_suites import Suite, compare, outcomes, sources
from shells import plain_variables

SUITE = Suite(
    title="Ceph s3-tests",
    variable="CEPH_S3_TESTS_SOURCES",
    repository="https://github.com/ceph/s3-tests",
    commit="8f0ae7b404a3a2fcf7038bf1e6bf29544fe9b6a3",
    paths=("s3tests", "pytest.ini"),
)
#: Left out: what AWS does not do either, and services beside S3 objects.
LEFT_OUT = [
    "fails_on_aws",
    "bucket_logging",
    "bucket_logging_cleanup",
    "lifecycle",
    "lifecycle_expiration",
    "lifecycle_transition",
    "cloud_transition",
    "cloud_restore",
    "target_by_bucket",
    "appendobject",
    "s3website",
    "iam_account",
    "iam_user",
]
#: Callers of the suite: sections of its configuration.
CALLERS = ["s3 main", "s3 alt", "s3 tenant", "iam", "iam root", "iam alt root"]


#: Those of them that belong to the other account.
OTHERS = {"s3 alt", "s3 tenant", "iam alt root"}


def identities(server, sections):
    """Users of the account that the server runs for, who may do everything in it, as the configuration names them."""
    iam = server.client("iam", profile="root")
    # Objects, buckets and grants belong to the account.
    owner = server.client("s3", profile="root").list_buckets()["Owner"]
    made = {}
    for section in sections:
        name = section.replace(" ", "-")
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName=name)["AccessKey"]
        made[section] = {
            "access_key": key["AccessKeyId"],
            "secret_key": key["SecretAccessKey"],
            "user_id": owner["ID"],
            "display_name": owner["DisplayName"],
            "email": f"{name}@example.com",
        }
    return made


def configuration(server, others):
    """The suite's configuration; `others`: the users of the other account."""
    host, _, port = server.listen.rpartition(":")
    config = configparser.ConfigParser(interpolation=None)
    config["DEFAULT"] = {"host": host, "port": port, "is_secure": "False", "ssl_verify": "False"}
    config["fixtures"] = {
        "bucket prefix": "ceph-{random}-",
        "iam name prefix": "s3-tests-",
        "iam path prefix": "/s3-tests/",
    }
    config.read_dict(identities(server, [section for section in CALLERS if section not in OTHERS]) | others)
    config["s3 main"]["api_name"] = "us-west-2"
    kms = server.client("kms")
    for name in ("kms_keyid", "kms_keyid2"):
        config["s3 main"][name] = kms.create_key()["KeyMetadata"]["Arn"]
    config["s3 tenant"]["tenant"] = "tenant"
    return config


@pytest.mark.timeout(2400)
def test_at_least_as_many_pass_as_are_listed(own_server, tmp_path):
    folder = sources(SUITE)
    server = own_server(arguments=["--account", "210987654321"])
    others = identities(server, OTHERS)
    server.stop()
    server.arguments = []
    server.start()
    path = tmp_path / "s3tests.conf"
    with path.open("w") as file:
        configuration(server, others).write(file)
    variables = {**plain_variables(), "HOME": str(tmp_path), "S3TEST_CONF": str(path)}
    arguments = ["s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py", "--timeout=120"]
    arguments += ["-m", " and ".join(f"not {mark}" for mark in LEFT_OUT)]
    found = outcomes(python_of("ceph-tests"), folder, arguments, variables, tmp_path / "report.xml")
    counts = {kind: list(found.values()).count(kind) for kind in set(found.values())}
    print(counts)
    # A test whose setting up or clean-up fails spoils those after it, and hides what they would say.
    assert "error" not in counts
    assert len(found) == 620
    assert counts["passed"] >= 330
    compare(SUITE, found)
