"""The ECR API by boto3: repositories, images, layers by parts, policies, tags, pages, and AWS's errors."""

import base64
import json
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError
from policies import refusal
from pushed_images import HOST, OCI_MANIFEST, digest_of
from server_process import ACCOUNT

NOWHERE = "no/such/repository"


def test_a_repository_is_described_as_it_was_made_until_it_is_deleted(ecr, repository):
    name = repository(tags=[{"Key": "team", "Value": "vision"}])
    described = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    assert described.pop("createdAt").year >= 2020
    assert described == {
        "repositoryArn": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}",
        "registryId": ACCOUNT,
        "repositoryName": name,
        "repositoryUri": f"{HOST}/{name}",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }
    arn = described["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "stage", "Value": "test"}])
    ecr.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "stage", "Value": "test"}]
    ecr.delete_repository(repositoryName=name)
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        ecr.describe_repositories(repositoryNames=[name])


def test_settings_of_a_repository_are_kept(ecr, repository):
    name = repository()
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration={"scanOnPush": True})
    described = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    assert (described["imageTagMutability"], described["imageScanningConfiguration"]) == (
        "IMMUTABLE",
        {"scanOnPush": True},
    )
    rules = json.dumps(
        {"rules": [{"rulePriority": 1, "action": {"type": "expire"}, "selection": {"tagStatus": "any"}}]}
    )
    text = rules.ljust(100)
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
    assert ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"] == text
    ecr.delete_lifecycle_policy(repositoryName=name)
    with pytest.raises(ecr.exceptions.LifecyclePolicyNotFoundException):
        ecr.get_lifecycle_policy(repositoryName=name)


def test_repositories_and_images_come_in_pages(ecr, repository, registry, image):
    names = sorted(repository() for _ in range(3))
    paginator = ecr.get_paginator("describe_repositories")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
    assert all(len(page["repositories"]) <= 2 for page in pages)
    listed = [one["repositoryName"] for page in pages for one in page["repositories"]]
    assert [one for one in listed if one in names] == names
    tags = {f"v{number}" for number in range(5)}
    for tag in tags:
        registry.push(names[0], tag, image(tag))
    registry.push(names[0], "also-v0", image("v0"))
    paged = ecr.get_paginator("list_images").paginate(repositoryName=names[0], PaginationConfig={"PageSize": 2})
    assert sorted(one["imageTag"] for page in paged for one in page["imageIds"]) == sorted({*tags, "also-v0"})
    described = ecr.get_paginator("describe_images").paginate(repositoryName=names[0], PaginationConfig={"PageSize": 2})
    assert sorted(tag for page in described for one in page["imageDetails"] for tag in one["imageTags"]) == sorted(
        {*tags, "also-v0"}
    )


def test_an_image_is_put_by_parts_read_back_and_deleted(ecr, repository, image):
    name = repository()
    pushed = image("by parts")
    for data in [*pushed.layers, pushed.config]:
        upload = ecr.initiate_layer_upload(repositoryName=name)["uploadId"]
        where = {"repositoryName": name, "uploadId": upload}
        half = len(data) // 2
        ecr.upload_layer_part(**where, partFirstByte=0, partLastByte=half - 1, layerPartBlob=data[:half])
        with pytest.raises(ecr.exceptions.InvalidLayerPartException) as caught:
            ecr.upload_layer_part(**where, partFirstByte=0, partLastByte=half - 1, layerPartBlob=data[:half])
        assert caught.value.response["lastValidByteReceived"] == half - 1
        ecr.upload_layer_part(**where, partFirstByte=half, partLastByte=len(data) - 1, layerPartBlob=data[half:])
        with pytest.raises(ecr.exceptions.InvalidLayerException):
            ecr.complete_layer_upload(**where, layerDigests=[digest_of(b"other bytes")])
        assert ecr.complete_layer_upload(**where, layerDigests=[digest_of(data)])["layerDigest"] == digest_of(data)
    layer = digest_of(pushed.layers[0])
    checked = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[layer, digest_of(b""), "what"])
    assert [one["layerAvailability"] for one in checked["layers"]] == ["AVAILABLE", "UNAVAILABLE"]
    assert [one["failureCode"] for one in checked["failures"]] == ["InvalidLayerDigest"]
    put = ecr.put_image(repositoryName=name, imageManifest=pushed.manifest.decode(), imageTag="v1")["image"]
    assert put["imageId"] == {"imageDigest": pushed.digest, "imageTag": "v1"}
    got = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v1"}, {"imageTag": "v2"}])
    assert got["images"][0]["imageManifest"] == pushed.manifest.decode()
    assert got["images"][0]["imageManifestMediaType"] == OCI_MANIFEST
    assert [one["failureCode"] for one in got["failures"]] == ["ImageNotFound"]
    address = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=layer)["downloadUrl"]
    with urllib.request.urlopen(address) as response:
        assert response.read() == pushed.layers[0]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address.replace(layer, digest_of(pushed.config)))
    assert refused.value.code == 403
    described = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "v1"}])["imageDetails"][0]
    assert described["imageSizeInBytes"] == len(pushed.layers[0]) + len(pushed.config)
    deleted = ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v1"}, {"imageTag": "v1"}])
    assert deleted["imageIds"] == [{"imageDigest": pushed.digest, "imageTag": "v1"}]
    assert [one["failureCode"] for one in deleted["failures"]] == ["ImageNotFound"]
    assert ecr.list_images(repositoryName=name)["imageIds"] == []


