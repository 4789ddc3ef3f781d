"""Programs that go wrong in every way a program can: the job says what happened, and everything else goes on."""

import io
import json
import re
import tarfile
from pathlib import Path

import pytest
from server_process import ACCOUNT, running_server, wait_until
from xgboost_jobs import IMAGE, channel, ended_job, log_lines, training_request

GROUP = "/aws/sagemaker/TrainingJobs"
# Longest time after SIGTERM in these tests: AWS gives training jobs 120 s.
GRACE_SECONDS = 2
SMALL = {"InstanceType": "ml.t3.medium", "InstanceCount": 1, "VolumeSizeInGB": 1}
PROCESSES = 4096
# As many as are unpacked again where a model serves.
MOST_ENTRIES = 200_000


@pytest.fixture(scope="module")
def programs():
    """A server with slots for jobs side by side, on which a program that ignores SIGTERM does not go on for long."""
    with running_server("programs", "--longest-grace-seconds", str(GRACE_SECONDS), "--cpus", "16") as server:
        server.client("s3").put_object(Bucket="programs", Key="train/rows.csv", Body=b"0,1\n1,2\n0,1.1\n1,2.1\n")
        yield server


@pytest.fixture
def begin(programs, fresh):
    """begin(interpreter, program, **changes): the name of a job that runs the program in the image of XGBoost."""

    def start(interpreter, program, **changes):
        name = fresh("program")
        programs.client("s3").put_object(Bucket="programs", Key=f"code/{name}/program", Body=program.encode())
        code = channel("programs", f"code/{name}/", name="code")
        request = training_request(name, "programs", {}, [code], **{"ResourceConfig": SMALL, **changes})
        request["AlgorithmSpecification"] = {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": [interpreter],
            "ContainerArguments": ["/opt/ml/input/data/code/program"],
        }
        programs.client("sagemaker").create_training_job(**request)
        return name

    return start


@pytest.fixture
def run(programs, begin, fresh):
    """run(…) as begin: the description of the job once it is over, after a normal job beside it has completed."""

    def run_beside(interpreter, program, **changes):
        sagemaker = programs.client("sagemaker")
        name, normal = begin(interpreter, program, **changes), fresh("normal")
        wait_until(lambda: has_entered(sagemaker, name, "Training"), 60, f"{name} trains")
        sagemaker.create_training_job(**training_request(normal, "programs", {"num_round": 2}))
        beside = ended_job(sagemaker, normal)
        assert beside["TrainingJobStatus"] == "Completed", beside.get("FailureReason")
        job = ended_job(sagemaker, name)
        assert programs.client("sts").get_caller_identity()["Account"] == ACCOUNT
        return job

    return run_beside


def has_entered(sagemaker, name, status):
    job = sagemaker.describe_training_job(TrainingJobName=name)
    return status in [entry["Status"] for entry in job["SecondaryStatusTransitions"]]


def outcome(job):
    return job["TrainingJobStatus"], job["SecondaryStatus"]


def lines_of(programs, job):
    return log_lines(programs.client("logs"), GROUP, f"{job['TrainingJobName']}/")


def archive_of(programs, job):
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://programs/")
    body = programs.client("s3").get_object(Bucket="programs", Key=key)["Body"].read()
    return tarfile.open(fileobj=io.BytesIO(body))


FAILURES = {
    "exits with 1": (
        "/bin/sh",
        "echo trying; exit 1",
        r"AlgorithmError: Exit code: 1\. The job's log \(group /aws/sagemaker/TrainingJobs, stream \S+/algo-1-\d+\)"
        r" shows what it printed\.",
    ),
    "is killed by a signal": (
        "python3",
        "import os; os.kill(os.getpid(), 11)",
        r"AlgorithmError: Exit code: 139\. The program was ended by SIGSEGV\. The job's log .*",
    ),
    "writes a failure file": (
        "/bin/sh",
        "mkdir -p /opt/ml/output; echo 'the label of row 7 is blue' >/opt/ml/output/failure; exit 3",
        r"AlgorithmError: the label of row 7 is blue",
    ),
    "writes a failure file longer than a reason": (
        "python3",
        "import os; os.makedirs('/opt/ml/output', exist_ok=True)\n"
        "open('/opt/ml/output/failure', 'w').write('ClientError: ' + 'x' * 5000); exit(1)",
        r"ClientError: x{1011}",
    ),
    "makes the failure file a link to a file of the machine": (
        "/bin/sh",
        "mkdir -p /opt/ml/output; ln -s /etc/passwd /opt/ml/output/failure; exit 4",
        r"AlgorithmError: Exit code: 4\. The job's log .*",
    ),
    "cannot be started": ("/no/such/program", "", r"AlgorithmError: Exit code: 127\. .*"),
    "fills its memory": (
        "python3",
        "kept = []\nwhile True: kept.append(b'x' * 2**26)",
        r"AlgorithmError: The program used more memory than ml\.t3\.medium has \(4 GiB\) and was ended, exit code:"
        r" 137\. Use a larger instance type or keep less data in memory at once\.",
    ),
    "fills its disk": (
        "/bin/sh",
        "mkdir -p /opt/ml/model; head -c 1300000000 /dev/zero >/opt/ml/model/big; sleep 600",
        r"ClientError: The program filled its disk and was ended, exit code: 137\. VolumeSizeInGB is 1; .*",
    ),
    "fills its disk with a file that has no name any more": (
        "python3",
        "import os, time\nfile = open('/tmp/big', 'wb'); os.unlink('/tmp/big')\n"
        "for _ in range(20): file.write(b'x' * 2**26); file.flush()\ntime.sleep(600)",
        r"ClientError: The program filled its disk and was ended, exit code: 137\. VolumeSizeInGB is 1; .*",
    ),
    "starts too many processes": (
        "/bin/sh",
        "while :; do sleep 600 & done",
        rf"AlgorithmError: The program started more processes and threads than one container may have \({PROCESSES}\)"
        r", exit code: \d+\. .*",
    ),
}


