"""Whatever a thing is called, its bytes stay in their place in the data folder, and its name comes back exactly."""

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from line import Call, Line
from server_process import ServerProcess
from signer import Keys, Scope, sign_header

#: In each name that tries to leave, so that a file of that name is found wherever it went.
MARK = "escaped"
#: More than is kept inside the rows.
BODY = b"0123456789abcdef" * 2048
KEYS = [
    "../escaped",
    "../../../../../escaped",
    "a/../../../escaped",
    "..",
    ".",
    "/escaped",
    "//escaped",
    "a//escaped",
    "a/./escaped",
    "escaped/",
    "escaped/..",
    "%2e%2e%2fescaped",
    "..%2fescaped",
    "..\\escaped",
    "C:\\escaped",
    "escaped\0",
    "\0../escaped",
    "escaped\n",
    "~/escaped",
    "$(escaped)",
    "escaped ",
    " escaped",
    "escaped.",
    "Escaped",
    "ESCAPED",
    "escaped-\u00e9",
    "escaped-e\u0301",
    "escaped-\ufb01",
    "escaped-fi",
    "escaped-\u212a",
    "escaped-K",
    "escaped-\U0001f600",
    "escaped-\u202e",
    "x" * 1024,
    "\u00e9" * 512,
    "a/" * 512,
    "../" * 341,
]
#: Of buckets, percent-encoded.
NAMES = """
..%2Fescaped %2e%2e %2e%2e%2fescaped escaped%00 %00 escaped%2Fx escaped%5Cx escaped: escaped@x %7Eescaped escaped%3Fx
escaped%23x escap%C3%A9d ESCAPED escaped. .escaped 127.0.0.1 %5B%3A%3A1%5D xn--escaped x%0Aescaped
"""


@dataclass
class Place:
    server: ServerProcess
    #: Everything the server could write to by going up a few folders.
    around: Path

    def files(self):
        return {str(path.relative_to(self.around)) for path in self.around.rglob("*")}

    def outside(self):
        return {path for path in self.files() if not path.startswith("up/and/up/data/")}

    def send(self, method, path, body=b"", query=()):
        """A call of S3 with its path as it is: clients would put some of them right."""
        host = self.server.url.removeprefix("http://")
        line = Line(self.server.url)
        call = Call(method, path, (("Host", host),), body, query)
        answer = line.ask(sign_header(call, Scope(Keys(*self.server.keys()), "s3")))
        line.close()
        return answer


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    around = tmp_path_factory.mktemp("around")
    folder = around / "up" / "and" / "up" / "data"
    folder.mkdir(parents=True)
    server = ServerProcess(folder)
    server.start()
    yield Place(server, around)
    server.close()


@pytest.fixture
def nothing_leaves(place):
    """Compares what lies around the data folder before and after, and looks for names inside it."""
    before = place.outside()
    yield
    assert place.outside() == before
    # Streams and metrics are files named after them, with what could lead elsewhere escaped.
    named = [path for path in place.files() if MARK in path.lower()]
    assert [path for path in named if not path.startswith("up/and/up/data/series/")] == []


@pytest.mark.usefixtures("nothing_leaves")
def test_keys_are_kept_and_listed_exactly(place):
    s3 = place.server.client("s3")
    s3.create_bucket(Bucket="keys")
    for number, key in enumerate(KEYS):
        body = BODY + str(number).encode()
        assert place.send("PUT", f"/keys/{quote(key, safe='/')}", body).status == 200, key
    for number, key in enumerate(KEYS):
        # Some clients escape every character, dots among them.
        escaped = "".join(f"%{byte:02X}" for byte in key.encode())
        for path in (quote(key, safe="/"), escaped):
            assert place.send("GET", f"/keys/{path}").body == BODY + str(number).encode(), key
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="keys", PaginationConfig={"PageSize": 7})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == sorted(KEYS, key=str.encode)


@pytest.mark.usefixtures("nothing_leaves")
@pytest.mark.parametrize("key", ["x" * 1025, "\u00e9" * 513, "../" * 342])
def test_a_key_of_more_than_1024_bytes_is_refused(place, key):
    place.server.client("s3").create_bucket(Bucket="long-keys")
    answer = place.send("PUT", f"/long-keys/{quote(key, safe='/')}", BODY)
    assert (answer.status, answer.code) == (400, "KeyTooLongError")
    assert "Contents" not in place.server.client("s3").list_objects_v2(Bucket="long-keys")


@pytest.mark.usefixtures("nothing_leaves")
@pytest.mark.parametrize("name", NAMES.split())
def test_a_bucket_that_looks_like_a_path_or_a_host_is_refused(place, name):
    answer = place.send("PUT", f"/{name}")
    assert 400 <= answer.status < 500 and answer.code, answer
    names = [bucket["Name"] for bucket in place.server.client("s3").list_buckets()["Buckets"]]
    assert [one for one in names if MARK in one.lower()] == []


@pytest.mark.usefixtures("nothing_leaves")
def test_parts_and_copies_of_keys_that_look_like_paths_stay_in_their_place(place):
    s3 = place.server.client("s3")
    s3.create_bucket(Bucket="parts")
    key = "../../../../escaped"
    upload = s3.create_multipart_upload(Bucket="parts", Key=key)["UploadId"]
    part = s3.upload_part(Bucket="parts", Key=key, UploadId=upload, PartNumber=1, Body=BODY)
    s3.complete_multipart_upload(
        Bucket="parts", Key=key, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    s3.copy_object(Bucket="parts", Key="/" + key, CopySource={"Bucket": "parts", "Key": key})
    assert s3.get_object(Bucket="parts", Key="/" + key)["Body"].read() == BODY
    for wrong in ["../../escaped", "..%2fescaped", "\0", "x" * 5000]:
        with pytest.raises(ClientError) as failure:
            s3.upload_part(Bucket="parts", Key=key, UploadId=wrong, PartNumber=1, Body=BODY)
        assert failure.value.response["Error"]["Code"] == "NoSuchUpload"


@pytest.mark.usefixtures("nothing_leaves")
def test_log_groups_streams_and_metrics_that_look_like_paths_stay_in_their_place(place):
    logs, cloudwatch = place.server.client("logs"), place.server.client("cloudwatch")
    groups = ["/../../escaped", "a/../../../escaped", "..", ".", "/", "escaped" + "x" * 505]
    streams = ["../../escaped", "..", "a/../../../../escaped", "escaped\\..", "Escaped", "escaped", "\u00e9", "e\u0301"]
    for group in groups:
        logs.create_log_group(logGroupName=group)
        for stream in streams:
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
            event = {"timestamp": int(time.time() * 1000), "message": f"{group} {stream}"}
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
    for group in groups:
        listed = logs.describe_log_streams(logGroupName=group)["logStreams"]
        assert [one["logStreamName"] for one in listed] == sorted(streams, key=str.encode)
        for stream in streams:
            events = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
            assert [event["message"] for event in events] == [f"{group} {stream}"]
    names = ["../../escaped", "..", "Escaped", "escaped", "/", "x" * 255]
    for name in names:
        cloudwatch.put_metric_data(
            Namespace=f"a/{name}"[:255],
            MetricData=[{"MetricName": name, "Value": 1, "Dimensions": [{"Name": "x", "Value": "../../escaped"}]}],
        )
    pages = cloudwatch.get_paginator("list_metrics").paginate()
    listed = [(one["Namespace"], one["MetricName"]) for page in pages for one in page["Metrics"]]
    assert sorted(listed) == sorted((f"a/{name}"[:255], name) for name in names)
