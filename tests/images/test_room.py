"""Images larger than the disk: refused in words, and nothing is left of them. Needs root: mount(8)."""

import os
import subprocess

import pytest
from pushed_images import HOST, Image, Registry, entry, image_request, script, shell_root
from xgboost_jobs import ended_job

MB = 2**20


@pytest.fixture
def small_disk(tmp_path):
    """A folder of 500 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500m", "small", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


def test_an_image_that_does_not_fit_fails_its_job_and_leaves_nothing(own_server, small_disk):
    server = own_server(folder=small_disk / "data", arguments=["--disk-reserve-mb", "10"])
    server.client("s3").create_bucket(Bucket="small")
    server.client("ecr").create_repository(repositoryName="small")
    registry = Registry(server.url, server.client("ecr"))
    trainer = [shell_root(), [script("usr/bin/train", "echo fits")]]
    registry.push("small", "large", Image([*trainer, [entry("zeros", bytes(300 * MB))]]))
    registry.push("small", "fits", Image(trainer))
    sagemaker = server.client("sagemaker")

    def run(tag):
        sagemaker.create_training_job(**image_request(tag, f"{HOST}/small:{tag}", "small"))
        return ended_job(sagemaker, tag)

    found = run("large")
    assert "There is no room for it on the disk" in found["FailureReason"]
    assert list((small_disk / "data/units/roots").iterdir()) == []
    found = run("fits")
    assert found["TrainingJobStatus"] == "Completed", found["FailureReason"]
    server.stop()
