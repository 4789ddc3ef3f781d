"""The AWS SDK for JavaScript v3 as it comes: it reads AWS_ENDPOINT_URL, and nothing else is set."""

import pytest
from foreign_clients import is_learned, over_tls, put_points, run_javascript
from server_process import ACCOUNT, ROLE
from xgboost_jobs import IMAGE


@pytest.fixture(scope="module")
def run(server, tmp_path_factory):
    """run("objects.mjs", *arguments): what the program prints."""
    folder = tmp_path_factory.mktemp("javascript")
    return lambda program, *arguments, more=None: run_javascript("v3", program, server, folder, *arguments, more=more)


# Over TLS the client leaves bodies unsigned, and sends others as other kinds of chunks.
@pytest.fixture(scope="module", params=["http", "https"])
def objects(run, server, request):
    more = over_tls(server) if request.param == "https" else {}
    return run("objects.mjs", f"javascript-{request.param}", more=more)


@pytest.fixture(scope="module")
def jobs(run, server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="javascript-jobs")
    put_points(s3, "javascript-jobs")
    return run("jobs.mjs", "javascript-jobs", "javascript", ROLE, IMAGE)


@pytest.fixture(scope="module")
def refusals(run):
    return run("refusals.mjs")


def test_checksums_are_sent_by_default_and_objects_come_back(objects):
    assert objects["caller"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/SageMakerRole/local"
    assert objects["location"] == "eu-west-1"
    assert objects["defaultChecksum"] == ["ChecksumCRC32"]
    assert (objects["text"], objects["range"], objects["copy"]) == ("of a string", "aabb", "a key/ü+%2B&?#=.txt")
    assert objects["tags"] == [{"Key": "a", "Value": "b c"}]
    assert objects["streamed"] == "a70000b70000"
    assert len(objects["odd"]) == 4


#: Of the ASCII digits 1 to 9, as published with each algorithm.
CHECK_VALUES = {
    "CRC32": "y/Q5Jg==",
    "CRC32C": "4waSgw==",
    "CRC64NVME": "rosUhgp5mIg=",
    "SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
    "SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
}


@pytest.mark.parametrize("algorithm", CHECK_VALUES)
def test_a_checksum_passes_as_a_header_and_as_a_trailer(objects, algorithm):
    assert objects["algorithms"][algorithm] == CHECK_VALUES[algorithm]


def test_a_stream_goes_up_in_parts_and_comes_back_whole(objects):
    upload = {"parts": 3, "isSame": True}
    assert objects["uploads"] == {
        "default": {**upload, "checksums": ["ChecksumCRC32"], "type": "COMPOSITE"},
        "CRC64NVME": {**upload, "checksums": ["ChecksumCRC64NVME"], "type": "FULL_OBJECT"},
    }


def test_presigned_addresses_read_and_write(objects):
    assert objects["presignedGet"] == "of a string"
    assert objects["presignedPut"] == [200, "by address"]


def test_lists_are_paged_and_many_objects_deleted_at_once(objects):
    assert objects["pages"] is True
    assert objects["prefixes"] == ["a key/", "dots/", "put/", "slashes/", "sums/", "trailers/"]
    assert objects["removed"] == [True, 0]


def test_refusals_of_s3_are_exceptions_of_their_own_class(objects):
    assert objects["refusals"] == {
        "key": ["NoSuchKey", 404, "NoSuchKey"],
        "head": ["NotFound", 404, "NotFound"],
        "bucket": ["NoSuchBucket", 404, "NoSuchBucket"],
        "notEmpty": ["BucketNotEmpty", 409],
        "notModified": ["Unknown", 304],
        "condition": ["PreconditionFailed", 412],
        "wrongSum": ["BadDigest", 400],
        "token": ["InvalidAccessKeyId", 403],
    }


def test_jobs_are_waited_for_and_listed_in_pages(jobs):
    assert jobs["training"] == {
        "status": "Completed",
        "took": True,
        "metrics": ["validation:logloss"],
        "failedWaiter": True,
        "listed": [[["javascript", "Completed"], ["javascript-fails", "Failed"]], True],
        "tags": [{"Key": "made by", "Value": "JavaScript"}],
    }


def test_logs_are_read_in_pages(jobs):
    assert jobs["logs"] == {"rounds": [f"[{number}]" for number in range(5)], "several": True, "all": 5}


def test_metrics_pass_as_cbor_compressed_and_in_pages(jobs):
    # metric-0 has the points 0.5, 3.5, … 399.5.
    total = sum(range(0, 400, 3)) + 134 * 0.5
    assert jobs["metrics"] == {
        "names": ["metric-0", "metric-1", "metric-2"],
        "sum": 2 * total,
        "several": True,
        "times": True,
        "whole": [[134, total, 198.5]],
        "ofTheJob": [5],
    }


def test_an_endpoint_answers_and_fails_as_the_model_says(jobs):
    assert is_learned(jobs["endpoint"]["predicted"])
    assert jobs["endpoint"]["variant"] == "all"
    assert jobs["endpoint"]["modelError"] == ["ModelError", 415, 424]


def test_a_batch_transform_writes_its_answers(jobs, client):
    answers = client("s3").get_object(Bucket="javascript-jobs", Key="answers/rows.csv.out")["Body"].read()
    assert is_learned([float(line) for line in answers.split()])


#: Name of the exception, status, a word of its message, and its class where the service's model has one.
REFUSALS = {
    "a job that is not there": ("ResourceNotFound", 400, "not found", True),
    "an endpoint that is not there": ("ValidationException", 400, "Could not find endpoint", False),
    "a malformed name": ("ValidationException", 400, "'trainingJobName' failed to satisfy constraint", False),
    "a malformed token": ("ValidationException", 400, "NextToken", False),
    "an operation to come": ("NotYetAvailable", 501, "CreateHyperParameterTuningJob", False),
    "an operation newer than the guide": ("NotYetAvailable", 501, "ListClusters", False),
    "a call of an endpoint that is not there": ("ValidationError", 400, "Endpoint none", True),
    "a call for a stream": ("NotYetAvailable", 501, "InvokeEndpointWithResponseStream", False),
    "human loops": ("NotYetAvailable", 501, "ListHumanLoops", False),
    "a log group that is not there": ("ResourceNotFoundException", 400, "log group does not exist", True),
    "a malformed ARN of logs": ("InvalidParameterException", 400, "Invalid resource ARN", True),
    "a period that does not fit": ("InvalidParameterValueException", 400, "Period", True),
    "an operation of CloudWatch to come": ("NotYetAvailable", 501, "ListMetricStreams", False),
    "an operation of S3 to come": ("NotYetAvailable", 501, "GetBucketAnalyticsConfiguration", False),
    "a role that is not there": ("AccessDenied", 403, "sts:AssumeRole", False),
    "a key that nobody has": ("UnrecognizedClientException", 400, "security token", False),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_refusals_of_all_services_are_exceptions_with_their_names(refusals, what):
    name, status, word, is_modelled = REFUSALS[what]
    said, code, message, kind, attempts = refusals[what]
    # The client asks again where it takes a refusal for passing.
    assert (said, code, attempts) == (name, status, 1)
    assert word in message
    assert kind == name if is_modelled else kind.endswith("ServiceException")


def test_a_client_whose_clock_is_an_hour_off_sets_itself_right(run, bucket):
    attempts = run("skewed.mjs", bucket)
    assert (len(attempts), set(attempts.values())) == (5, {2})
