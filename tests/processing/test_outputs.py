"""Outputs: what of a program's files is in S3, when, and after which end."""

import json

import pytest
from botocore.exceptions import ClientError
from own_programs import objects_below
from processing_jobs import BUCKET, cluster, ended_processing, logs_of, s3_output
from server_process import wait_until


@pytest.fixture
def below(s3):
    """below(prefix): {key below: bytes}."""
    return lambda prefix: objects_below(s3, BUCKET, f"{prefix}/")


BOTH = """
    import os, signal, sys, time
    os.chdir("/opt/ml/processing/output")
    os.makedirs("end/deep"); open("end/deep/a", "w").write("at the end")
    open("all/b", "w").write("all the time")
    END
"""
ENDS = {
    "the end of a job that did well": ("pass", "Completed", {"end/deep/a": b"at the end", "all/b": b"all the time"}),
    "a failure": ("sys.exit(2)", "Failed", {"all/b": b"all the time"}),
}


@pytest.mark.parametrize("sentence", ENDS)
def test_outputs_are_in_s3_after(run, below, fresh, sentence):
    end, status, expected = ENDS[sentence]
    out = fresh("out")
    outputs = [
        s3_output("end", f"s3://{BUCKET}/{out}/end"),
        s3_output("all", f"s3://{BUCKET}/{out}/all/", mode="Continuous"),
        s3_output("empty", f"s3://{BUCKET}/{out}/empty/"),
    ]
    job = run(BOTH.replace("END", end), outputs=outputs)
    assert job["ProcessingJobStatus"] == status, job
    assert below(out) == expected


# What it has written goes to S3 while it runs; what it writes when it is told to end goes there too.
LASTING = """
    import os, signal, sys, time
    os.chdir("/opt/ml/processing/output")
    def told(*_):
        open("all/last", "w").write("last")
        open("/opt/ml/output/message", "w").write("was told")
        sys.exit(0)
    signal.signal(signal.SIGTERM, told)
    open("end/a", "w").write("a")
    open("all/first", "w").write("first")
    print("ready", flush=True)
    time.sleep(600)
"""


def test_continuous_outputs_come_while_the_program_runs_and_stay_when_it_is_stopped(sagemaker, begin, below, fresh):
    out = fresh("out")
    outputs = [
        s3_output("end", f"s3://{BUCKET}/{out}/end"),
        s3_output("all", f"s3://{BUCKET}/{out}/all", mode="Continuous"),
    ]
    name = begin(LASTING, outputs=outputs)
    wait_until(lambda: below(out), 60, "the first file is in S3")
    assert sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "InProgress"
    sagemaker.stop_processing_job(ProcessingJobName=name)
    job = ended_processing(sagemaker, name)
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Stopped", "was told"), job
    assert below(out) == {"all/first": b"first", "all/last": b"last"}


HOSTILE = """
    import os, socket
    os.chdir("/opt/ml/processing/output/out")
    open("good", "w").write("good")
    os.symlink("/etc/passwd", "link"); os.symlink("/etc", "folder"); os.symlink("good", "near"); os.mkfifo("pipe")
    open("locked", "w").write("locked"); os.chmod("locked", 0)
"""


@pytest.mark.parametrize("mode", ["EndOfJob", "Continuous"])
def test_only_files_are_uploaded_and_the_log_names_the_rest(run, lines, below, fresh, mode):
    out = fresh("out")
    job = run(HOSTILE, outputs=[s3_output("out", f"s3://{BUCKET}/{out}", mode=mode)])
    assert job["ProcessingJobStatus"] == "Completed", job
    assert below(out) == {"good": b"good", "locked": b"locked"}
    assert sorted(lines(job)) == [
        'Left out of the output "out": folder: it is a link.',
        'Left out of the output "out": link: it is a link.',
        'Left out of the output "out": near: it is a link.',
        'Left out of the output "out": pipe: it is neither file nor folder.',
    ]


