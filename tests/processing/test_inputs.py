"""Inputs: which objects a program finds, where, and what is refused."""

import json

import pytest
from botocore.exceptions import ClientError
from own_programs import objects_below
from processing_jobs import BUCKET, cluster, s3_input, s3_output

TREE = """
    import json, os
    found = {}
    for folder, _, files in os.walk("/opt/ml/processing"):
        for file in files:
            path = os.path.join(folder, file)
            found[path.removeprefix("/opt/ml/processing/")] = open(path, "rb").read().decode("latin1")
    del found["input/code/program.py"]
    print(json.dumps(found))
"""


@pytest.fixture
def tree(run, lines):
    """tree(inputs): what a program finds below /opt/ml/processing."""

    def look(*inputs, **changes):
        job = run(TREE, inputs, **changes)
        assert job["ProcessingJobStatus"] == "Completed", (job, lines(job))
        return json.loads(next(line for line in lines(job) if line.startswith("{")))

    return look


def test_a_prefix_keeps_its_structure(place, tree):
    uri = place({"a.csv": b"1", "deep/er/b.csv": b"2", "folder/": b""})
    assert tree(s3_input("raw", uri)) == {"input/raw/a.csv": "1", "input/raw/deep/er/b.csv": "2"}


def test_one_object_is_a_file_in_the_folder(place, tree):
    uri = place({"a.csv": b"1"})
    inputs = s3_input("raw", f"{uri}a.csv", "/opt/ml/processing//data/")
    assert tree(inputs) == {"data/a.csv": "1"}


def test_a_manifest_names_objects(place, tree):
    uri = place({"a.csv": b"1", "deep/b.csv": b"2", "c.csv": b"3"})
    manifest = place({"manifest": json.dumps([{"prefix": uri}, "a.csv", "deep/b.csv"]).encode()})
    found = tree(s3_input("raw", f"{manifest}manifest", S3DataType="ManifestFile"))
    assert found == {"input/raw/a.csv": "1", "input/raw/deep/b.csv": "2"}


def test_gzip_files_stay_as_they_are_and_none_is_a_compression(place, tree):
    uri = place({"a.gz": b"\x1f\x8b"})
    assert tree(s3_input("raw", uri, S3CompressionType="None")) == {"input/raw/a.gz": "\x1f\x8b"}


def test_an_input_inside_another_hides_what_the_other_has_there(place, tree):
    outer = place({"a": b"1", "inner/old": b"2", "inner": b"3", "code/program.py": b"exit(9)"})
    inner = place({"new": b"4"})
    path = "/opt/ml/processing/input"
    inputs = [s3_input("outer", outer, path), s3_input("inner", inner, f"{path}/inner/")]
    assert tree(*inputs) == {"input/a": "1", "input/inner/new": "4"}


def test_each_host_has_its_share_or_all(s3, place, run, fresh):
    uri = place({f"{number}": b"" for number in range(5)})
    program = """
        import json, os
        me = json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"]
        for name in ("all", "share"):
            found = sorted(os.listdir(f"/opt/ml/processing/input/{name}"))
            open(f"/opt/ml/processing/output/{name}/{me}", "w").write(" ".join(found))
    """
    inputs = [s3_input("all", uri), s3_input("share", uri, S3DataDistributionType="ShardedByS3Key")]
    out = fresh("out")
    outputs = [s3_output(name, f"s3://{BUCKET}/{out}/{name}") for name in ("all", "share")]
    # The program itself comes to each host.
    job = run(program, inputs, outputs, ProcessingResources=cluster(2))
    assert job["ProcessingJobStatus"] == "Completed", job
    found = objects_below(s3, BUCKET, f"{out}/")
    assert found["all/algo-1"] == found["all/algo-2"] == b"0 1 2 3 4"
    assert (found["share/algo-1"], found["share/algo-2"]) == (b"0 2 4", b"1 3")


FAILURES = {
    "a prefix without objects": ({"uri": f"s3://{BUCKET}/nothing/here/"}, "No S3 objects found under"),
    "a bucket that is not there": ({"uri": "s3://no-such-bucket-here/x"}, "no-such-bucket-here"),
    "a manifest that is none": ({"S3DataType": "ManifestFile"}, "is no JSON"),
}


@pytest.mark.parametrize("sentence", FAILURES)
def test_a_job_fails_for(run, place, sentence):
    changes, named = FAILURES[sentence]
    source = {"uri": place({"file": b"not json"}) + "file", **changes}
    job = run("pass", [s3_input("raw", **source)])
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith('ClientError: Data download failed for input "raw": '), job["FailureReason"]
    assert named in job["FailureReason"]


def test_a_key_that_cannot_be_a_file_fails_the_job(run, place):
    job = run("pass", [s3_input("raw", place({"a": b"1", "a/b": b"2"}))])
    assert job["ProcessingJobStatus"] == "Failed"
    assert "cannot be a file beside the others" in job["FailureReason"], job["FailureReason"]


@pytest.mark.long
def test_more_data_than_the_volume_holds_fails_the_job(s3, run, fresh):
    prefix = fresh("in")
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}/0", Body=b"x" * (65 << 20))
    for number in range(1, 17):
        s3.copy_object(Bucket=BUCKET, Key=f"{prefix}/{number}", CopySource=f"{BUCKET}/{prefix}/0")
    job = run("pass", [s3_input("raw", f"s3://{BUCKET}/{prefix}/")])
    assert job["ProcessingJobStatus"] == "Failed"
    assert "more than the volume of 1 GB" in job["FailureReason"], job["FailureReason"]


URI = f"s3://{BUCKET}/x"
PATH = "/opt/ml/processing/x"
REFUSED = {
    "a path outside of the volume": ([s3_input("a", URI, "/opt/ml/input/x")], "must start with /opt/ml/processing/"),
    "a path with steps up": ([s3_input("a", URI, "/opt/ml/processing/../x")], '".."'),
    "no path": ([{"InputName": "a", "S3Input": {"S3Uri": URI, "S3DataType": "S3Prefix"}}], "LocalPath must be given"),
    "one path twice": ([s3_input("a", URI, PATH), s3_input("b", URI, f"{PATH}/")], f'got {PATH} for "a" and "b"'),
    "one name twice": ([s3_input("a", URI, PATH), s3_input("a", URI, f"{PATH}y")], 'the name "a" more than once'),
    "gzip in File mode": ([s3_input("a", URI, S3CompressionType="Gzip")], "needs S3InputMode Pipe"),
    "a place that is not in S3": ([s3_input("a", "https://x/y")], "s3://bucket/prefix"),
    "no source": ([{"InputName": "a"}], "S3Input must be given"),
    "a source that is not built": (
        [{"InputName": "a", "DatasetDefinition": {"LocalPath": PATH}}],
        "DatasetDefinition",
    ),
    "more inputs than there may be": ([s3_input(f"a{number}", URI) for number in range(10)], "processingInputs"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_for(begin, sentence):
    inputs, named = REFUSED[sentence]
    with pytest.raises(ClientError) as refused:
        begin("pass", inputs)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert named in refused.value.response["Error"]["Message"]
