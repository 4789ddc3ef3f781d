"""Checkpoints: from S3 to the container before its program starts, and to S3 while it runs and when it has ended."""

import json
import textwrap

import pytest
from botocore.exceptions import ClientError
from long_cases import cases
from own_programs import instances, objects_below, outcome, printed, program_request
from server_process import running_server, wait_until
from xgboost_jobs import ended_job

BUCKET = "checkpoints"


@pytest.fixture(scope="module")
def server():
    with running_server(BUCKET, "--cpus", "16", "--longest-grace-seconds", "20") as process:
        yield process


@pytest.fixture
def begin(server, fresh):
    """begin(program, path, **changes): the name of a job whose checkpoints are at the path and at s3://…/its name/."""

    def start(program, path=None, **changes):
        name = changes.pop("name", None) or fresh("ckpt")
        config = {"S3Uri": f"s3://{BUCKET}/{name}", **({"LocalPath": path} if path else {})}
        program = textwrap.dedent(program).replace("PATH", repr(path or "/opt/ml/checkpoints"))
        changes = {"CheckpointConfig": config, **changes}
        server.client("sagemaker").create_training_job(
            **program_request(server.client("s3"), BUCKET, name, program, **changes)
        )
        return name

    return start


def checkpoints_of(server, name):
    return objects_below(server.client("s3"), BUCKET, f"{name}/")


def ended(server, name):
    return ended_job(server.client("sagemaker"), name)


# It finds what an earlier job left, writes more, and one thing more when it is told to end.
BOTH_WAYS = """
    import json, os, signal, sys, time
    os.chdir(PATH)
    config = json.load(open("/opt/ml/input/config/checkpointconfig.json"))
    assert os.path.samefile(config["LocalPath"], ".") and config["S3Uri"].startswith("s3://"), config
    assert open("before/epoch 1").read() == "kept in S3", os.listdir(".")
    assert open("größe").read() == "named in any script"
    os.makedirs("deep/er")
    open("deep/er/epoch 2", "w").write("while it runs")
    os.remove("größe")
    def told(*_):
        open("last", "w").write("when it was told to end")
        sys.exit(0)
    signal.signal(signal.SIGTERM, told)
    print("ready", flush=True)
    time.sleep(600)
"""
PATHS = cases(
    None,
    "/opt/ml/checkpoints/",
    "/opt/ml/of/my own",
    "/tmp/ckpt",
    "/root/ckpt",
    long=["/home/x/deep", "/var/lib/model", "/top-level", "/srv/x"],
)


@pytest.mark.parametrize("path", PATHS)
def test_checkpoints_go_both_ways_wherever_they_are(server, begin, fresh, path):
    s3, name = server.client("s3"), fresh("ckpt")
    before = {"before/epoch 1": b"kept in S3", "größe": b"named in any script"}
    for key, body in before.items():
        s3.put_object(Bucket=BUCKET, Key=f"{name}/{key}", Body=body)
    s3.put_object(Bucket=BUCKET, Key=f"{name}/folder/", Body=b"")
    begin(BOTH_WAYS, path, name=name)
    meanwhile = {**before, "folder/": b"", "deep/er/epoch 2": b"while it runs"}
    found = lambda: checkpoints_of(server, name) == meanwhile  # noqa: E731
    over = lambda: server.client("sagemaker").describe_training_job(TrainingJobName=name)["TrainingJobStatus"]  # noqa: E731
    wait_until(lambda: found() or over() != "InProgress", 60, "what was written is in S3 while the program runs")
    assert over() == "InProgress", ended(server, name)
    server.client("sagemaker").stop_training_job(TrainingJobName=name)
    job = ended(server, name)
    assert outcome(job) == ("Stopped", "Stopped"), job.get("FailureReason")
    # What the program has removed stays in S3.
    assert checkpoints_of(server, name) == {**meanwhile, "last": b"when it was told to end"}
    assert job["CheckpointConfig"]["LocalPath"] == (path or "/opt/ml/checkpoints")


