"""Images made of nothing but Python's standard library, and a client of the registry protocol that can misbehave."""

import gzip
import hashlib
import http.client
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

from server_process import ACCOUNT, ROLE

#: How AWS calls the registry of the account.
HOST = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}


def digest_of(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def entry(name, data=b"", *, mode=0o644, uid=0, gid=0, kind=None, link=""):
    """One entry of a layer: (TarInfo, bytes). A name that ends with / is a folder."""
    info = tarfile.TarInfo(name.rstrip("/"))
    info.mode, info.uid, info.gid, info.linkname = mode, uid, gid, link
    info.type = kind or (tarfile.DIRTYPE if name.endswith("/") else tarfile.SYMTYPE if link else tarfile.REGTYPE)
    info.size = len(data)
    return info, data


def tar_of(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def program_files(*programs):
    """Programs and libraries of this machine with the libraries they load, as entries."""
    paths = [shutil.which(program) or str(program) for program in programs]
    listed = subprocess.run(["ldd", *paths], capture_output=True, text=True, check=False).stdout
    # With several programs each has a line of its own, its path with a colon.
    paths += [word for word in listed.split() if word.startswith("/") and not word.endswith(":")]
    return [entry(path.lstrip("/"), Path(path).read_bytes(), mode=0o755) for path in sorted(set(paths))]


def shell_root():
    """Entries of a root with a shell and a few programs of this machine, a user, and a group of its own."""
    folders = ["usr/bin/", "lib/", "etc/", "app/", "tmp/"]
    return [
        *[entry(name, mode=0o755) for name in folders],
        entry("bin", link="usr/bin"),
        *program_files("sh", "cat", "id", "ls", "mkdir", "sleep", "touch", "rm", "dd"),
        entry("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n"),
        entry("etc/group", b"root:x:0:\napp:x:1000:\nextra:x:2000:app\n"),
    ]


def script(name, text):
    return entry(name, f"#!/bin/sh\n{text}\n".encode(), mode=0o755)


def gzipped(data):
    """The same bytes for the same data."""
    return gzip.compress(data, 1, mtime=0)


class Image:
    """Layers (lists of entries, or bytes of tars) and a configuration, as documents and blobs."""

    def __init__(self, layers, config=None, *, architecture=None, compress=gzipped, media_type=OCI_MANIFEST):
        machine = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip()
        self.tars = [one if isinstance(one, bytes) else tar_of(one) for one in layers]
        self.layers = [compress(one) for one in self.tars]
        self.config = json.dumps(
            {
                "architecture": architecture or ARCHITECTURE[machine],
                "os": "linux",
                "config": config or {},
                "rootfs": {"type": "layers", "diff_ids": [digest_of(one) for one in self.tars]},
            }
        ).encode()
        self.media_type = media_type
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": media_type,
                "config": {"mediaType": OCI_CONFIG, "digest": digest_of(self.config), "size": len(self.config)},
                "layers": [{"mediaType": OCI_LAYER, "digest": digest_of(one), "size": len(one)} for one in self.layers],
            }
        ).encode()
        self.digest = digest_of(self.manifest)


class Registry:
    """A client of one server's registry, with the token of a boto3 client for ECR."""

    def __init__(self, url, ecr=None, token=None):
        self.host = url.removeprefix("http://")
        self.token = token or ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]

    def ask(self, method, path, body=None, headers=None, *, anonymous=False):
        """(status, headers in lower case, bytes)."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        own = {} if anonymous else {"Authorization": f"Basic {self.token}"}
        try:
            connection.request(method, path, body, {**own, **(headers or {})})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def begin(self, repository):
        """Address of a new upload."""
        status, headers, body = self.ask("POST", f"/v2/{repository}/blobs/uploads/")
        assert status == 202, (status, body)
        return headers["location"]

    def push_blob(self, repository, data):
        status, _, body = self.ask("PUT", f"{self.begin(repository)}?digest={digest_of(data)}", data)
        assert status == 201, (status, body)
        return digest_of(data)

    def push_manifest(self, repository, reference, manifest, media_type=OCI_MANIFEST):
        path = f"/v2/{repository}/manifests/{reference}"
        return self.ask("PUT", path, manifest, {"Content-Type": media_type})

    def push(self, repository, tag, image):
        """Pushes the whole image and gives its digest."""
        for data in [*image.layers, image.config]:
            self.push_blob(repository, data)
        status, headers, body = self.push_manifest(repository, tag, image.manifest, image.media_type)
        assert status == 201, (status, body)
        return headers["docker-content-digest"]


def image_request(name, image, bucket, **more):
    """Input of CreateTrainingJob of an image, without channels; `more` are members of the request."""
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        **more,
    }


def error_code(body):
    return json.loads(body)["errors"][0]["code"]
