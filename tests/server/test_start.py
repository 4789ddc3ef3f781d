"""Starts that cannot be: the server ends with one clear line, and leaves what is there alone."""

import socket
import subprocess

from processing_jobs import logs_of, processing_request
from server_process import FLAGS, NODE, ROOT, wait_until

SLEEPS = """
    import time
    print("ready", flush=True)
    time.sleep(600)
"""


def refused_start(folder, listen="127.0.0.1:0"):
    """What a server that does not start says on standard error."""
    command = [NODE, *FLAGS, ROOT / "server/src/cli/start.mjs", "serve", "--data", folder, "--listen", listen]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def test_a_folder_that_another_server_uses_is_refused_and_that_one_goes_on(server):
    said = refused_start(server.folder)
    assert str(server.folder) in said
    assert said.startswith("Another server ")
    assert server.client("sts").get_caller_identity()["Account"]


def test_a_folder_whose_path_leaves_no_room_for_a_socket_is_refused(tmp_path):
    folder = tmp_path / ("long" * 25)
    said = refused_start(folder)
    assert "The data folder's path is too long" in said
    assert "--data" in said
    assert "    at " not in said


def test_an_address_in_use_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = refused_start(tmp_path / "data", address)
    assert address in said
    assert "    at " not in said


def test_a_start_that_fails_while_a_job_runs_ends_and_leaves_the_job_to_the_next_one(own_server):
    """What had begun ends: nothing runs the job behind a folder that nobody serves."""
    server = own_server()
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    s3.create_bucket(Bucket="half")
    sagemaker.create_processing_job(**processing_request(s3, "half", "sleeps", SLEEPS))

    def printed():
        return [line for lines in logs_of(server.client("logs"), "sleeps").values() for line in lines]

    wait_until(printed, 60, "the job runs")
    server.kill()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused_start(server.folder, f"127.0.0.1:{taken.getsockname()[1]}")
    server.start()
    job = sagemaker.describe_processing_job(ProcessingJobName="sleeps")
    assert (job["ProcessingJobStatus"], printed()) == ("InProgress", ["ready"])
    sagemaker.stop_processing_job(ProcessingJobName="sleeps")
