"""Transform jobs from outside: outputs object by object, lines in order, files that fail beside files that do not."""

import csv
import gzip
import io
import json
import tarfile

import pytest
from botocore.exceptions import ClientError
from server_process import ROLE, wait_until
from xgboost_jobs import IMAGE, ended_job, training_request

ENDED = ("Completed", "Failed", "Stopped")
# One split decides: below 2 the answer is low, above it is high.
TRAIN = b"0,1.4,0.2\n0,1.3,0.2\n0,1.5,0.4\n0,1.7,0.3\n1,4.7,1.4\n1,4.5,1.5\n1,4.9,1.5\n1,4.0,1.3\n"
LOW, HIGH = "1.4,0.2", "4.6,1.4"


@pytest.fixture(scope="module")
def model(server):
    """A bucket and a model in it, made once for all tests of this file."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    bucket, name = "transform-tests", "transform-tests-model"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="train/a.csv", Body=TRAIN)
    parameters = {"num_round": 10, "objective": "binary:logistic", "min_child_weight": 0, "eta": 1}
    sagemaker.create_training_job(**training_request(name, bucket, parameters))
    job = ended_job(sagemaker, name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    container = {"Image": IMAGE, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    return bucket, name


@pytest.fixture
def run(server, model, fresh):
    """run({key: body}, **changes): description of the ended job and its outputs by name below the output prefix."""
    bucket, model_name = model
    s3, sagemaker = server.client("s3"), server.client("sagemaker")

    def transform(inputs, **changes):
        name = fresh("transform")
        for key, body in inputs.items():
            s3.put_object(Bucket=bucket, Key=f"{name}/in/{key}", Body=body)
        given, wanted = changes.pop("TransformInput", {}), changes.pop("TransformOutput", {})
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{name}/in/"}
        request = {
            "TransformJobName": name,
            "ModelName": model_name,
            "TransformInput": {
                "ContentType": "text/csv",
                "SplitType": "Line",
                "DataSource": {"S3DataSource": source},
                **given,
            },
            "TransformOutput": {"S3OutputPath": f"s3://{bucket}/{name}/out/", "AssembleWith": "Line", **wanted},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **changes,
        }
        sagemaker.create_transform_job(**request)

        def over():
            job = sagemaker.describe_transform_job(TransformJobName=name)
            return job if job["TransformJobStatus"] in ENDED else None

        job = wait_until(over, 90, f"{name} is over")
        outputs = {}
        prefix = f"{name}/out/"
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            outputs[entry["Key"].removeprefix(prefix)] = body.decode()
        return job, outputs

    return transform


def levels(output):
    """`l` and `h` for each answer, in order."""
    return "".join("h" if float(line) > 0.5 else "l" for line in output.splitlines())


STRATEGIES = {
    "one request a line": {"BatchStrategy": "SingleRecord"},
    "one request a line, four at once": {"BatchStrategy": "SingleRecord", "MaxConcurrentTransforms": 4},
    "many lines a request": {"BatchStrategy": "MultiRecord", "MaxPayloadInMB": 1},
    "as the container wishes": {},
}


@pytest.mark.parametrize("sentence", STRATEGIES)
def test_answers_come_in_the_order_of_the_lines(run, sentence):
    pattern = "lhhlhlll" * 8
    body = "".join(f"{LOW if letter == 'l' else HIGH}\n" for letter in pattern)
    job, outputs = run({"a.csv": body, "deep/er/b.csv": f"{HIGH}\n{LOW}"}, **STRATEGIES[sentence])
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert sorted(outputs) == ["a.csv.out", "deep/er/b.csv.out"]
    assert levels(outputs["a.csv.out"]) == pattern
    assert levels(outputs["deep/er/b.csv.out"]) == "hl"
    assert outputs["a.csv.out"].endswith("\n")


def test_a_file_that_is_not_split_is_one_request(run):
    job, outputs = run({"a.csv": f"{LOW}\n{HIGH}"}, TransformInput={"SplitType": "None"})
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert levels(outputs["a.csv.out"]) == "lh"


def test_files_are_unzipped(run):
    body = gzip.compress(f"{LOW}\n{HIGH}\n".encode())
    job, outputs = run({"a.csv.gz": body}, TransformInput={"CompressionType": "Gzip"})
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert levels(outputs["a.csv.gz.out"]) == "lh"


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
def test_columns_are_filtered_before_the_model_and_joined_with_its_answers(run, strategy):
    rows = [f'"row {number}, of many",{LOW if number % 3 else HIGH}' for number in range(40)]
    job, outputs = run(
        {"a.csv": "\n".join(rows)},
        BatchStrategy=strategy,
        TransformOutput={"Accept": "text/csv"},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    )
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert job["DataProcessing"]["InputFilter"] == "$[1:]"
    answered = list(csv.reader(io.StringIO(outputs["a.csv.out"])))
    assert [name for name, _ in answered] == [f"row {number}, of many" for number in range(40)]
    assert levels("\n".join(answer for _, answer in answered)) == "".join("l" if n % 3 else "h" for n in range(40))


def test_a_filter_that_selects_nothing_fails_the_file_by_its_line(run):
    job, outputs = run(
        {"bad.csv": f"id,{LOW}\n{LOW}\n", "good.csv": f"id,{HIGH}"},
        BatchStrategy="SingleRecord",
        TransformOutput={"Accept": "text/csv"},
        DataProcessing={"InputFilter": "$[1,2]"},
    )
    assert job["TransformJobStatus"] == "Failed"
    assert "bad.csv, line 2: InputFilter, record 1 of the request: $[1,2] selects item 2" in job["FailureReason"]
    assert levels(outputs["good.csv.out"]) == "h"
    assert list(outputs) == ["good.csv.out"]


FILTERS = {
    "a path without a root": ({"InputFilter": "uid"}, {}, r"a path begins with \$, got \"uid\""),
    "answers of another kind": ({"JoinSource": "Input"}, {"Accept": "application/json"}, "both text/csv, or both"),
    "no word on answers": ({"JoinSource": "Input"}, {}, "got text/csv and no Accept"),
    "answers that are not lines": (
        {"InputFilter": "$[1:]"},
        {"Accept": "text/csv", "AssembleWith": "None"},
        "needs SplitType and AssembleWith to be Line; got Line and None",
    ),
}


@pytest.mark.parametrize("sentence", FILTERS)
def test_data_processing_is_refused_with(run, sentence):
    processing, output, message = FILTERS[sentence]
    output = {"Accept": "text/csv", **output} if sentence == "a path without a root" else output
    with pytest.raises(ClientError, match=message):
        run({"a.csv": LOW}, DataProcessing=processing, TransformOutput=output)


def test_a_file_that_fails_leaves_no_output_and_the_others_do(run):
    job, outputs = run({"bad.csv": f"{LOW}\n{HIGH}\n1.0,wide\n", "good.csv": HIGH}, BatchStrategy="SingleRecord")
    assert job["TransformJobStatus"] == "Failed"
    assert "in/bad.csv, line 3" in job["FailureReason"]
    assert list(outputs) == ["good.csv.out"]


def test_a_line_larger_than_a_payload_fails_by_its_number(run):
    body = f"{LOW}\n" + "1" * (1024 * 1024 + 1) + "\n"
    job, outputs = run({"long.csv": body}, MaxPayloadInMB=1)
    assert job["TransformJobStatus"] == "Failed"
    assert "long.csv" in job["FailureReason"] and "line 2" in job["FailureReason"]
    assert outputs == {}


def test_what_is_not_gzip_fails_naming_the_object(run):
    job, _ = run({"a.csv.gz": LOW}, TransformInput={"CompressionType": "Gzip"})
    assert job["TransformJobStatus"] == "Failed"
    assert "a.csv.gz" in job["FailureReason"] and "Gzip" in job["FailureReason"]


def test_an_empty_prefix_fails_naming_it(run):
    job, _ = run({})
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: No S3 objects found")


def hostile(*entries):
    """A model.tar.gz with such entries: name, type, link target, size."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, kind, target in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, target
            archive.addfile(entry, io.BytesIO(b""))
    return file.getvalue()