def test_restored_checkpoints_are_not_sent_back(server, begin, fresh):
    s3, name = server.client("s3"), fresh("ckpt")
    s3.put_object(Bucket=BUCKET, Key=f"{name}/same", Body=b"same")
    before = s3.head_object(Bucket=BUCKET, Key=f"{name}/same")["LastModified"]
    begin('open(PATH + "/more", "w").write("more")', name=name)
    assert outcome(ended(server, name)) == ("Completed", "Completed")
    assert checkpoints_of(server, name) == {"same": b"same", "more": b"more"}
    assert s3.head_object(Bucket=BUCKET, Key=f"{name}/same")["LastModified"] == before


# A file that is written in place all the time: whatever S3 has is one of its versions, or what was whole before.
RESTLESS = """
    import os, signal, sys, time
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    path = PATH + "/weights"
    version = 0
    print("ready", flush=True)
    while not told:
        with open(path, "r+b" if version else "w+b") as file:
            for part in range(64):
                file.write(bytes([version % 251]) * 65536)
                time.sleep(0.002)
        version += 1
        if version % 4 == 0:
            time.sleep(2.5)
    with open(path, "r+b") as file:
        file.write(b"z" * 4194304)
"""


@pytest.mark.long
def test_no_half_written_file_is_ever_in_s3(server, begin):
    name = begin(RESTLESS)
    seen = set()

    def seen_two():
        weights = checkpoints_of(server, name).get("weights")
        if weights is not None:
            assert len(weights) == 64 * 65536 and len(set(weights)) == 1
            seen.add(weights[0])
        return len(seen) > 1

    wait_until(seen_two, 90, "two versions were in S3")
    server.client("sagemaker").stop_training_job(TrainingJobName=name)
    assert outcome(ended(server, name)) == ("Stopped", "Stopped")
    assert checkpoints_of(server, name) == {"weights": b"z" * 64 * 65536}


STEPS_AFTER_A_LARGE_FILE = """
    import os, time
    os.chdir(PATH)
    with open("large", "wb") as file:
        for _ in range(900):
            file.write(os.urandom(2**20))
    for step in range(1000):
        open(f"step-{step}", "w").write("small")
        time.sleep(0.5)
"""


@pytest.mark.long
def test_what_follows_a_large_checkpoint_does_not_wait_ten_times_as_long(server, begin):
    name = begin(STEPS_AFTER_A_LARGE_FILE)
    keys = lambda: [  # noqa: E731
        found["Key"]
        for found in server.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{name}/").get("Contents", [])
    ]
    wait_until(lambda: f"{name}/large" in keys(), 90, "the large file is in S3")
    wait_until(lambda: f"{name}/step-8" in keys(), 12, "what was written after it is there too")
    server.client("sagemaker").stop_training_job(TrainingJobName=name)
    assert outcome(ended(server, name)) == ("Stopped", "Stopped")


HOSTILE = """
    import os, socket
    os.chdir(PATH)
    open("good", "w").write("good")
    os.symlink("/etc/passwd", "link"); os.symlink("/etc", "folder"); os.mkfifo("pipe")
    socket.socket(socket.AF_UNIX).bind("socket")
    os.mkdir("d"); open("d/inside", "w").write("inside")
    open("locked", "w").write("locked"); os.chmod("locked", 0)
"""


@pytest.mark.parametrize("path", [None, "/tmp/ckpt"])
def test_only_files_are_checkpoints_and_the_log_names_the_rest(server, begin, path):
    name = begin(HOSTILE, path)
    assert outcome(ended(server, name)) == ("Completed", "Completed")
    assert checkpoints_of(server, name) == {"good": b"good", "d/inside": b"inside", "locked": b"locked"}
    lines = [line for line in printed(server, name) if line.startswith("Left out")]
    assert sorted(lines) == [
        "Left out of the checkpoints: folder: it is a link.",
        "Left out of the checkpoints: link: it is a link.",
        "Left out of the checkpoints: pipe: it is neither file nor folder.",
        "Left out of the checkpoints: socket: it is neither file nor folder.",
    ]


def test_a_file_of_holes_larger_than_the_volume_fails_the_job(server, begin):
    name = begin("import time\nopen(PATH + '/holes', 'w').truncate(2**40)\ntime.sleep(600)")
    job = ended(server, name)
    assert outcome(job) == ("Failed", "Failed")
    reason = 'ClientError: Checkpoint upload failed: with "holes" the files have more than 1073741824 bytes.'
    assert job["FailureReason"] == reason


