"""Endpoints of images that were pushed: their own program answers, and goes on when the image is deleted."""

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hosted_models import an_archive
from pushed_images import HOST, Registry
from server_process import ROLE, wait_until
from xgboost_jobs import create_endpoint, settled_endpoint


@pytest.fixture
def endpoint(client, bucket, fresh):
    """endpoint(image) deploys it with a model of the word `learned`: its name, once it is in service."""
    sagemaker, s3 = client("sagemaker"), client("s3")
    made = []

    def make(image):
        name = fresh("endpoint")
        s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=an_archive(learned=b"learned"))
        container = {"Image": image, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
        sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        create_endpoint(sagemaker, name, name)
        made.append(name)
        return settled_endpoint(sagemaker, name, 180)

    yield make
    for name in made:
        sagemaker.delete_endpoint(EndpointName=name)
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        sagemaker.delete_model(ModelName=name)


def test_an_own_image_serves_also_after_it_was_deleted(client, ecr, push, endpoint, servant):
    uri = push(servant)
    found = endpoint(uri)
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    deployed = found["ProductionVariants"][0]["DeployedImages"][0]
    assert deployed["SpecifiedImage"] == uri
    assert deployed["ResolvedImage"] == f"{uri.removesuffix(':v1')}@{servant.digest}"
    runtime = client("sagemaker-runtime")

    def ask(words):
        answer = runtime.invoke_endpoint(EndpointName=found["EndpointName"], Body=words, ContentType="text/plain")
        return answer["Body"].read()

    assert ask(b"what was") == b"what was learned"
    repository = uri.split("/")[-1].split(":")[0]
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}])
    assert ask(b"still") == b"still learned"
    with pytest.raises(ClientError, match="not found"):
        client("sagemaker").create_model(ModelName="gone", PrimaryContainer={"Image": uri}, ExecutionRoleArn=ROLE)


def test_an_endpoint_whose_image_was_deleted_goes_on_after_a_kill_of_the_server(own_server, servant):
    server = own_server()
    ecr, s3 = server.client("ecr"), server.client("s3")
    ecr.create_repository(repositoryName="kept")
    Registry(server.url, ecr).push("kept", "v1", servant)
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="model.tar.gz", Body=an_archive(learned=b"kept"))
    uri = f"{HOST}/kept:v1"
    sagemaker = server.client("sagemaker")
    container = {"Image": uri, "ModelDataUrl": "s3://kept/model.tar.gz"}
    sagemaker.create_model(ModelName="kept", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    create_endpoint(sagemaker, "kept", "kept")

    def answers():
        runtime = server.client("sagemaker-runtime")
        try:
            return runtime.invoke_endpoint(EndpointName="kept", Body=b"was", ContentType="text/plain")["Body"].read()
        except (ClientError, BotoCoreError):
            return None  # not yet

    wait_until(lambda: answers() == b"was kept", 180, "the endpoint answers")
    ecr.delete_repository(repositoryName="kept", force=True)
    server.kill()
    server.start()
    wait_until(lambda: answers() == b"was kept", 60, "the endpoint answers again")
    found = server.client("sagemaker").describe_endpoint(EndpointName="kept")
    assert found["EndpointStatus"] == "InService"