ARCHIVES = {
    "that climbs out": (hostile(("../../evil", tarfile.REGTYPE, "")), "../../evil"),
    "with a link out": (hostile(("passwords", tarfile.SYMTYPE, "/etc/passwd")), "/etc/passwd"),
    "with a device": (hostile(("disk", tarfile.BLKTYPE, "")), "disk"),
    "that is none": (b"<html>not found</html>", "gzip"),
    "that is cut short": (hostile(("a" * 90, tarfile.REGTYPE, ""))[:-10], "cut short"),
}


@pytest.mark.parametrize("sentence", ARCHIVES)
def test_a_model_archive_is_refused_naming_the_entry(server, model, run, fresh, sentence):
    archive, named = ARCHIVES[sentence]
    bucket, _ = model
    name = fresh("hostile")
    server.client("s3").put_object(Bucket=bucket, Key=f"{name}/model.tar.gz", Body=archive)
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/{name}/model.tar.gz"}
    server.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    job, _ = run({"a.csv": LOW}, ModelName=name)
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: The model archive s3://") and named in job["FailureReason"]


REFUSED = {
    "a model nobody made": ({"ModelName": "nobody"}, "Could not find model"),
    "payloads of more than 100 MB together": ({"MaxConcurrentTransforms": 20, "MaxPayloadInMB": 6}, "100 MB"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_at_once(run, sentence):
    changes, named = REFUSED[sentence]
    with pytest.raises(ClientError) as refused:
        run({"a.csv": LOW}, **changes)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert named in refused.value.response["Error"]["Message"]


def test_the_description_echoes_the_request(run):
    job, _ = run({"a.csv": LOW}, Environment={"MODE": "fast"}, BatchStrategy="SingleRecord")
    assert job["TransformInput"]["CompressionType"] == "None"
    assert job["TransformOutput"]["AssembleWith"] == "Line"
    assert job["Environment"] == {"MODE": "fast"}
    assert job["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert json.dumps(job, default=str)
