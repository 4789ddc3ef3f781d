"""Factorization machines on all digits of MNIST, and their artifact in the hands of MXNet."""

import io
import json

import numpy as np
import pytest
from factorization_machine_jobs import machine_request, metrics_of, records_channel, zeros
from own_programs import files_of, program_request
from sklearn.linear_model import LogisticRegression
from vector_records import dense
from xgboost_jobs import channel, ended_job

MXNET = "763104351884.dkr.ecr.us-east-1.amazonaws.com/mxnet-training:1.6.0-cpu-py3"
# As programs that look for nearest neighbours take AWS's artifact apart.
PROGRAM = """
import json, os, tarfile, zipfile
import mxnet, numpy

os.chdir("/tmp")
tarfile.open("/opt/ml/input/data/artifact/model.tar.gz").extractall()
zipfile.ZipFile("model_algo-1").extractall()
os.rename("symbol.json", "model-symbol.json")
os.rename("params", "model-0000.params")
module = mxnet.module.Module.load("./model", 0, False, label_names=["out_label"])
shapes = {name: list(array.shape) for name, array in module._arg_params.items()}
rows = numpy.load("/opt/ml/input/data/rows/rows.npy")
module.bind(data_shapes=[("data", rows.shape)], label_shapes=[("out_label", (len(rows), 1))], for_training=False)
module.forward(mxnet.io.DataBatch([mxnet.nd.array(rows)], None), is_train=False)
scores = module.get_outputs()[0].asnumpy().ravel().tolist()
json.dump({"shapes": shapes, "scores": scores}, open("/opt/ml/model/found.json", "w"))
"""


def as_file(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.timeout(900)
def test_all_digits_are_told_apart_better_than_by_logistic_regression_and_mxnet_reads_the_model(client, bucket, fresh):
    s3, sagemaker = client("s3"), client("sagemaker")
    (pixels, labels), (asked, answers) = train, test = zeros("train", 60_000), zeros("t10k", 10_000)
    for name, rows in (("train", train), ("test", test)):
        s3.put_object(Bucket=bucket, Key=f"{name}/digits", Body=dense(*rows))
    channels = [records_channel(bucket, name) for name in ("train", "test")]
    name = fresh("fm")
    sagemaker.create_training_job(**machine_request(name, bucket, channels, epochs=10))
    job = ended_job(sagemaker, name, 600)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    accuracy = metrics_of(job)["test:binary_classification_accuracy"]
    baseline = LogisticRegression(C=0.1, max_iter=200).fit(pixels, labels).score(asked, answers)
    print(f"accuracy on 10,000 digits: logistic regression {baseline:.4f}, factorization machines {accuracy:.4f}")
    assert accuracy > baseline

    s3.put_object(Bucket=bucket, Key="rows/rows.npy", Body=as_file(asked))
    more = [channel(bucket, f"models/{name}/output/", "artifact"), channel(bucket, "rows/", "rows")]
    reading = program_request(s3, bucket, fresh("mxnet"), PROGRAM, channels=more)
    reading["AlgorithmSpecification"]["TrainingImage"] = MXNET
    sagemaker.create_training_job(**reading)
    ended = ended_job(sagemaker, reading["TrainingJobName"], 600)
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
    found = json.loads(files_of(s3, bucket, reading["TrainingJobName"])["found.json"])
    assert found["shapes"] == {"v": [784, 8], "w1_weight": [784, 1], "w0_weight": [1]}
    right = (np.array(found["scores"]) >= 0.5) == answers
    # One in 10,000 may lie so near to 0.5 that rounding decides.
    assert right.mean() == pytest.approx(accuracy, abs=1e-4)