@pytest.mark.parametrize("sentence", FAILURES)
def test_a_program_fails_with_a_reason_when_it(run, sentence):
    interpreter, program, reason = FAILURES[sentence]
    job = run(interpreter, program)
    assert outcome(job) == ("Failed", "Failed")
    assert re.fullmatch(reason, job["FailureReason"]), job["FailureReason"]


BOMB = "b() { b & b & sleep 600; }\nb"
ENDLESS = {
    "sleeps for ever": ("/bin/sh", "sleep 600", ""),
    "ignores SIGTERM": (
        "/bin/sh",
        "trap '' TERM; while :; do sleep 1; done",
        r"\. It did not end in the time given after SIGTERM and was killed\.",
    ),
    # Thousands of processes may take longer to go than the grace.
    "is a fork bomb": ("/bin/sh", BOMB, r"(\. It did not .*)?"),
}


@pytest.mark.parametrize("sentence", ENDLESS)
def test_the_time_limit_stops_a_program_that(run, sentence):
    interpreter, program, added = ENDLESS[sentence]
    job = run(interpreter, program, StoppingCondition={"MaxRuntimeInSeconds": 4})
    assert outcome(job) == ("Stopped", "MaxRuntimeExceeded")
    said = job["SecondaryStatusTransitions"][-1]["StatusMessage"]
    assert re.fullmatch("Training job runtime exceeded MaxRuntimeInSeconds provided" + added, said), said


@pytest.mark.long
def test_a_flood_of_lines_loses_its_middle_and_the_log_says_so(programs, run):
    job = run("/bin/sh", "echo begin; yes flood | head -c 3000000000; echo; echo end | tee /opt/ml/model/end")
    assert outcome(job) == ("Completed", "Completed")
    assert archive_of(programs, job).getnames() == ["end"]
    logs = programs.client("logs")
    stream = {"logGroupName": GROUP, "logStreamName": log_stream(logs, job)}
    first = [event["message"] for event in logs.get_log_events(**stream, startFromHead=True, limit=2)["events"]]
    last = [event["message"] for event in logs.get_log_events(**stream, limit=10_000)["events"]]
    notes = [line for line in last if not line.startswith("flood")]
    assert first == ["begin", "flood"]
    assert re.fullmatch(
        r"\[sagebrush\] \d+ bytes of output are left out here: they came faster than a log can keep\.\n"
        r"([flod]+\n)?"  # where the limit cut a line
        r"\[sagebrush\] The log reached its limit of \d+ bytes; what followed was dropped\.",
        "\n".join(notes),
    ), notes


def log_stream(logs, job):
    prefix = f"{job['TrainingJobName']}/"
    return logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=prefix)["logStreams"][0]["logStreamName"]


STRANGE = """
import os, socket
os.makedirs("/opt/ml/model/sub", exist_ok=True); os.chdir("/opt/ml/model")
open("model.bin", "w").write("weights")
os.link("model.bin", "sub/hard")
os.symlink("model.bin", "inside"); os.symlink("/etc/passwd", "outside"); os.symlink("../../../etc", "sub/up")
os.mkfifo("fifo"); socket.socket(socket.AF_UNIX).bind("socket")
open("locked", "w").write("closed"); os.chmod("locked", 0)
try:
    os.mknod("device", 0o20666, os.makedev(1, 3))
except OSError as refused:
    print("no device:", refused.strerror)
os.mkdir("empty")
"""


