"""The estimator of factorization machines in SDK 1.72 and 2.x: record_set, fit, attach, deploy, predict, transform.
Prints how many test digits are told to be a 0 or none rightly, by the endpoint and by the transform job."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import sagemaker
from sagemaker.amazon.common import read_records, write_numpy_to_dense_tensor

DATA = Path(sys.argv[1])
session = sagemaker.Session()
role = sagemaker.get_execution_role(session)
prefix = "factorization-machines-" + sagemaker.__version__


def digits(part, count):
    pixels = np.fromfile(DATA / f"{part}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784)
    labels = np.fromfile(DATA / f"{part}-labels-idx1-ubyte", np.uint8, offset=8)
    return (pixels[:count] / 255).astype("float32"), (labels[:count] == 0).astype("float32")


def told(records):
    return [int(record.label["predicted_label"].float32_tensor.values[0]) for record in records]


pixels, labels = digits("train", 1000)
asked, answers = digits("t10k", 200)
estimator = sagemaker.FactorizationMachines(
    role,
    1,
    "ml.m4.xlarge",
    num_factors=4,
    predictor_type="binary_classifier",
    epochs=15,
    factors_lr=0.001,
    eps=1e-7,
    clip_gradient=5.0,
    rescale_grad=1.0 / 50,
    output_path=f"s3://{session.default_bucket()}/{prefix}/models",
    sagemaker_session=session,
)
channels = [estimator.record_set(pixels, labels), estimator.record_set(asked, answers, channel="test")]
estimator.fit(channels, mini_batch_size=50, logs=False)
name = estimator.latest_training_job.name
job = session.sagemaker_client.describe_training_job(TrainingJobName=name)
accuracy = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}[
    "test:binary_classification_accuracy"
]

attached = sagemaker.FactorizationMachines.attach(name, sagemaker_session=session)
predictor = attached.deploy(1, "ml.m4.xlarge")
by_endpoint = told(predictor.predict(asked))

file = io.BytesIO()
write_numpy_to_dense_tensor(file, asked)
Path("asked.pbr").write_bytes(file.getvalue())
transformer = attached.transformer(
    1, "ml.m4.xlarge", strategy="MultiRecord", output_path=f"s3://{session.default_bucket()}/{prefix}/transformed"
)
rows = session.upload_data("asked.pbr", key_prefix=f"{prefix}/rows")
transformer.accept = "application/x-recordio-protobuf"
transformer.transform(rows, content_type="application/x-recordio-protobuf", split_type="RecordIO")
transformer.wait()
body = session.boto_session.client("s3").get_object(
    Bucket=session.default_bucket(), Key=f"{prefix}/transformed/asked.pbr.out"
)["Body"]
by_transform = told(read_records(io.BytesIO(body.read())))

predictor.delete_endpoint()
attached.sagemaker_session.delete_model(transformer.model_name)
# The SDK's progress dots end without a new line.
print()
print(
    json.dumps(
        {
            "image": job["AlgorithmSpecification"]["TrainingImage"],
            "attached": attached.hyperparameters()["num_factors"],
            "accuracy": accuracy,
            "right": [float(np.mean(np.array(found) == answers)) for found in (by_endpoint, by_transform)],
        }
    )
)