@pytest.mark.parametrize("mode", ["EndOfJob", "Continuous"])
def test_a_folder_that_becomes_a_link_shows_nothing_of_this_machine(run, below, fresh, mode):
    program = """
        import os
        os.chdir("/opt/ml/processing/output")
        os.rmdir("out"); os.symlink("/etc", "out")
        os.rmdir("deep/er"); os.rmdir("deep"); os.symlink("/", "deep")
    """
    out = fresh("out")
    outputs = [
        s3_output("out", f"s3://{BUCKET}/{out}", mode=mode),
        s3_output("deep", f"s3://{BUCKET}/{out}", "/opt/ml/processing/output/deep/er", mode),
    ]
    job = run(program, outputs=outputs)
    assert job["ProcessingJobStatus"] == "Completed", job
    assert below(out) == {}


@pytest.mark.parametrize("mode", ["EndOfJob", "Continuous"])
def test_hosts_add_up_and_files_of_one_name_are_noted(server, run, below, fresh, mode):
    program = """
        import json
        me = json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"]
        for name in ("same", me):
            open(f"/opt/ml/processing/output/out/{name}", "w").write(me)
        open("/opt/ml/output/message", "w").write(f"{me}, ")
    """
    out = fresh("out")
    outputs = [s3_output("out", f"s3://{BUCKET}/{out}", mode=mode)]
    job = run(program, outputs=outputs, ProcessingResources=cluster(3))
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "algo-1, algo-2, algo-3, "), job
    found = below(out)
    same = found.pop("same").decode()
    assert found == {host: host.encode() for host in ("algo-1", "algo-2", "algo-3")}
    assert same == "algo-3" or mode == "Continuous"
    notes = logs_of(server.client("logs"), job["ProcessingJobName"])
    taken = {"EndOfJob": "that of algo-2", "Continuous": "what was uploaded last"}[mode]
    assert f'The output "out" has same of algo-1 and of algo-2: {taken} is taken.' in notes["algo-2"]


def test_an_output_is_encrypted_with_the_key_that_is_named(server, s3, run, fresh):
    key = server.client("kms").create_key()["KeyMetadata"]["Arn"]
    out = fresh("out")
    job = run(
        "open('/opt/ml/processing/output/out/a', 'w').write('a')",
        ProcessingOutputConfig={"Outputs": [s3_output("out", f"s3://{BUCKET}/{out}")], "KmsKeyId": key},
    )
    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ProcessingOutputConfig"]["KmsKeyId"] == key
    found = s3.get_object(Bucket=BUCKET, Key=f"{out}/a")
    assert (found["SSEKMSKeyId"], found["Body"].read()) == (key, b"a")


@pytest.mark.parametrize("mode", ["EndOfJob", "Continuous"])
def test_a_role_that_may_not_write_fails_the_job_with_its_message(server, run, fresh, mode):
    iam, role = server.client("iam"), fresh("Processor")
    trusted = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    program = """
        open("/opt/ml/processing/output/out/a", "w").write("a")
        open("/opt/ml/output/message", "w").write("wrote a")
    """
    job = run(program, outputs=[s3_output("out", f"s3://{BUCKET}/forbidden", mode=mode)], RoleArn=arn)
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Failed", "wrote a"), job
    assert job["FailureReason"].startswith(
        f'ClientError: Output "out" upload failed: s3://{BUCKET}/forbidden/a cannot be written by the role {arn}'
    )


REFUSED = {
    "a path outside of the volume": ([s3_output("a", "s3://x/y", "/opt/ml/model")], "/opt/ml/processing/"),
    "one name twice": ([s3_output("a", "s3://xyz/y"), s3_output("a", "s3://xyz/z")], 'the name "a" more than once'),
    "a place that is not in S3": ([s3_output("a", "https://x/y")], "s3://bucket/prefix"),
    "a target that is not built": (
        [{"OutputName": "a", "FeatureStoreOutput": {"FeatureGroupName": "x"}}],
        "FeatureStoreOutput",
    ),
    "more outputs than there may be": ([s3_output(f"a{number}", "s3://xyz/y") for number in range(11)], "outputs"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_for(begin, sentence):
    outputs, named = REFUSED[sentence]
    with pytest.raises(ClientError) as refused:
        begin("pass", outputs=outputs)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert named in refused.value.response["Error"]["Message"]
