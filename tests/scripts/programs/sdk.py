"""What differs between the SageMaker SDKs 1.72 and 2.x, and what every story here does."""

import contextlib
import io
import json
import re

import sagemaker

FIRST_GENERATION = sagemaker.__version__.startswith("1.")
DISTRIBUTION = "distributions" if FIRST_GENERATION else "distribution"
session = sagemaker.Session()
role = sagemaker.get_execution_role(session)


def size(instances=1):
    names = ("train_instance_count", "train_instance_type") if FIRST_GENERATION else ("instance_count", "instance_type")
    return dict(zip(names, (instances, "ml.m4.xlarge"), strict=True))


def place(name):
    """Prefix of objects that only this story's have: stories of several SDKs run at once."""
    return f"scripts-{sagemaker.__version__}/{name}"


def upload(name, *files):
    """URI of the prefix that holds the files."""
    for file in files:
        found = session.upload_data(file, key_prefix=place(name))
    return found.rsplit("/", 1)[0]


def fit(estimator, channels):
    """Trains; the lines that the job's log showed."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        estimator.fit(channels, logs=True)
    return shown.getvalue()


def failure_reason(estimator, channels):
    """Trains, which has to fail; the job's own reason."""
    try:
        fit(estimator, channels)
    except Exception:
        name = estimator.latest_training_job.name
        return session.sagemaker_client.describe_training_job(TrainingJobName=name)["FailureReason"]
    return "it did not fail"


def accuracy(log):
    """What the script printed of itself."""
    return float(re.search(r"accuracy=([\d.]+);", log)[1])


def tell(**found):
    # The SDK's progress dots end without a new line.
    print()
    print(json.dumps(found))


def json_predictor(endpoint):
    """A predictor that sends and reads JSON."""
    if FIRST_GENERATION:
        from sagemaker.predictor import RealTimePredictor, json_deserializer, json_serializer

        return RealTimePredictor(endpoint, session, json_serializer, json_deserializer, content_type="application/json")
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import JSONSerializer

    return Predictor(endpoint, session, serializer=JSONSerializer(), deserializer=JSONDeserializer())


def endpoint_of(predictor):
    return predictor.endpoint if FIRST_GENERATION else predictor.endpoint_name
