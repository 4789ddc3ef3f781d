"""Endpoints of images that were pushed: their own program answers, and goes on when the image is deleted."""

import io
import tarfile

import pytest
from botocore.exceptions import ClientError
from server_process import ROLE, wait_until


def archive_of(**files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def endpoint(client, bucket, fresh):
    """endpoint(image) deploys it with a model of the word `learned`: its name, once it is in service."""
    sagemaker, s3 = client("sagemaker"), client("s3")
    made = []

    def make(image):
        name = fresh("endpoint")
        s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=archive_of(learned=b"learned"))
        container = {"Image": image, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
        sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        variant = {"VariantName": "A", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium"}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        made.append(name)

        def settled():
            found = sagemaker.describe_endpoint(EndpointName=name)
            return found if found["EndpointStatus"] != "Creating" else None

        return wait_until(settled, 180, f"{name} is in service or has failed")

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