def test_the_last_tag_takes_the_image_with_it_and_a_digest_all_tags(ecr, repository, registry, image):
    name = repository()
    digest = registry.push(name, "one", image("tags"))
    registry.push(name, "two", image("tags"))
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "one"}])
    assert ecr.list_images(repositoryName=name)["imageIds"] == [{"imageDigest": digest, "imageTag": "two"}]
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest}])
    assert registry.ask("GET", f"/v2/{name}/manifests/two")[0] == 404


def test_a_tag_that_moves_leaves_its_image_untagged(ecr, repository, registry, image):
    name = repository()
    former = registry.push(name, "latest", image("first"))
    registry.push(name, "latest", image("second"))
    untagged = ecr.list_images(repositoryName=name, filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert untagged == [{"imageDigest": former}]
    with pytest.raises(ecr.exceptions.RepositoryNotEmptyException):
        ecr.delete_repository(repositoryName=name)


def test_a_token_is_of_the_user_aws_and_lasts_twelve_hours(ecr):
    data = ecr.get_authorization_token()["authorizationData"][0]
    assert base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")
    assert data["proxyEndpoint"] == f"https://{HOST}"
    seconds = data["expiresAt"].timestamp() - time.time()
    assert 12 * 3600 - 60 < seconds < 12 * 3600 + 60


REFUSALS = {
    "a repository that is not there": (
        lambda ecr, _name: ecr.list_images(repositoryName=NOWHERE),
        "RepositoryNotFoundException",
        f"The repository with name '{NOWHERE}' does not exist in the registry with id '{ACCOUNT}'",
    ),
    "a name that is taken": (
        lambda ecr, name: ecr.create_repository(repositoryName=name),
        "RepositoryAlreadyExistsException",
        "already exists in the registry with id",
    ),
    "a name that leads elsewhere": (
        lambda ecr, _name: ecr.create_repository(repositoryName="team/../app"),
        "InvalidParameterException",
        "repositoryName",
    ),
    "an image that is not there": (
        lambda ecr, name: ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "v9"}]),
        "ImageNotFoundException",
        "imageTag:'v9'",
    ),
    "a policy that nobody set": (
        lambda ecr, name: ecr.get_repository_policy(repositoryName=name),
        "RepositoryPolicyNotFoundException",
        "Repository policy does not exist",
    ),
    "a policy that is none": (
        lambda ecr, name: ecr.set_repository_policy(repositoryName=name, policyText="{}"),
        "InvalidParameterException",
        "PolicyText",
    ),
    "an upload that is not there": (
        lambda ecr, name: ecr.complete_layer_upload(
            repositoryName=name,
            uploadId="00000000-0000-0000-0000-000000000000",
            layerDigests=[digest_of(b"")],
        ),
        "UploadNotFoundException",
        "upload could not be found",
    ),
    "an image whose layers are not there": (
        lambda ecr, name: ecr.put_image(
            repositoryName=name,
            imageManifest=json.dumps(
                {
                    "schemaVersion": 2,
                    "mediaType": OCI_MANIFEST,
                    "config": {"mediaType": "x", "digest": digest_of(b"never pushed"), "size": 1},
                    "layers": [],
                }
            ),
        ),
        "LayersNotFoundException",
        "required for pushing image",
    ),
    "a manifest that is none": (
        lambda ecr, name: ecr.put_image(repositoryName=name, imageManifest="{}"),
        "InvalidParameterException",
        "schemaVersion",
    ),
    "a token for the next page that no list gave": (
        lambda ecr, name: ecr.list_images(repositoryName=name, nextToken="?"),
        "InvalidParameterException",
        "nextToken",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_is_refused_by_name(case, ecr, repository):
    call, code, text = REFUSALS[case]
    name = repository()
    found, message = refusal(lambda: call(ecr, name))
    assert found == code
    assert text in message


def test_scans_are_not_yet_available(ecr, repository):
    name = repository()
    with pytest.raises(ClientError) as caught:
        ecr.start_image_scan(repositoryName=name, imageId={"imageTag": "v1"})
    assert caught.value.response["Error"]["Code"] == "NotYetAvailable"
