"""The AWS SDK for Java v2, brought by Maven and compiled once into the cache folder."""

import shutil
import subprocess

import pytest
from foreign_clients import CLIENTS, installed, is_learned, over_tls, printed, put_points, variables
from server_process import ACCOUNT, ROLE
from xgboost_jobs import IMAGE

# Maven's first run brings its plugin besides the SDK.
pytestmark = pytest.mark.timeout(900)
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


@pytest.fixture(scope="module")
def run(server, tmp_path_factory):
    """run("Objects", *arguments): what the program prints."""
    for program in ("javac", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} on this machine; apt-get install default-jdk-headless maven")
    sources = sorted((CLIENTS / "java").iterdir())
    programs = [source.name for source in sources if source.suffix == ".java"]
    folder = installed(
        "java",
        sources,
        ["mvn", "-q", "-B", COPY, "-DoutputDirectory=packages"],
        ["javac", "-encoding", "UTF-8", "-cp", "packages/*", "-d", "classes", *programs],
    )
    home = tmp_path_factory.mktemp("java")
    path = f"{folder}/classes:{folder}/packages/*"
    return lambda *arguments, more=None: printed(["java", "-cp", path, *arguments], variables(server, home, more))


@pytest.fixture
def trusting(server, tmp_path):
    """Variables of a shell whose Java comes over TLS; it wants authorities in a store of its own kind."""
    more = over_tls(server)
    store = tmp_path / "authorities"
    given = ["-file", more["AWS_CA_BUNDLE"], "-keystore", store, "-storepass", "changeit"]
    subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "sagebrush", *given], check=True, timeout=60)
    options = f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=changeit"
    return {**more, "JAVA_TOOL_OPTIONS": options}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_objects_pass_with_every_checksum_and_in_parts(run, request, scheme):
    more = request.getfixturevalue("trusting") if scheme == "https" else {}
    assert run("Objects", f"java-{scheme}", more=more) == {
        "caller": f"arn:aws:sts::{ACCOUNT}:assumed-role/SageMakerRole/local",
        "default checksum": "O4unxw==",
        "text": "text",
        "range": "ex",
        "algorithms": {
            "CRC32": "y/Q5Jg==",
            "CRC32C": "4waSgw==",
            "SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
            "SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
        },
        "upload": {"parts": "3", "isSame": True},
        "presigned": "text",
        "no key": ["NoSuchKeyException", 404, "NoSuchKey"],
        "no head": ["NoSuchKeyException", 404, "NoSuchKey"],
        "not empty": ["S3Exception", 409, "BucketNotEmpty"],
        "pages": 4,
    }


def test_a_job_is_trained_watched_and_hosted(run, server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="java-jobs")
    put_points(s3, "java-jobs")
    found = run("Jobs", "java-jobs", "java-job", ROLE, IMAGE)
    assert is_learned([float(value) for value in found.pop("predicted")])
    assert found == {
        "status": "Completed",
        "listed": ["java-job"],
        "missing": ["ResourceNotFoundException", 400, "ResourceNotFound"],
        "malformed": ["SageMakerException", 400, "ValidationException"],
        "to come": ["SageMakerException", 501, "NotYetAvailable"],
        "rounds": 5,
        "metrics": [[3.5], True],
        "wrong": ["ModelErrorException", 424, "ModelError"],
    }
