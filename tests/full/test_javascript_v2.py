"""The AWS SDK for JavaScript v2 on today's Node: an endpoint in the code, older protocols, MD5 instead of checksums."""

import pytest
from foreign_clients import put_points, run_javascript
from server_process import ACCOUNT, ROLE
from xgboost_jobs import IMAGE


@pytest.fixture(scope="module")
def found(server, tmp_path_factory):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="javascript-v2")
    put_points(s3, "javascript-v2")
    folder = tmp_path_factory.mktemp("javascript-v2")
    quiet = {"AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE": "1"}
    return run_javascript("v2", "story.mjs", server, folder, "javascript-v2", "v2", ROLE, IMAGE, more=quiet)


def test_objects_pass_in_parts_and_by_presigned_address(found):
    assert found["caller"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/SageMakerRole/local"
    assert found["objects"] == {
        "text": ["text", "1"],
        "presigned": "text",
        "parts": "3",
        "isSame": True,
        "listed": ["a key/ü+&?", "large", "rows/rows.csv", "train/points.csv"],
        "none": ["NoSuchKey", 404],
        "head": ["NotFound", 404],
    }


def test_a_job_is_trained_and_its_log_read(found):
    assert found["training"] == {
        "status": "Completed",
        "isDated": True,
        "listed": ["Completed"],
        "rounds": 5,
        "malformed": ["ValidationException", 400],
        "toCome": ["NotYetAvailable", 501],
        "humanLoops": ["NotYetAvailable", 501],
    }


def test_metrics_pass_by_the_query_protocol(found):
    assert found["metrics"] == [[7, 3]]


def test_an_endpoint_answers_and_fails_as_the_model_says(found):
    assert found["endpoint"]["predicted"] > 0.5
    assert found["endpoint"]["modelError"] == ["ModelError", 424]
