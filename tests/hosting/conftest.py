"""Two models whose every answer is 1 and 2, so that a test sees who answered."""

import pytest
from xgboost_jobs import create_model, ended_job, training_request

ROWS = {1: b"1,0.5\n1,1.5\n", 2: b"2,0.5\n2,1.5\n"}


def train_constant(client, bucket, name, answer):
    """Trains a model that answers `answer` whatever it is asked; gives its artifact."""
    client("s3").put_object(Bucket=bucket, Key=f"{name}/train.csv", Body=ROWS[answer])
    hyperparameters = {"num_round": 1, "objective": "reg:squarederror", "base_score": answer}
    request = training_request(name, bucket, hyperparameters)
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{bucket}/{name}/"
    client("sagemaker").create_training_job(**request)
    job = ended_job(client("sagemaker"), name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    return job["ModelArtifacts"]["S3ModelArtifacts"]


@pytest.fixture(scope="session")
def artifacts(server):
    """Bytes of the model.tar.gz that answers 1, and of the one that answers 2."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket="constant-models")
    found = {}
    for answer in ROWS:
        uri = train_constant(server.client, "constant-models", f"constant-{answer}", answer)
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        found[answer] = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return found


@pytest.fixture
def model(client, bucket, fresh, artifacts):
    """model(1) makes a model that answers 1; model(archive=bytes) one of any archive. Gives its name."""

    def make(answer=1, archive=None):
        name = fresh("model")
        client("s3").put_object(Bucket=bucket, Key=f"{name}.tar.gz", Body=archive or artifacts[answer])
        create_model(client("sagemaker"), name, f"s3://{bucket}/{name}.tar.gz")
        return name

    return make


@pytest.fixture
def config(client, fresh):
    """config(a_variant("A", model), …) makes an endpoint configuration and gives its name."""

    def make(*variants):
        name = fresh("config")
        client("sagemaker").create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants))
        return name

    return make


@pytest.fixture
def endpoint(client, fresh):
    """endpoint(config) starts an endpoint that is deleted after the test, and gives its name."""
    sagemaker = client("sagemaker")
    made = []

    def make(config, **more):
        name = fresh("endpoint")
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config, **more)
        made.append(name)
        return name

    yield make
    for name in made:
        for found in sagemaker.list_endpoints(NameContains=name)["Endpoints"]:
            if found["EndpointName"] == name and found["EndpointStatus"] in ("InService", "Failed"):
                sagemaker.delete_endpoint(EndpointName=name)
