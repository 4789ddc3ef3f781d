"""Training jobs of images that were pushed: their own programs run, as the image says, and errors say what is wrong."""

import io
import json
import tarfile

import pytest
from policies import allow, deny, policy, refusal
from pushed_images import (
    HOST,
    OCI_INDEX,
    OCI_MANIFEST,
    Image,
    Registry,
    digest_of,
    entry,
    image_request,
    script,
    shell_root,
)
from server_process import wait_until
from xgboost_jobs import channel, ended_job


def test_an_own_image_trains_as_its_user_in_its_folder_with_its_variables(client, push, job, trainer):
    found, lines = job(push(trainer), HyperParameters={"depth": "6"})
    assert found["TrainingJobStatus"] == "Completed", (found.get("FailureReason"), lines)
    assert lines[:2] == ["trained by app in /app with hello", '{"depth":"6"}']
    bucket, key = found["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").split("/", 1)
    archive = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.extractfile("learned").read() == b"what was learned"


@pytest.mark.parametrize("user", ["root", "app"])
def test_log_files_that_are_links_to_the_outputs_are_the_jobs_log(user, push, job):
    links = [entry("var/log/access.log", link="/dev/stdout"), entry("var/log/error.log", link="/dev/stderr")]
    write = script("usr/bin/train", "echo asked >>/var/log/access.log; echo wrong >>/var/log/error.log")
    found, lines = job(push(Image([shell_root(), [*links, write]], {"User": user})))
    assert (found["TrainingJobStatus"], sorted(lines)) == ("Completed", ["asked", "wrong"]), found.get("FailureReason")


def test_two_jobs_at_once_and_one_after_them_see_the_image_as_it_was_pushed(push, job):
    once = "[ ! -e /app/before ] && touch /app/before && echo first >/etc/motd && sleep 1 && ls /app"
    image = push(Image([shell_root(), [script("usr/bin/train", once)]]))
    names = [job.start(image) for _ in range(2)]
    ends = [*[job.finish(name) for name in names], job(image)]
    assert [(found["TrainingJobStatus"], lines) for found, lines in ends] == [("Completed", ["before"])] * 3


def test_the_servers_own_address_names_the_same_image(server, push, job, trainer):
    name = push(trainer).split("/")[-1]
    found, _ = job(f"{server.url.removeprefix('http://')}/{name}")
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")


def test_a_digest_names_an_image_that_has_lost_its_tag(server, ecr, push, job, trainer):
    uri = push(trainer)
    repository = uri.split("/")[-1].split(":")[0]
    Registry(server.url, ecr).push(repository, "v1", Image([shell_root(), [script("usr/bin/train", "exit 3")]]))
    found, _ = job(f"{uri.removesuffix(':v1')}@{trainer.digest}")
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")


def test_a_pushed_image_wins_over_the_catalogue(push, job, sagemaker):
    image = Image([shell_root(), [script("usr/bin/train", "echo mine")]])
    uri = push(image, name="sagemaker-xgboost").removesuffix(":v1")
    code, _ = refusal(lambda: job.start(f"{uri}:v2"))
    assert code == "ValidationException"
    found, lines = job(f"{uri}:v1")
    assert (found["TrainingJobStatus"], lines) == ("Completed", ["mine"])


def test_of_an_index_the_image_for_this_machine_runs(server, ecr, push, job, trainer):
    uri = push(trainer)
    repository = uri.split("/")[-1].split(":")[0]
    other = Image([[entry("other", b"")]], architecture="s390x")
    registry = Registry(server.url, ecr)
    registry.push(repository, "other", other)
    architecture = json.loads(trainer.config)["architecture"]

    def index_of(*images):
        manifests = [
            {
                "mediaType": OCI_MANIFEST,
                "digest": image.digest,
                "size": len(image.manifest),
                "platform": {"os": "linux", "architecture": name},
            }
            for image, name in images
        ]
        return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}).encode()

    registry.push_manifest(repository, "both", index_of((other, "s390x"), (trainer, architecture)), OCI_INDEX)
    registry.push_manifest(repository, "none", index_of((other, "s390x")), OCI_INDEX)
    found, _ = job(uri.replace(":v1", ":both"))
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    for tag in ["none", "other"]:
        found, _ = job(uri.replace(":v1", f":{tag}"))
        assert found["TrainingJobStatus"] == "Failed"
        assert f"linux/s390x; this machine is linux/{architecture}" in found["FailureReason"]


