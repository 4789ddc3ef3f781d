"""Images of other registries, by the names that people write: a second server of ours is the other registry."""

import base64
import json

import pytest
from botocore.exceptions import ClientError
from pushed_images import Image, Registry, image_request, script, shell_root
from server_process import ServerProcess, told
from token_registry import ACCOUNT, TokenRegistry
from xgboost_jobs import ended_job


@pytest.fixture(scope="module")
def other(servers):
    """The other registry: its host, and the token that is its password."""
    server = servers()
    ecr = server.client("ecr")
    ecr.create_repository(repositoryName="team/app")
    registry = Registry(server.url, ecr)
    registry.push("team/app", "v1", Image([shell_root(), [script("usr/bin/train", "echo from elsewhere")]]))
    token = base64.b64decode(registry.token).decode().removeprefix("AWS:")
    return registry, token


@pytest.fixture(scope="module")
def servers():
    started = []

    def start(**options):
        started.append(ServerProcess(**options).start())
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def puller(servers, other):
    """A server whose settings name the other registry, and one where nobody listens."""
    registry, token = other
    registries = {registry.host: {"username": "AWS", "password": token}, "127.0.0.1:9": {}, "localhost:9": {}}
    server = servers(environment={"SAGEBRUSH_REGISTRIES": json.dumps(registries)})
    server.client("s3").create_bucket(Bucket="pulled")
    return server


def run_job(server, name, image):
    sagemaker = server.client("sagemaker")
    sagemaker.create_training_job(**image_request(name, image, "pulled"))
    return ended_job(sagemaker, name)


def test_a_job_runs_an_image_of_another_registry_with_the_settings_account(puller, other, fresh):
    registry, _ = other
    found = run_job(puller, fresh("job"), f"{registry.host}/team/app:v1")
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")


REFUSALS = {
    "a tag that is not there": ("{host}/team/app:v9", 'no image "v9"'),
    "a repository that is not there": ("{host}/team/none:v1", 'no image "v1"'),
    "a registry that does not answer": ("127.0.0.1:9/team/app:v1", "registry 127.0.0.1:9: it cannot be reached"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_job_fails_that_names(case, puller, other, fresh):
    image, text = REFUSALS[case]
    found = run_job(puller, fresh("job"), image.format(host=other[0].host))
    assert found["TrainingJobStatus"] == "Failed"
    assert text in found["FailureReason"]


def test_a_wrong_password_is_told_with_the_registrys_status(servers, other, fresh):
    host = other[0].host
    registries = json.dumps({host: {"username": "AWS", "password": "wrong"}})
    server = servers(environment={"SAGEBRUSH_REGISTRIES": registries})
    server.client("s3").create_bucket(Bucket="pulled")
    found = run_job(server, fresh("job"), f"{host}/team/app:v1")
    assert f"registry {host}: it answered 401" in found["FailureReason"]


@pytest.fixture
def pull_with_token(servers, fresh):
    """pull_with_token(spoil) runs a job of an image of a registry with tokens: its description, and the registry."""
    made = []

    def pull(*spoil):
        image = Image([[*shell_root(), script("usr/bin/train", "echo from the hub")]])
        registry = TokenRegistry(image, *spoil)
        made.append(registry)
        account = dict(zip(("username", "password"), ACCOUNT, strict=True))
        server = servers(environment={"SAGEBRUSH_REGISTRIES": json.dumps({registry.host: account})})
        server.client("s3").create_bucket(Bucket="pulled")
        return run_job(server, fresh("job"), f"{registry.host}/team/app:v1"), registry

    yield pull
    for registry in made:
        registry.close()


def test_tokens_are_asked_for_and_shown_to_nobody_else(pull_with_token):
    found, registry = pull_with_token()
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    assert registry.scopes == [["repository:team/app:pull"]]
    assert registry.elsewhere == [""]


SPOILT = {
    "other bytes than those of its digest": (lambda data: data[:-1] + b"?", "is refused"),
    "half of a layer": (lambda _data: None, "the connection broke"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_job_fails_whose_registry_gives(case, pull_with_token):
    spoil, text = SPOILT[case]
    found, _ = pull_with_token(spoil)
    assert found["TrainingJobStatus"] == "Failed"
    assert text in found["FailureReason"]


def test_a_registry_that_the_settings_do_not_name_is_not_asked(puller, other):
    with pytest.raises(ClientError, match="No image"):
        run_job(puller, "unasked", "registry.example/team/app:v1")


def test_passwords_of_registries_are_not_shown(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("registries:\n  docker.io: {username: ann, password: hunter2}\n  ghcr.io:\n")
    code, shown = told("config", "--config", file)
    assert code == 0, shown
    assert "hunter2" not in shown
    assert "docker.io, ghcr.io" in shown


@pytest.mark.parametrize("text", ["docker.io", '{"docker.io": {"username": "ann"}}', '{"https://x": {}}', "[]"])
def test_settings_that_are_no_registries_are_refused(text):
    code, said = told("config", "--registries", text)
    assert code == 1, said
    assert "--registries: expected registries by host" in said
