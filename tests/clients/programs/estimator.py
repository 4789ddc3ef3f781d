"""Train, attach, deploy, predict, batch transform, as in the SageMaker SDK's own notebooks, for SDK 1.72 and 2.x.
Prints what the log showed, the two predictions of the endpoint and those of the transform job."""

import contextlib
import io
import json
import random
from pathlib import Path

import sagemaker
from sagemaker.estimator import Estimator

first_generation = sagemaker.__version__.startswith("1.")
session = sagemaker.Session()
role = sagemaker.get_execution_role(session)
# Objects of two tests at once lie apart.
prefix = "estimator-" + sagemaker.__version__

draw = random.Random(1)
points = [(draw.random(), draw.random()) for _ in range(300)]
Path("train.csv").write_text("".join(f"{int(x > 0.5)},{x:f},{y:f}\n" for x, y in points))
Path("rows.csv").write_text("0.9,0.1\n0.1,0.2\n")
training_data = session.upload_data("train.csv", key_prefix=f"{prefix}/train")

if first_generation:
    from sagemaker.amazon.amazon_estimator import get_image_uri
    from sagemaker.predictor import csv_serializer as serializer

    image = get_image_uri(session.boto_region_name, "xgboost", "1.0-1")
    size = {"train_instance_count": 1, "train_instance_type": "ml.m4.xlarge"}
    channel = sagemaker.s3_input(training_data, content_type="text/csv")
else:
    from sagemaker.serializers import CSVSerializer

    serializer = CSVSerializer()
    image = sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.0-1")
    size = {"instance_count": 1, "instance_type": "ml.m4.xlarge"}
    channel = sagemaker.inputs.TrainingInput(training_data, content_type="text/csv")

estimator = Estimator(
    image,
    role,
    output_path=f"s3://{session.default_bucket()}/{prefix}/models",
    sagemaker_session=session,
    hyperparameters={"objective": "binary:logistic", "num_round": "5"},
    **size,
)
shown = io.StringIO()
with contextlib.redirect_stdout(shown):
    estimator.fit({"train": channel}, logs=True)

attached = Estimator.attach(estimator.latest_training_job.name, sagemaker_session=session)
predictor = attached.deploy(1, "ml.m4.xlarge", serializer=serializer)
if first_generation:
    predictor.content_type = "text/csv"
    predictor.serializer = serializer
predicted = [float(predictor.predict(row)) for row in ([0.9, 0.1], [0.1, 0.2])]

transformer = attached.transformer(
    1,
    "ml.m4.xlarge",
    assemble_with="Line",
    output_path=f"s3://{session.default_bucket()}/{prefix}/transformed",
)
rows = session.upload_data("rows.csv", key_prefix=f"{prefix}/rows")
transformer.transform(rows, content_type="text/csv", split_type="Line")
transformer.wait()
transformed = session.read_s3_file(session.default_bucket(), f"{prefix}/transformed/rows.csv.out")

predictor.delete_endpoint()
attached.sagemaker_session.delete_model(transformer.model_name)
# The SDK's progress dots end without a new line.
print()
print(
    json.dumps(
        {
            "round": "[4]#011train-logloss" in shown.getvalue(),
            "completed": "Training job completed" in shown.getvalue(),
            "predicted": predicted,
            "transformed": [float(line) for line in transformed.split()],
        }
    )
)
