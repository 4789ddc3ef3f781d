"""The AWS SDK for Go v2, compiled once into the cache folder."""

import shutil

import pytest
from foreign_clients import CLIENTS, installed, is_learned, over_tls, printed, put_points, variables
from server_process import ACCOUNT, ROLE
from xgboost_jobs import IMAGE

# Of an install with its first build: the SDK is large.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def run(server, tmp_path_factory):
    """run("objects", *arguments): what the program prints."""
    if shutil.which("go") is None:
        pytest.skip("no Go on this machine; https://go.dev/doc/install, or: apt-get install golang-go")
    sources = sorted((CLIENTS / "go").iterdir())
    program = installed("go", sources, ["go", "build", "-o", "client", "."]) / "client"
    home = tmp_path_factory.mktemp("go")
    return lambda *arguments, more=None: printed([program, *arguments], variables(server, home, more))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_objects_pass_with_every_checksum_and_in_parts(run, server, scheme):
    more = over_tls(server) if scheme == "https" else {}
    assert run("objects", f"go-{scheme}", more=more) == {
        "caller": f"arn:aws:sts::{ACCOUNT}:assumed-role/SageMakerRole/local",
        "default checksum": "O4unxw==",
        "text": "text",
        "range": "ex",
        "algorithms": {
            "CRC32": "y/Q5Jg==",
            "CRC32C": "4waSgw==",
            "CRC64NVME": "rosUhgp5mIg=",
            "SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
            "SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
        },
        "upload": {"parts": "3", "isSame": True, "type": "COMPOSITE"},
        "presigned": "text",
        "no key": ["NoSuchKey", 404, True],
        "no head": ["NotFound", 404, True],
        "twice": ["BucketAlreadyOwnedByYou", 409, True],
        "pages": 4,
    }


def test_a_job_is_trained_watched_and_hosted(run, server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="go-jobs")
    put_points(s3, "go-jobs")
    found = run("jobs", "go-jobs", "go-job", ROLE, IMAGE)
    assert is_learned([float(value) for value in found["endpoint"].pop("predicted")])
    assert found == {
        "training": {
            "status": "Completed",
            "listed": ["go-job"],
            "missing": ["ResourceNotFound", 400, True],
            "malformed": ["ValidationException", 400],
            "to come": ["NotYetAvailable", 501],
        },
        "rounds": 5,
        "metrics": {"values": [3.5], "isTimed": True},
        "endpoint": {"wrong": ["ModelError", 424, True]},
    }
