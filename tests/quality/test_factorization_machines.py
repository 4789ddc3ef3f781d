"""Factorization machines from outside, on digits of MNIST: jobs, metrics, artifact, endpoint and batch transform."""

import io
import json
import tarfile
import zipfile
from datetime import timedelta

import numpy as np
import pytest
from factorization_machine_jobs import (
    IMAGE,
    RECORDS,
    SENT,
    machine_request,
    metrics_of,
    records_channel,
    zeros,
)
from scipy.sparse import csr_matrix
from server_process import ROLE, wait_until
from sklearn.linear_model import LogisticRegression
from vector_records import dense, results, sparse
from xgboost_jobs import create_endpoint, ended_job, ended_transform, settled_endpoint, transform_request

LINES = "application/jsonlines"
BUCKET = "factorization-machines-tests"
DIGITS, TESTS = 4000, 2000
EPOCHS = 10
# A machine has more to learn with than a line has: it may not be worse than logistic regression by more than this.
MARGIN = 0.002


@pytest.fixture(scope="module")
def data():
    """What is learned from and what is asked, pixels and labels of each."""
    return zeros("train", DIGITS), zeros("t10k", TESTS)


@pytest.fixture(scope="module")
def job(server, data):
    """The description of a job of two instances that has learned from sparse records, and its name."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    s3.create_bucket(Bucket=BUCKET)
    (pixels, labels), (asked, answers) = data
    for number in range(2):
        part = slice(number, None, 2)
        s3.put_object(Bucket=BUCKET, Key=f"train/{number}", Body=sparse(csr_matrix(pixels[part]), labels[part]))
    s3.put_object(Bucket=BUCKET, Key="test/digits", Body=dense(asked, answers))
    channels = [records_channel(BUCKET, "train", "ShardedByS3Key"), records_channel(BUCKET, "test")]
    sagemaker.create_training_job(**machine_request("fm-digits", BUCKET, channels, instances=2, epochs=EPOCHS))
    ended = ended_job(sagemaker, "fm-digits")
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
    return ended


@pytest.fixture(scope="module")
def model(server, job):
    """Name of a model of the job's artifact."""
    container = {"Image": IMAGE, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]}
    server.client("sagemaker").create_model(ModelName="fm-digits", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    return "fm-digits"


def test_digits_are_told_apart_as_well_as_by_logistic_regression(server, data, job, record_property):
    (pixels, labels), (asked, answers) = data
    baseline = LogisticRegression(C=0.1, max_iter=200).fit(pixels, labels).score(asked, answers)
    metrics = metrics_of(job)
    accuracy = metrics["test:binary_classification_accuracy"]
    record_property("accuracy", json.dumps({"logistic regression": baseline, "factorization machines": accuracy}))
    print(f"accuracy on {TESTS} digits, {DIGITS} to train on: logistic {baseline:.4f}, ours {accuracy:.4f}")
    assert accuracy >= baseline - MARGIN
    assert metrics["test:binary_classification_cross_entropy"] < 0.06
    assert metrics["test:binary_f_beta"] > 0.9
    assert metrics["train:progress"] == 100
    cloudwatch = server.client("cloudwatch")
    where = {
        "Namespace": "/aws/sagemaker/TrainingJobs",
        "MetricName": "train:binary_classification_cross_entropy:epoch",
        "Dimensions": [{"Name": "TrainingJobName", "Value": "fm-digits"}],
        "StartTime": job["TrainingStartTime"] - timedelta(hours=2),
        "EndTime": job["TrainingEndTime"] + timedelta(hours=2),
        "Period": 3600,
        "Statistics": ["SampleCount"],
    }
    look = cloudwatch.get_metric_statistics
    points = wait_until(lambda: look(**where)["Datapoints"], 30, "the job's metrics are in CloudWatch")
    assert sum(point["SampleCount"] for point in points) == EPOCHS


def test_the_artifact_holds_what_an_endpoint_and_a_transform_answer_by(server, data, job, model):
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    asked = data[1][0][:50]
    scores = by_hand(s3, job, asked)
    create_endpoint(sagemaker, "fm-digits", model)
    assert settled_endpoint(sagemaker, "fm-digits")["EndpointStatus"] == "InService"
    runtime = server.client("sagemaker-runtime")

    def answer(body, content_type, accept):
        reply = runtime.invoke_endpoint(EndpointName="fm-digits", ContentType=content_type, Accept=accept, Body=body)
        assert reply["ContentType"] == accept
        return reply["Body"].read()

    whole = json.dumps({"instances": [{"features": row.tolist()} for row in asked]})
    found = json.loads(answer(whole, "application/json", "application/json"))["predictions"]
    np.testing.assert_allclose([entry["score"] for entry in found], scores, atol=1e-5)
    assert [entry["predicted_label"] for entry in found] == (scores >= 0.5).astype(int).tolist()
    for body in (dense(asked), sparse(csr_matrix(asked))):
        in_records = results(answer(body, RECORDS, RECORDS))
        np.testing.assert_allclose([entry["score"] for entry in in_records], scores, atol=1e-5)
        assert [entry["predicted_label"] for entry in in_records] == (scores >= 0.5).astype(int).tolist()
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        answer("1,2,3", "text/csv", "application/json")
    assert refused.value.response["OriginalStatusCode"] == 415
    assert "ContentType text/csv is not supported" in refused.value.response["OriginalMessage"]
    sagemaker.delete_endpoint(EndpointName="fm-digits")
    s3.put_object(Bucket=BUCKET, Key="asked/lines", Body="".join(sparse_line(row) + "\n" for row in asked))
    s3.put_object(Bucket=BUCKET, Key="records/asked", Body=dense(asked))
    lines = transformed(server, model, "asked/", LINES, "Line").splitlines()
    of_lines = [json.loads(line) for line in lines if line]
    together = results(transformed(server, model, "records/", RECORDS, "RecordIO"))
    alone = results(transformed(server, model, "records/", RECORDS, "RecordIO", BatchStrategy="SingleRecord"))
    for entries in (of_lines, together, alone):
        np.testing.assert_allclose([entry["score"] for entry in entries], scores, atol=1e-5)


def by_hand(s3, job, rows):
    """The probabilities of rows float32 (n, d), from what docs/factorization-machines.md says of the artifact."""
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
    packed = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert archive.getnames() == ["model_algo-1"]
        inner = zipfile.ZipFile(io.BytesIO(archive.extractfile("model_algo-1").read()))
    sent = json.loads(inner.read("meta.json"))["training_parameters"]
    assert sent == {name: str(value) for name, value in {**SENT, "epochs": EPOCHS}.items()}
    assert "LogisticRegressionOutput" in inner.read("symbol.json").decode()
    params, k = inner.read("params"), SENT["num_factors"]
    # 24 bytes of a head, then for each array 12 and its shape and 12 again.
    factors, at = np.frombuffer(params, "<f4", 784 * k, 24 + 12 + 16 + 12).reshape(784, k), 64 + 4 * 784 * k
    weights = np.frombuffer(params, "<f4", 784, at + 12 + 16 + 12)
    bias = np.frombuffer(params, "<f4", 1, at + 40 + 4 * 784 + 12 + 8 + 12)
    pairs = ((rows @ factors) ** 2 - (rows**2) @ (factors**2)).sum(axis=1) / 2
    return 1 / (1 + np.exp(-(bias + rows @ weights + pairs)))


def sparse_line(row):
    keys = np.flatnonzero(row)
    features = {"keys": keys.tolist(), "shape": [len(row)], "values": row[keys].tolist()}
    return json.dumps({"data": {"features": features}})


def transformed(server, model, prefix, content_type, split, **more):
    """What a transform job writes for the one object below the prefix."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    name = "-".join(["fm", split, *more.values()])
    wanted = transform_request(name, model, BUCKET, prefix, ContentType=content_type, SplitType=split)
    output = {"S3OutputPath": f"s3://{BUCKET}/{name}", "Accept": content_type}
    wanted["TransformOutput"] = {**output, "AssembleWith": "Line" if split == "Line" else "None"}
    sagemaker.create_transform_job(**wanted, **more)
    ended = ended_transform(sagemaker, name)
    assert ended["TransformJobStatus"] == "Completed", ended.get("FailureReason")
    (found,) = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{name}/")["Contents"]
    return s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()


def test_a_stream_on_a_type_with_a_gpu_trains_and_what_is_wrong_has_its_reason(server, job):
    sagemaker = server.client("sagemaker")
    channels = [records_channel(BUCKET, "train")]
    changes = {"mode": "Pipe", "kind": "ml.p3.2xlarge", "epochs": 2, "predictor_type": "regressor"}
    sagemaker.create_training_job(**machine_request("fm-piped", BUCKET, channels, **changes))
    sagemaker.create_training_job(**machine_request("fm-wide", BUCKET, channels, feature_dim=785))
    ended = ended_job(sagemaker, "fm-piped")
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
    assert {"train:rmse:epoch", "train:rmse", "train:throughput"} <= set(metrics_of(ended))
    assert any("GPU" in entry.get("StatusMessage", "") for entry in ended["SecondaryStatusTransitions"])
    failed = ended_job(sagemaker, "fm-wide")
    assert failed["TrainingJobStatus"] == "Failed"
    expected = "ClientError: train/0, record 1: expected feature_dim = 785 features, got 784."
    assert failed["FailureReason"] == expected
