"""The registry protocol (OCI distribution specification 1.1) by a raw client: what clients do, and do wrong."""

import base64
import json
import socket

import pytest
from pushed_images import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Image, Registry, digest_of, entry, error_code
from server_process import wait_until

UPLOADS = "/v2/{}/blobs/uploads/"


def test_whoever_shows_no_token_is_asked_for_one(registry):
    status, headers, body = registry.ask("GET", "/v2/", anonymous=True)
    assert (status, error_code(body)) == (401, "UNAUTHORIZED")
    assert headers["www-authenticate"].startswith('Basic realm="http://')
    assert registry.ask("GET", "/v2/")[0] == 200


WRONG = {
    "another user's name": base64.b64encode(b"root:secret").decode(),
    "a password that is no token": base64.b64encode(b"AWS:secret").decode(),
    "a token that was changed": None,
    "what is not base 64": "%%%",
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_token_is_refused(case, server, registry):
    token = WRONG[case]
    if token is None:
        text = base64.b64decode(registry.token).decode()
        token = base64.b64encode((text[:-3] + ("AAA" if text[-3:] != "AAA" else "BBB")).encode()).decode()
    assert Registry(server.url, token=token).ask("GET", "/v2/")[0] == 401


def test_a_layer_goes_up_in_chunks_and_the_upload_says_where_it_is(registry, repository):
    name = repository()
    data = bytes(range(256)) * 40
    where = registry.begin(name)
    chunks = [data[:4000], data[4000:8000], data[8000:]]
    sent = 0
    for chunk in chunks[:2]:
        headers = {"Content-Range": f"{sent}-{sent + len(chunk) - 1}"}
        status, answered, _ = registry.ask("PATCH", where, chunk, headers)
        sent += len(chunk)
        assert (status, answered["range"]) == (202, f"0-{sent - 1}")
    assert registry.ask("PATCH", where, chunks[2], {"Content-Range": "4000-6239"})[0] == 416
    status, answered, _ = registry.ask("GET", where)
    assert (status, answered["range"]) == (204, f"0-{sent - 1}")
    assert registry.ask("PUT", f"{where}?digest={digest_of(data)}", chunks[2])[0] == 201
    assert registry.ask("GET", f"/v2/{name}/blobs/{digest_of(data)}")[2] == data
    status, headers, part = registry.ask("GET", f"/v2/{name}/blobs/{digest_of(data)}", headers={"Range": "bytes=10-19"})
    assert (status, part, headers["content-range"]) == (206, data[10:20], f"bytes 10-19/{len(data)}")


def test_a_layer_goes_up_in_one_post(registry, repository):
    name = repository()
    data = b"all at once"
    status, headers, _ = registry.ask("POST", f"{UPLOADS.format(name)}?digest={digest_of(data)}", data)
    assert (status, headers["location"]) == (201, f"/v2/{name}/blobs/{digest_of(data)}")
    status, headers, body = registry.ask("HEAD", f"/v2/{name}/blobs/{digest_of(data)}")
    assert (status, headers["content-length"], body) == (200, str(len(data)), b"")


def test_bytes_of_another_digest_become_no_layer(registry, repository):
    name = repository()
    status, _, body = registry.ask("PUT", f"{registry.begin(name)}?digest={digest_of(b'promised')}", b"sent")
    assert (status, error_code(body)) == (400, "DIGEST_INVALID")
    for data in [b"promised", b"sent"]:
        assert registry.ask("HEAD", f"/v2/{name}/blobs/{digest_of(data)}")[0] == 404


def test_a_push_that_is_cut_off_leaves_nothing_that_is_seen_and_can_go_on(server, registry, repository):
    name = repository()
    data = b"x" * 100_000
    where = registry.begin(name)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"PATCH {where} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Basic {registry.token}\r\n"
        connection.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data[:60_000])
    status, headers, _ = wait_until(lambda: registry.ask("GET", where), 10, "the upload answers")
    assert (status, headers["range"]) == (204, "0-0")
    assert registry.ask("HEAD", f"/v2/{name}/blobs/{digest_of(data)}")[0] == 404
    assert registry.ask("PUT", f"{where}?digest={digest_of(data)}", data)[0] == 201


def test_an_upload_that_is_given_up_is_gone(registry, repository):
    name = repository()
    where = registry.begin(name)
    registry.ask("PATCH", where, b"some")
    assert registry.ask("DELETE", where)[0] == 204
    status, _, body = registry.ask("GET", where)
    assert (status, error_code(body)) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_layer_is_mounted_from_another_repository_of_the_account(registry, repository):
    source, target = repository(), repository()
    digest = registry.push_blob(source, b"a layer that two repositories have")
    assert registry.ask("HEAD", f"/v2/{target}/blobs/{digest}")[0] == 404
    status, _, _ = registry.ask("POST", f"{UPLOADS.format(target)}?mount={digest}&from={source}")
    assert status == 201
    assert registry.ask("HEAD", f"/v2/{target}/blobs/{digest}")[0] == 200
    status, headers, _ = registry.ask("POST", f"{UPLOADS.format(target)}?mount={digest_of(b'?')}&from={source}")
    assert (status, "location" in headers) == (202, True)


def test_a_manifest_waits_for_its_layers(registry, repository, image):
    name = repository()
    status, _, body = registry.push_manifest(name, "v1", image("not pushed").manifest)
    assert (status, error_code(body)) == (404, "MANIFEST_BLOB_UNKNOWN")
    assert registry.ask("GET", f"/v2/{name}/manifests/v1")[0] == 404


