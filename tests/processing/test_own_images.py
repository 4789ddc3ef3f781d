"""An image of a user's own: what of its entry point and command runs, and as whom."""

import pytest
from own_programs import objects_below
from processing_jobs import BUCKET, cluster, ended_processing, s3_output
from pushed_images import Image, Registry, script, shell_root
from server_process import ROLE

TELL = 'echo "$0: $*"'
CONFIG = {
    "Entrypoint": ["/app/entry", "fixed"],
    "Cmd": ["from", "cmd"],
    "Env": ["PATH=/usr/bin", "COLOUR=red"],
    "WorkingDir": "/app",
    "User": "app",
}


@pytest.fixture(scope="module")
def uri(server):
    """URI of an image with an entry point, a command and a user."""
    programs = [script("app/entry", TELL), script("app/other", TELL), script("app/write", WRITE)]
    ecr = server.client("ecr")
    repository = ecr.create_repository(repositoryName="own/processor")["repository"]
    Registry(server.url, ecr).push("own/processor", "1", Image([shell_root(), programs], CONFIG))
    return f"{repository['repositoryUri']}:1"


WRITE = """
echo "$(id -un) $COLOUR $PWD"
cat /opt/ml/config/resourceconfig.json > /opt/ml/processing/output/out/config
echo said > /opt/ml/output/message
"""
STARTS = {
    "the image's entry point and command": ({}, "/app/entry: fixed from cmd"),
    "the given entry point without the image's command": ({"ContainerEntrypoint": ["/app/other"]}, "/app/other: "),
    "the image's entry point with the given arguments": ({"ContainerArguments": ["a"]}, "/app/entry: fixed a"),
    "the given entry point with the given arguments": (
        {"ContainerEntrypoint": ["/app/other", "x"], "ContainerArguments": ["a", "b"]},
        "/app/other: x a b",
    ),
}


def ended(sagemaker, name, image, members, **more):
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        AppSpecification={"ImageUri": image, **members},
        ProcessingResources=cluster(),
        RoleArn=ROLE,
        **more,
    )
    return ended_processing(sagemaker, name)


@pytest.mark.parametrize("sentence", STARTS)
def test_what_runs_is(sagemaker, lines, uri, fresh, sentence):
    members, line = STARTS[sentence]
    job = ended(sagemaker, fresh("process"), uri, members)
    assert (job["ProcessingJobStatus"], lines(job)) == ("Completed", [line]), job


def test_its_user_writes_outputs_and_the_message(sagemaker, s3, lines, uri, fresh):
    name = fresh("process")
    outputs = {"Outputs": [s3_output("out", f"s3://{BUCKET}/{name}")]}
    job = ended(sagemaker, name, uri, {"ContainerEntrypoint": ["/app/write"]}, ProcessingOutputConfig=outputs)
    assert (job["ProcessingJobStatus"], lines(job)) == ("Completed", ["app red /app"]), job
    assert job["ExitMessage"] == "said\n"
    assert objects_below(s3, BUCKET, f"{name}/") == {"config": b'{"current_host":"algo-1","hosts":["algo-1"]}'}


def test_an_image_that_was_not_pushed_is_refused_at_once(sagemaker, uri, fresh):
    with pytest.raises(sagemaker.exceptions.ClientError) as refused:
        ended(sagemaker, fresh("process"), uri.replace(":1", ":2"), {})
    assert refused.value.response["Error"]["Code"] == "ValidationException"
