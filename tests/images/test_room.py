"""Images larger than the disk: refused in words, and nothing is left of them. Needs root: mount(8)."""

import os
import subprocess

import pytest
from pushed_images import Image, Registry, entry, script, shell_root
from server_process import ROLE, wait_until

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
        sagemaker.create_training_job(
            TrainingJobName=tag,
            RoleArn=ROLE,
            AlgorithmSpecification={
                "TrainingImage": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/small:{tag}",
                "TrainingInputMode": "File",
            },
            OutputDataConfig={"S3OutputPath": "s3://small/out"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 300},
        )

        def over():
            found = sagemaker.describe_training_job(TrainingJobName=tag)
            return found if found["TrainingJobStatus"] != "InProgress" else None

        return wait_until(over, 120, f"{tag} is over")

    found = run("large")
    assert "There is no room for it on the disk" in found["FailureReason"]
    assert list((small_disk / "data/units/roots").iterdir()) == []
    found = run("fits")
    assert found["TrainingJobStatus"] == "Completed", found["FailureReason"]
    server.stop()
