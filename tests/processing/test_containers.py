"""What a processing container is given, how it is started, and how its end is told."""

import json

import pytest
from processing_jobs import BUCKET, cluster, s3_input, s3_output
from server_process import ACCOUNT, ROLE
from xgboost_jobs import IMAGE

ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:processing-job/"
PROGRAM = "/opt/ml/processing/input/code/program.py"


def test_files_say_what_the_job_is(sagemaker, s3, run, lines, fresh):
    program = """
        import os
        for name in ("processingjobconfig", "resourceconfig"):
            print(open(f"/opt/ml/config/{name}.json").read())
        print(sorted(os.listdir("/opt/ml/processing")), sorted(os.listdir("/opt/ml/processing/output")))
    """
    name = fresh("process")
    output = s3_output("clean", f"s3://{BUCKET}/clean/")
    job = run(program, outputs=[output], name=name, Environment={"MODE": "fast"})
    assert job["ProcessingJobStatus"] == "Completed", (job, lines(job))
    config, resources, folders = lines(job)
    code = {
        "LocalPath": "/opt/ml/processing/input/code",
        "S3Uri": f"s3://{BUCKET}/code/{name}/",
        "S3DataDistributionType": "FullyReplicated",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3CompressionType": "None",
        "S3DownloadMode": "StartOfJob",
    }
    assert json.loads(config) == {
        "ProcessingJobArn": ARN + name,
        "ProcessingJobName": name,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "-u", PROGRAM],
            "ContainerArguments": None,
        },
        "Environment": {"MODE": "fast"},
        "ProcessingInputs": [{"InputName": "code", "S3Input": code}],
        "ProcessingOutputConfig": {"Outputs": [output], "KmsKeyId": None},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.t3.medium",
                "VolumeSizeInGB": 1,
                "VolumeKmsKeyId": None,
            }
        },
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    assert resources == '{"current_host":"algo-1","hosts":["algo-1"]}'
    assert folders == "['input', 'output'] ['clean']"


ARGUMENTS = "import sys\nprint(sys.argv[1:])"
# In the image of XGBoost the image's own program says which arguments it was given.
STARTS = {
    "the entry point alone": ({"ContainerEntrypoint": ["python3", PROGRAM]}, "Completed", "[]"),
    "the entry point with arguments": (
        {"ContainerEntrypoint": ["python3", PROGRAM], "ContainerArguments": ["--a", "b c", ""]},
        "Completed",
        "['--a', 'b c', '']",
    ),
    "the image's entry point with arguments": ({"ContainerArguments": ["nonsense"]}, "Failed", "nonsense"),
    "the image's entry point alone": ({}, "Failed", "usage"),
}


@pytest.mark.parametrize("sentence", STARTS)
def test_what_runs_is(run, lines, sentence):
    members, status, said = STARTS[sentence]
    job = run(ARGUMENTS, AppSpecification={"ImageUri": IMAGE, **members})
    assert job["ProcessingJobStatus"] == status, (job, lines(job))
    assert any(said in line for line in lines(job)), lines(job)


def test_the_program_has_its_variables_the_region_and_its_roles_credentials(run, lines):
    program = """
        import os, urllib.request
        import json
        print(os.environ["MODE"], os.environ["AWS_REGION"])
        where = "http://169.254.170.2" + os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
        print(json.load(urllib.request.urlopen(where))["RoleArn"])
    """
    job = run(program, Environment={"MODE": "a=b c"})
    assert lines(job) == ["a=b c us-east-1", ROLE], job.get("FailureReason")


def test_an_isolated_program_reaches_nothing_but_its_inputs_and_outputs_work(s3, run, lines, fresh):
    program = """
        import os, socket
        assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in os.environ
        for place in (("169.254.170.2", 80), ("1.1.1.1", 53)):
            try:
                socket.create_connection(place, 2)
                print("reached", place)
            except OSError:
                pass
        data = open("/opt/ml/processing/input/data/x").read()
        open("/opt/ml/processing/output/out/y", "w").write(data.upper())
    """
    name = fresh("process")
    s3.put_object(Bucket=BUCKET, Key=f"{name}/in/x", Body=b"data")
    job = run(
        program,
        [s3_input("data", f"s3://{BUCKET}/{name}/in/")],
        [s3_output("out", f"s3://{BUCKET}/{name}/out")],
        NetworkConfig={"EnableNetworkIsolation": True},
    )
    assert (job["ProcessingJobStatus"], lines(job)) == ("Completed", []), job
    assert s3.get_object(Bucket=BUCKET, Key=f"{name}/out/y")["Body"].read() == b"DATA"
    assert job["NetworkConfig"] == {"EnableNetworkIsolation": True}


MESSAGES = {
    "of a program that did well": ("42 rows", "pass", "Completed", "42 rows", None),
    "of a program that failed": ("no rows", "sys.exit(3)", "Failed", "no rows", "AlgorithmError: Exit code: 3."),
    "of at most 1 KB, in whole characters": ("ß" * 600, "pass", "Completed", "ß" * 512, None),
}


@pytest.mark.parametrize("sentence", MESSAGES)
def test_a_job_shows_the_exit_message(run, sentence):
    message, end, status, shown, reason = MESSAGES[sentence]
    program = f"import sys\nopen('/opt/ml/output/message', 'w').write({message!r})\n{end}"
    job = run(program)
    assert (job["ProcessingJobStatus"], job.get("ExitMessage")) == (status, shown), job
    assert reason is None or job["FailureReason"].startswith(reason), job["FailureReason"]


HOSTILE = {
    "that is not UTF-8": ("open(path, 'wb').write(b'\\xff\\xfe')", "Failed"),
    "that is a link": ("os.symlink('/etc/passwd', path)", "Completed"),
    "whose folder is a link": ("os.rmdir('/opt/ml/output'); os.symlink('/etc', '/opt/ml/output')", "Completed"),
    "that is a pipe": ("os.mkfifo(path)", "Completed"),
    "that is a folder": ("os.mkdir(path)", "Completed"),
}


@pytest.mark.parametrize("sentence", HOSTILE)
def test_an_exit_message_shows_nothing_of_this_machine(run, sentence):
    statement, status = HOSTILE[sentence]
    job = run(f"import os\npath = '/opt/ml/output/message'\n{statement}")
    assert (job["ProcessingJobStatus"], job.get("ExitMessage")) == (status, None), job
    if status == "Failed":
        assert job["FailureReason"].startswith("ClientError: The exit message"), job["FailureReason"]


def test_a_program_that_takes_too_much_memory_fails_with_the_reason(run):
    job = run("x = bytearray(6 << 30)\nx[::4096] = b'x' * len(x[::4096])", ProcessingResources=cluster())
    assert job["ProcessingJobStatus"] == "Failed"
    assert "used more memory than ml.t3.medium has (4 GiB)" in job["FailureReason"], job["FailureReason"]


def test_a_job_says_in_its_log_what_instances_it_got(run, lines):
    job = run("print('program')", ProcessingResources=cluster(1, "ml.p2.xlarge"))
    assert job["ProcessingJobStatus"] == "Completed", job
    assert any("ml.p2.xlarge" in line and "GPU" in line for line in lines(job)), lines(job)
    assert "program" in lines(job)
