"""Channels of file systems: folders of this machine that the settings name, read-only or not, no way out."""

import textwrap

import pytest
from botocore.exceptions import ClientError
from networks import default_network
from own_programs import outcome, printed, program_request
from server_process import running_server
from xgboost_jobs import ended_job

BUCKET = "shares"


@pytest.fixture(scope="module")
def share(tmp_path_factory):
    """A folder with data, links inside it and out of it, and a neighbour that nobody named."""
    folder = tmp_path_factory.mktemp("machine") / "share"
    (folder / "data/deep").mkdir(parents=True)
    (folder / "data/deep/rows.csv").write_text("1,2\n")
    (folder / "scratch").mkdir()
    (folder / "scratch").chmod(0o777)
    (folder / "closed").mkdir(mode=0o700)
    (folder.parent / "secret").mkdir()
    (folder.parent / "secret/key").write_text("secret")
    (folder.parent / "share2").mkdir()
    (folder / "data").chmod(0o555)
    links = {"inside": "data/deep", "out": "../secret", "near": folder.parent / "share2", "ring": "ring"}
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return folder


@pytest.fixture(scope="module")
def server(share, tmp_path_factory):
    settings = tmp_path_factory.mktemp("settings") / "sagebrush.yaml"
    settings.write_text(f"fileSystems:\n  fs-0123abcd: {share}\n  fs-00000000: {share}/gone\n")
    with running_server(BUCKET, "--cpus", "16", "--config", str(settings)) as process:
        yield process


def a_channel(path, mode="ro", system="fs-0123abcd", kind="EFS", name="share", **more):
    source = {
        "FileSystemId": system,
        "FileSystemAccessMode": mode,
        "FileSystemType": kind,
        "DirectoryPath": path,
    }
    return {"ChannelName": name, "DataSource": {"FileSystemDataSource": source}, **more}


@pytest.fixture
def run(server, fresh):
    """run(program, *channels): the job once it is over, and what it has printed."""

    def run_with(program, *channels, **changes):
        name = fresh("share")
        changes = {"VpcConfig": default_network(server), "channels": list(channels), **changes}
        request = program_request(server.client("s3"), BUCKET, name, textwrap.dedent(program), **changes)
        server.client("sagemaker").create_training_job(**request)
        return ended_job(server.client("sagemaker"), name), printed(server, name)

    return run_with


LOOK = """
    import os
    os.chdir("/opt/ml/input/data/share")
    print(sorted(os.listdir(".")))
    try:
        open("new", "w").write("new")
        print("written")
    except OSError as refused:
        print(refused.strerror)
    for link in ("out/key", "near"):
        print(os.path.exists(link))
"""
ALL = "['closed', 'data', 'inside', 'near', 'out', 'ring', 'scratch']"
SEEN = {
    "the whole file system": (a_channel("/"), [ALL, "Read-only file system", "False", "False"]),
    "a directory of it": (a_channel("/data/deep/"), ["['rows.csv']", "Read-only file system", "False", "False"]),
    "one that a link inside leads to": (
        a_channel("/inside"),
        ["['rows.csv']", "Read-only file system", "False", "False"],
    ),
    "one of Lustre": (
        a_channel("/fsx/data", kind="FSxLustre"),
        ["['deep']", "Read-only file system", "False", "False"],
    ),
    "one to write to": (a_channel("/scratch", mode="rw"), ["[]", "written", "False", "False"]),
}


@pytest.mark.parametrize("sentence", SEEN)
def test_a_channel_shows(run, sentence):
    channel, lines = SEEN[sentence]
    job, lines_printed = run(LOOK, channel)
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    assert lines_printed == lines


def test_what_was_written_stays_there_and_owners_are_left_alone(run, share):
    before = {path: path.stat().st_uid for path in share.rglob("*") if path.exists()}
    program = 'open("/opt/ml/input/data/share/result", "w").write("kept")'
    job, _ = run(program, a_channel("/scratch", mode="rw"), a_channel("/data", name="other"))
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    assert (share / "scratch/result").read_text() == "kept"
    assert {path: path.stat().st_uid for path in before} == before


FAILED = {
    "a directory that is not there": (a_channel("/nothing"), "/nothing of the file system fs-0123abcd is not there"),
    "a link that leaves the folder": (a_channel("/out"), "is a link that leaves it"),
    "a link to a folder whose name begins alike": (a_channel("/near"), "is a link that leaves it"),
    "a ring of links": (a_channel("/ring"), "is a ring of links"),
    "a file": (a_channel("/data/deep/rows.csv"), "is a file, expected a directory"),
    "a configured folder that is not there": (a_channel("/", system="fs-00000000"), "setting fileSystems"),
    "one the container may not write to": (a_channel("/data", mode="rw"), "cannot be written by the container"),
}


@pytest.mark.parametrize("sentence", FAILED)
def test_a_job_fails_naming(run, share, sentence):
    channel, reason = FAILED[sentence]
    job, _ = run("pass", channel)
    assert outcome(job) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("ClientError: ") and reason in job["FailureReason"], job["FailureReason"]
    assert str(share) not in job["FailureReason"], "users of jobs are not told of this machine's folders"


REFUSED = {
    "an id nobody named": ([a_channel("/", system="fs-99999999")], {}, "fileSystems: { fs-99999999: /srv/share }"),
    "steps up": ([a_channel("/data/../../secret")], {}, "DirectoryPath"),
    "a relative path": ([a_channel("data")], {}, "must begin with /"),
    "a Lustre path elsewhere": ([a_channel("/data", kind="FSxLustre")], {}, "must begin with /fsx"),
    "a pipe": ([a_channel("/", InputMode="Pipe")], {}, "needs the input mode File"),
    "no network": ([a_channel("/")], {"VpcConfig": None}, "needs VpcConfig"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_at_once(server, fresh, sentence):
    channels, changes, named = REFUSED[sentence]
    changes = {key: value for key, value in {"VpcConfig": default_network(server), **changes}.items() if value}
    request = program_request(server.client("s3"), BUCKET, fresh("share"), "pass", channels=channels, **changes)
    with pytest.raises(ClientError) as refused:
        server.client("sagemaker").create_training_job(**request)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert named in refused.value.response["Error"]["Message"]