def test_a_model_leaves_out_what_is_no_file_and_the_log_names_it(programs, run):
    job = run("python3", STRANGE)
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    archive = archive_of(programs, job)
    assert sorted(archive.getnames()) == ["empty", "inside", "locked", "model.bin", "sub", "sub/hard"]
    assert archive.extractfile("inside").read() == b"weights"
    lines = lines_of(programs, job)
    assert "no device: Operation not permitted" in lines
    assert sorted(line for line in lines if line.startswith("Left out")) == [
        "Left out of model.tar.gz: fifo: neither file, folder nor link.",
        "Left out of model.tar.gz: outside: a link out of /opt/ml/model, to /etc/passwd.",
        "Left out of model.tar.gz: socket: neither file, folder nor link.",
        "Left out of model.tar.gz: sub/up: a link out of /opt/ml/model, to ../../../etc.",
    ]


UNTAKEN = {
    "a file of holes larger than the volume": (
        "python3",
        "open('/opt/ml/model/holes', 'w').truncate(2**40)",
        r"ClientError: Artifact upload failed: .*holes.* VolumeSizeInGB is 1.*",
    ),
    "folders nested deeper than a path can be": (
        "python3",
        "import os\nos.chdir('/opt/ml/model')\nfor _ in range(60): os.mkdir('d' * 200); os.chdir('d' * 200)",
        r"ClientError: Artifact upload failed: .*too long.*",
    ),
    "more files than an archive of a model may have": (
        "python3",
        f"import os\nfor number in range({MOST_ENTRIES} + 1):\n"
        "    os.close(os.open(f'/opt/ml/model/{number}', os.O_CREAT | os.O_WRONLY))",
        rf"ClientError: Artifact upload failed: .*more than {MOST_ENTRIES} files and folders.*",
    ),
}


@pytest.mark.parametrize("sentence", UNTAKEN)
def test_a_model_that_cannot_be_packed_fails_the_job(run, sentence):
    interpreter, program, reason = UNTAKEN[sentence]
    job = run(interpreter, program)
    assert outcome(job) == ("Failed", "Failed")
    assert re.fullmatch(reason, job["FailureReason"]), job["FailureReason"]


UNUSUAL = """
import os
os.chdir("/opt/ml/model")
for name, time in ("before 1970", -5), ("after 2106", 2**33), ("last", 0):
    open(name, "w").write(name)
    os.utime(name, (time, time))
open("two\\nlines", "w").write("a")
open("n" * 255, "w").write("b")
open(b"caf\\xe9", "w").write("c")
os.mkdir(b"th\\xe9"); open(b"th\\xe9/inside", "w").write("d")
os.symlink(b"caf\\xe9", "to coffee")
open("holes", "w").truncate(900_000_000)
for _ in range(1900): os.mkdir("d"); os.chdir("d")
"""


@pytest.mark.long
def test_a_model_of_unusual_files_is_whole_but_for_what_an_archive_cannot_name(programs, run):
    job = run("python3", UNUSUAL)
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    archive = archive_of(programs, job)
    files = {entry.name: entry for entry in archive if entry.isfile()}
    assert sorted(files) == ["after 2106", "before 1970", "holes", "last", "n" * 255, "two\nlines"]
    assert archive.extractfile("last").read() == b"last"
    assert files["holes"].size == 900_000_000
    assert sum(entry.isdir() for entry in archive) == 1900
    assert sorted(line for line in lines_of(programs, job) if line.startswith("Left out")) == [
        "Left out of model.tar.gz: caf\ufffd: its name is not UTF-8.",
        "Left out of model.tar.gz: th\ufffd: its name is not UTF-8.",
        "Left out of model.tar.gz: to coffee: a link to caf\ufffd, which is not UTF-8.",
    ]


WHO = (Path(__file__).parent / "caller_identity.py").read_text()


def test_a_job_has_the_credentials_of_its_role_and_no_others(programs, begin, fresh):
    iam, sagemaker, role = programs.client("iam"), programs.client("sagemaker"), fresh("Trainer")
    trusted = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    job = ended_job(sagemaker, begin("python3", WHO, RoleArn=arn))
    lines = lines_of(programs, job)
    assert outcome(job) == ("Completed", "Completed"), lines
    assert f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/{role}/SageMaker</Arn>" in "".join(lines)
    assert lines[-1] == "with another token: 404"


def test_a_job_without_network_has_no_credentials(programs, begin):
    name = begin("python3", WHO, EnableNetworkIsolation=True)
    job = ended_job(programs.client("sagemaker"), name)
    lines = lines_of(programs, job)
    assert outcome(job) == ("Failed", "Failed")
    assert lines[0] == "credentials at no path"
    assert lines[-1].startswith("urllib.error.URLError"), lines