FAILING = "mkdir -p /opt/ml/output; echo no luck >/opt/ml/output/failure; exit 4"
FAILURES = {
    "a layer that leads out of the image": (
        lambda: Image([[entry("../../planted", b"")]]),
        "leads out of the folder it is in",
    ),
    "a USER that it does not have": (
        lambda: Image([[*shell_root(), script("usr/bin/train", "true")]], {"User": "nobody-here"}),
        'USER "nobody-here" cannot be used',
    ),
    "no program of the name": (
        lambda: Image([shell_root()]),
        "Exit code: 127",
    ),
    "a program that fails": (
        lambda: Image([[*shell_root(), script("usr/bin/train", FAILING)]]),
        "no luck",
    ),
    "a configuration of other layers": (
        lambda: other_layers(Image([shell_root()])),
        "its manifest has 1 layers, its configuration names 2",
    ),
    "a layer of other content": (
        lambda: other_content(Image([shell_root()])),
        "its content has the digest",
    ),
}


def changed(image, change):
    """The image with another configuration."""
    config = json.loads(image.config)
    change(config)
    image.config = json.dumps(config).encode()
    manifest = json.loads(image.manifest)
    manifest["config"].update({"digest": digest_of(image.config), "size": len(image.config)})
    image.manifest = json.dumps(manifest).encode()
    return image


def other_layers(image):
    return changed(image, lambda config: config["rootfs"]["diff_ids"].append(digest_of(b"")))


def other_content(image):
    return changed(image, lambda config: config["rootfs"].update({"diff_ids": [digest_of(b"")]}))


@pytest.mark.parametrize("case", FAILURES)
def test_a_job_fails_whose_image_has(case, push, job):
    make, text = FAILURES[case]
    found, lines = job(push(make()))
    assert found["TrainingJobStatus"] == "Failed", lines
    assert text in found["FailureReason"]


def test_an_image_that_was_not_pushed_is_refused_at_once(push, job, trainer):
    uri = push(trainer)
    for image, text in [(uri.replace(":v1", ":v9"), "not found"), ("elsewhere.example/team/app:v1", "No image")]:
        code, message = refusal(lambda image=image: job.start(image))
        assert (code, text in message) == ("ValidationException", True), message


def test_a_role_that_may_not_pull_fails_its_job(client, fresh, push, job, trainer):
    uri = push(trainer)
    iam = client("iam")
    name = fresh("role")
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    everything = policy(allow(["s3:*", "logs:*", "ecr:*"]), deny("ecr:BatchGetImage"))
    iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=everything)
    found, _ = job(uri, RoleArn=role)
    assert found["TrainingJobStatus"] == "Failed"
    assert "ecr:BatchGetImage" in found["FailureReason"]
    iam.delete_role_policy(RoleName=name, PolicyName="given")
    iam.delete_role(RoleName=name)


def test_a_job_goes_on_when_the_server_is_killed_while_its_image_is_unpacked(own_server, trainer):
    server = own_server()
    ecr, s3, sagemaker = (server.client(name) for name in ["ecr", "s3", "sagemaker"])
    ecr.create_repository(repositoryName="kept")
    Registry(server.url, ecr).push("kept", "v1", trainer)
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="train/data", Body=b"x")
    channels = [channel("kept", "train/")]
    sagemaker.create_training_job(**image_request("kept", f"{HOST}/kept:v1", "kept", InputDataConfig=channels))
    roots = server.folder / "units/roots"
    wait_until(lambda: roots.exists() and list(roots.glob("*.part")), 30, "the image is being unpacked")
    server.kill()
    server.start()
    found = ended_job(server.client("sagemaker"), "kept")
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    assert [one.name for one in roots.iterdir()] == [trainer.digest.removeprefix("sha256:")]