def test_a_checkpoint_folder_that_becomes_a_link_shows_nothing_of_this_machine(server, begin):
    name = begin('import os\nos.rmdir(PATH)\nos.symlink("/etc", PATH)')
    assert outcome(ended(server, name)) == ("Completed", "Completed")
    assert checkpoints_of(server, name) == {}


def test_objects_that_cannot_lie_beside_one_another_fail_the_job(server, begin, fresh):
    s3, name = server.client("s3"), fresh("ckpt")
    for key in ("epoch", "epoch/weights"):
        s3.put_object(Bucket=BUCKET, Key=f"{name}/{key}", Body=b"x")
    begin("pass", name=name)
    job = ended(server, name)
    assert outcome(job) == ("Failed", "Failed")
    reason = f"ClientError: Checkpoint download failed: The object s3://{BUCKET}/{name}/epoch"
    assert job["FailureReason"].startswith(reason), job["FailureReason"]
    assert "cannot be a file beside the others" in job["FailureReason"]


def test_hosts_have_the_same_checkpoints_and_each_adds_its_own(server, begin, fresh):
    s3, name = server.client("s3"), fresh("ckpt")
    s3.put_object(Bucket=BUCKET, Key=f"{name}/start", Body=b"7")
    program = """
        import os
        os.chdir(PATH)
        start = open("start").read()
        open(os.environ["CURRENT_HOST"], "w").write(start)
    """
    begin(program, "/tmp/c", name=name, ResourceConfig=instances(2))
    assert outcome(ended(server, name)) == ("Completed", "Completed")
    assert checkpoints_of(server, name) == {"start": b"7", "algo-1": b"7", "algo-2": b"7"}


def a_role(server, fresh, *actions):
    """A role for jobs that may do this in S3, and everything with the rest of the bucket's objects."""
    iam, role = server.client("iam"), fresh("Trainer")
    trusted = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    denied = {"Effect": "Deny", "Action": list(actions), "Resource": f"arn:aws:s3:::{BUCKET}/forbidden*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=role, PolicyName="less", PolicyDocument=policy)
    return arn


@pytest.mark.parametrize(
    ("action", "direction"), [("s3:GetObject", "download failed"), ("s3:PutObject", "upload failed")]
)
def test_a_role_that_may_not_fails_the_job_naming_the_object(server, begin, fresh, action, direction):
    server.client("s3").put_object(Bucket=BUCKET, Key="forbidden/a", Body=b"a")
    role = a_role(server, fresh, action)
    program = "import time\nopen(PATH + '/b', 'w').write('b')\ntime.sleep(600)"
    name = begin(program, RoleArn=role, CheckpointConfig={"S3Uri": f"s3://{BUCKET}/forbidden"})
    job = ended(server, name)
    assert outcome(job) == ("Failed", "Failed")
    assert job["FailureReason"].startswith(f"ClientError: Checkpoint {direction}: s3://{BUCKET}/forbidden/")
    assert role in job["FailureReason"]


REFUSED = {
    "a place that is not in S3": ({"S3Uri": "https://x/y"}, "CheckpointConfig.S3Uri"),
    "a path that is not absolute": ({"LocalPath": "ckpt"}, "must be an absolute path"),
    "a path with steps up": ({"LocalPath": "/opt/ml/../../etc"}, '".."'),
    "a path that hides the inputs": ({"LocalPath": "/opt/ml/input/data/train"}, "/opt/ml/input"),
    "the platform's own folder": ({"LocalPath": "/opt/ml/"}, "folder of its own"),
    "the root": ({"LocalPath": "//"}, "folder of its own"),
    "processes": ({"LocalPath": "/proc/1"}, "/proc"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_at_once(server, begin, sentence):
    changes, named = REFUSED[sentence]
    with pytest.raises(ClientError) as refused:
        begin("pass", CheckpointConfig={"S3Uri": f"s3://{BUCKET}/x", **changes})
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert named in refused.value.response["Error"]["Message"]
