"""`sagebrush images import`, `own` and `remove`: own images without any container engine."""

import json
import tarfile

import pytest
from pushed_images import HOST, OCI_INDEX, Image, digest_of, script, shell_root
from server_process import told


@pytest.fixture
def sagebrush(server):
    """sagebrush("images", "own") runs the command on the shared server's data folder: (exit code, all it printed)."""

    return lambda *arguments, data=None: told(*arguments, "--data", data or server.folder)


@pytest.fixture
def image():
    return Image([shell_root(), [script("usr/bin/train", "echo imported")]])


@pytest.fixture
def layout(tmp_path, image):
    """The image as an OCI layout in a folder, its index within an index."""
    folder = tmp_path / "layout"
    (folder / "blobs/sha256").mkdir(parents=True)
    entry = {"mediaType": image.media_type, "digest": image.digest, "size": len(image.manifest)}
    inner = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).encode()
    for data in [*image.layers, image.config, image.manifest, inner]:
        (folder / "blobs/sha256" / digest_of(data).removeprefix("sha256:")).write_bytes(data)
    outer = {"mediaType": OCI_INDEX, "digest": digest_of(inner), "size": len(inner)}
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [outer]}))
    return folder


@pytest.fixture
def archive(layout, tmp_path):
    path = tmp_path / "image.oci.tar"
    with tarfile.open(path, "w") as tar:
        for file in sorted(layout.rglob("*")):
            tar.add(file, arcname=f"./{file.relative_to(layout)}", recursive=False)
    return path


@pytest.mark.parametrize("form", ["layout", "archive"])
def test_an_image_comes_in_trains_and_goes(form, request, sagebrush, image, job, ecr, fresh):
    name = fresh("imported")
    code, printed = sagebrush("images", "import", request.getfixturevalue(form), f"{name}:v1")
    assert (code, f"Jobs and models use it as {HOST}/{name}:v1" in printed) == (0, True), printed
    assert ecr.list_images(repositoryName=name)["imageIds"] == [{"imageDigest": image.digest, "imageTag": "v1"}]
    found, lines = job(f"{HOST}/{name}:v1")
    assert (found["TrainingJobStatus"], lines) == ("Completed", ["imported"])
    assert f"{HOST}/{name}:v1" in sagebrush("images", "own")[1].splitlines()
    code, printed = sagebrush("images", "import", request.getfixturevalue(form), f"{name}:v2")
    assert (code, "is there already" in printed) == (0, True), printed
    for tag in ["v1", "v2"]:
        assert sagebrush("images", "remove", f"{name}:{tag}")[0] == 0
    assert ecr.list_images(repositoryName=name)["imageIds"] == []
    ecr.delete_repository(repositoryName=name)


def test_what_cannot_be_imported_is_told(sagebrush, tmp_path, layout):
    (tmp_path / "text").write_text("no image")
    cases = {
        ("import", "/no/such/file", "a:v1"): "There is nothing at /no/such/file",
        ("import", tmp_path / "text", "a:v1"): "text is no",
        ("import", tmp_path, "a:v1"): "it has no index.json",
        ("import", layout, "../a:v1"): "Expected REPOSITORY:TAG",
        ("remove", "no/such/image:v1"): "does not exist in the registry",
    }
    for arguments, text in cases.items():
        code, printed = sagebrush("images", *arguments)
        assert (code, text in printed) == (1, True), printed
    code, printed = sagebrush("images", "own", data=tmp_path)
    assert (code, "No server runs on" in printed) == (1, True), printed