def test_manifests_of_docker_and_indexes_are_kept_byte_for_byte(registry, repository):
    name = repository()
    docker = Image([[entry("a", b"docker")]], media_type=DOCKER_MANIFEST)
    registry.push(name, "docker", docker)
    status, headers, body = registry.ask("GET", f"/v2/{name}/manifests/docker")
    assert (status, headers["content-type"], body) == (200, DOCKER_MANIFEST, docker.manifest)
    index = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [{"mediaType": DOCKER_MANIFEST, "digest": docker.digest, "size": len(docker.manifest)}],
        }
    ).encode()
    assert registry.push_manifest(name, "index", index, OCI_INDEX)[0] == 201
    assert registry.ask("GET", f"/v2/{name}/manifests/{digest_of(index)}")[2] == index
    status, _, body = registry.ask("DELETE", f"/v2/{name}/manifests/{docker.digest}")
    assert (status, error_code(body)) == (409, "DENIED")
    assert registry.ask("DELETE", f"/v2/{name}/manifests/{digest_of(index)}")[0] == 202
    assert registry.ask("DELETE", f"/v2/{name}/manifests/{docker.digest}")[0] == 202


def test_an_index_waits_for_its_images(registry, repository, image):
    absent = image("never pushed")
    manifests = [{"mediaType": OCI_MANIFEST, "digest": absent.digest, "size": len(absent.manifest)}]
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}).encode()
    status, _, body = registry.push_manifest(repository(), "index", index, OCI_INDEX)
    assert (status, error_code(body)) == (404, "MANIFEST_BLOB_UNKNOWN")


def test_what_refers_to_an_image_is_listed(registry, repository, image):
    name = repository()
    subject = image("signed")
    registry.push(name, "v1", subject)
    config = b"{}"
    registry.push_blob(name, config)
    signature = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": "application/vnd.example.signature",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(config), "size": 2},
            "layers": [],
            "subject": {"mediaType": OCI_MANIFEST, "digest": subject.digest, "size": len(subject.manifest)},
            "annotations": {"by": "somebody"},
        }
    ).encode()
    status, headers, _ = registry.push_manifest(name, digest_of(signature), signature)
    assert (status, headers["oci-subject"]) == (201, subject.digest)
    _, _, body = registry.ask("GET", f"/v2/{name}/referrers/{subject.digest}")
    assert [(one["digest"], one["artifactType"], one["annotations"]) for one in json.loads(body)["manifests"]] == [
        (digest_of(signature), "application/vnd.example.signature", {"by": "somebody"})
    ]
    _, _, body = registry.ask("GET", f"/v2/{name}/referrers/{subject.digest}?artifactType=other")
    assert json.loads(body)["manifests"] == []


def test_tags_come_in_pages(registry, repository, image):
    name = repository()
    for tag in ["c", "a", "b"]:
        registry.push(name, tag, image("paged"))
    _, headers, body = registry.ask("GET", f"/v2/{name}/tags/list?n=2")
    assert json.loads(body) == {"name": name, "tags": ["a", "b"]}
    following = headers["link"].split(";")[0].strip("<>")
    _, headers, body = registry.ask("GET", following)
    assert (json.loads(body)["tags"], "link" in headers) == (["c"], False)


def test_a_tag_that_is_immutable_stays_where_it_is(registry, repository, image):
    name = repository(imageTagMutability="IMMUTABLE")
    first = registry.push(name, "v1", image("first"))
    second = image("second")
    for data in [*second.layers, second.config]:
        registry.push_blob(name, data)
    status, _, body = registry.push_manifest(name, "v1", second.manifest)
    assert (status, error_code(body)) == (400, "TAG_INVALID")
    assert registry.ask("HEAD", f"/v2/{name}/manifests/v1")[1]["docker-content-digest"] == first


NAMES = {
    "..": ("/v2/../manifests/v1", 400),
    "a name with ..": ("/v2/team/../../etc/manifests/v1", 400),
    "an encoded ..": ("/v2/team%2f..%2f..%2fetc/manifests/v1", 400),
    "upper case": ("/v2/Team/App/manifests/v1", 400),
    "a name that is too long": (f"/v2/{'a' * 257}/manifests/v1", 400),
    "no path of the protocol": ("/v2/team/app/files/v1", 404),
}


@pytest.mark.parametrize("case", NAMES)
def test_is_no_name_of_a_repository(case, registry):
    path, expected = NAMES[case]
    assert registry.ask("GET", path)[0] == expected


REFERENCES = {
    "a tag with a slash": ("blobs/sha256:../../x", 404),
    "a digest of another algorithm": (f"blobs/sha512:{'0' * 128}", 400),
    "a digest that leads elsewhere": ("blobs/sha256:%2e%2e%2fx", 400),
    "an upload that is a path": ("blobs/uploads/%2e%2e", 404),
    "a tag with a dot in front": ("manifests/.hidden", 404),
}


@pytest.mark.parametrize("case", REFERENCES)
def test_is_no_reference(case, registry, repository):
    path, expected = REFERENCES[case]
    assert registry.ask("GET", f"/v2/{repository()}/{path}")[0] == expected


def test_what_was_pushed_outlives_a_kill_of_the_server(own_server, image):
    server = own_server()
    server.client("ecr").create_repository(repositoryName="kept")
    registry = Registry(server.url, server.client("ecr"))
    pushed = image("kept")
    digest = registry.push("kept", "v1", pushed)
    where = registry.begin("kept")
    registry.ask("PATCH", where, b"half of ")
    server.kill()
    server.start()
    assert registry.ask("GET", f"/v2/kept/manifests/{digest}")[2] == pushed.manifest
    assert registry.ask("GET", f"/v2/kept/blobs/{digest_of(pushed.layers[0])}")[2] == pushed.layers[0]
    assert registry.ask("PUT", f"{where}?digest={digest_of(b'half of a layer')}", b"a layer")[0] == 201
