"""skopeo, podman and buildah as people use them: under AWS's name by HTTPS_PROXY, and under the server's address."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from pushed_images import HOST, Image, digest_of, script, shell_root, tar_of
from server_process import command_line


def tool(name):
    return pytest.mark.skipif(not shutil.which(name), reason=f"needs {name}: sudo apt-get install --yes {name}")


def run(*command, environment=None, text=None):
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        input=text,
        env={**os.environ, **(environment or {})},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def password(ecr):
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().removeprefix("AWS:")


@pytest.fixture
def proxied(server):
    """Variables of `sagebrush env`, and the one by which programs in Go find authorities."""
    printed = run(*command_line("env", "--data", server.folder))
    variables = dict(line.removeprefix("export ").split("=", 1) for line in printed.splitlines() if "=" in line)
    variables = {name: value.strip("'\"") for name, value in variables.items() if name.isupper()}
    return {**variables, "SSL_CERT_FILE": variables["AWS_CA_BUNDLE"]}


@pytest.fixture
def store():
    """Options for a storage of the test's own; podman takes short paths only."""
    folder = Path(tempfile.mkdtemp(prefix="store-"))
    yield ["--root", folder / "root", "--runroot", folder / "run", "--storage-driver", "vfs"]
    shutil.rmtree(folder)


@pytest.fixture
def layout(tmp_path):
    """An OCI image layout made by hand: the oldest way to give an image to any tool."""
    image = Image([[*shell_root(), script("usr/bin/train", "echo trained by $(id -u)")]])
    blobs = tmp_path / "layout/blobs/sha256"
    blobs.mkdir(parents=True)
    for data in [*image.layers, image.config, image.manifest]:
        (blobs / digest_of(data).removeprefix("sha256:")).write_bytes(data)
    (tmp_path / "layout/oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    descriptor = {"mediaType": image.media_type, "digest": image.digest, "size": len(image.manifest)}
    named = {**descriptor, "annotations": {"org.opencontainers.image.ref.name": "latest"}}
    (tmp_path / "layout/index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    return tmp_path / "layout", image


@tool("skopeo")
def test_skopeo_copies_to_awss_name_and_back(ecr, repository, layout, password, proxied, tmp_path):
    name = repository()
    folder, image = layout
    there = f"docker://{HOST}/{name}:v1"
    run("skopeo", "copy", "--dest-creds", f"AWS:{password}", f"oci:{folder}:latest", there, environment=proxied)
    assert ecr.list_images(repositoryName=name)["imageIds"] == [{"imageDigest": image.digest, "imageTag": "v1"}]
    back = tmp_path / "back"
    run("skopeo", "copy", "--src-creds", f"AWS:{password}", there, f"oci:{back}:latest", environment=proxied)
    assert json.loads((back / "index.json").read_text())["manifests"][0]["digest"] == image.digest
    inspected = run("skopeo", "inspect", "--creds", f"AWS:{password}", there, environment=proxied)
    assert json.loads(inspected)["RepoTags"] == ["v1"]


@tool("skopeo")
def test_skopeo_copies_to_the_servers_address(server, ecr, repository, layout, password):
    name = repository()
    folder, _ = layout
    there = f"docker://{server.url.removeprefix('http://')}/{name}:v1"
    options = ["--dest-tls-verify=false", "--dest-creds", f"AWS:{password}"]
    run("skopeo", "copy", "--format", "v2s2", *options, f"oci:{folder}:latest", there)
    described = ecr.describe_images(repositoryName=name)["imageDetails"][0]
    assert described["imageTags"] == ["v1"]
    assert described["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    run("skopeo", "delete", "--tls-verify=false", "--creds", f"AWS:{password}", there)
    assert ecr.list_images(repositoryName=name)["imageIds"] == []


@tool("podman")
@pytest.mark.skipif(os.geteuid() != 0, reason="its storage options are root's")
def test_podman_logs_in_pushes_and_pulls(server, ecr, repository, password, proxied, store, tmp_path):
    name = repository()
    account = {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}
    root = tmp_path / "root.tar"
    root.write_bytes(tar_of([*shell_root(), script("usr/bin/train", "echo trained")]))
    run("podman", *store, "import", root, "mine:v1")
    through = {**account, **proxied}
    run("podman", *store, "login", "--username", "AWS", "--password-stdin", HOST, environment=through, text=password)
    run("podman", *store, "push", "mine:v1", f"{HOST}/{name}:v1", environment=through)
    address = server.url.removeprefix("http://")
    plain = ["--tls-verify=false"]
    run("podman", *store, "login", *plain, "-u", "AWS", "--password-stdin", address, environment=account, text=password)
    run("podman", *store, "push", *plain, "mine:v1", f"{address}/{name}:v2", environment=account)
    run("podman", *store, "rmi", "--all", "--force")
    run("podman", *store, "pull", f"{HOST}/{name}:v1", environment=through)
    assert name in run("podman", *store, "images")
    assert {one["imageTag"] for one in ecr.list_images(repositoryName=name)["imageIds"]} == {"v1", "v2"}


@tool("buildah")
@pytest.mark.skipif(os.geteuid() != 0, reason="its storage options are root's")
def test_buildah_builds_and_pushes(server, ecr, repository, password, store, tmp_path):
    name = repository()
    (tmp_path / "train").write_text("#!/bin/sh\necho trained\n")
    (tmp_path / "Containerfile").write_text("FROM scratch\nCOPY train /usr/bin/train\nENV GREETING=hello\nUSER 1000\n")
    run("buildah", *store, "build", "--isolation", "chroot", "--tag", "built:v1", tmp_path)
    there = f"{server.url.removeprefix('http://')}/{name}:v1"
    run("buildah", *store, "push", "--tls-verify=false", "--creds", f"AWS:{password}", "built:v1", f"docker://{there}")
    assert ecr.list_images(repositoryName=name)["imageIds"][0]["imageTag"] == "v1"
