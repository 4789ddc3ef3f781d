"""TensorFlow's estimator, its endpoint with TensorFlow Serving's bodies, and a model with handlers of its own."""

import io
import sys
from pathlib import Path

import numpy as np
from sagemaker.tensorflow import TensorFlow
from sdk import FIRST_GENERATION, accuracy, endpoint_of, fit, json_predictor, role, session, size, tell, upload

if FIRST_GENERATION:
    from sagemaker.tensorflow.serving import Model as TensorFlowModel
else:
    from sagemaker.tensorflow import TensorFlowModel

scripts = Path(sys.argv[1])
data = np.load("digits.npz")
images, labels = data["test_images"][:100], data["test_labels"][:100]

script_mode = {"script_mode": True} if FIRST_GENERATION else {}
estimator = TensorFlow(
    entry_point="train.py",
    source_dir=str(scripts / "mnist_tensorflow"),
    framework_version="2.1.0",
    py_version="py3",
    role=role,
    sagemaker_session=session,
    hyperparameters={"epochs": 3},
    **script_mode,
    **size(),
)
log = fit(estimator, {"training": upload("training", "digits.npz")})
predictor = estimator.deploy(1, "ml.m4.xlarge", **({"endpoint_type": "tensorflow-serving"} if FIRST_GENERATION else {}))
found = predictor.predict({"instances": (images / 255.0).tolist()})["predictions"]
columns = predictor.predict({"inputs": (images[:2] / 255.0).tolist()})["outputs"]
predictor.delete_endpoint()

model = TensorFlowModel(
    model_data=estimator.model_data,
    role=role,
    framework_version="2.1.0",
    entry_point=str(scripts / "mnist_tensorflow/inference.py"),
    sagemaker_session=session,
)
handled = endpoint_of(model.deploy(1, "ml.m4.xlarge"))
body = io.BytesIO()
np.save(body, images)
runtime = session.sagemaker_runtime_client
answer = runtime.invoke_endpoint(EndpointName=handled, ContentType="application/x-npy", Body=body.getvalue())
digits = __import__("json").loads(answer["Body"].read())
json_predictor(handled).delete_endpoint()

tell(
    accuracy=accuracy(log),
    deployed=float((np.argmax(found, axis=1) == labels).mean()),
    columns=np.shape(columns),
    handled=float((np.array(digits) == labels).mean()),
    place="model_dir is s3://" in log,
)
