"""Training on several hosts: they find each other by name, end together, and leave one archive."""

import textwrap

import pytest
from botocore.exceptions import ClientError
from own_programs import GROUP, files_of, instances, one_host_fails, outcome, program_request, statuses
from server_process import running_server, wait_until
from xgboost_jobs import ended_job, lines_by_host


@pytest.fixture(scope="module")
def server():
    """A server with few CPUs, so that hosts are more than there is room for, and a short grace."""
    with running_server("hosts", "--cpus", "2", "--longest-grace-seconds", "20") as process:
        yield process


@pytest.fixture
def begin(server, fresh):
    """begin(program, count, **changes): the name of a job of so many hosts."""

    def start(program, count=2, **changes):
        name = fresh("hosts")
        changes = {"ResourceConfig": instances(count), **changes}
        request = program_request(server.client("s3"), "hosts", name, textwrap.dedent(program), **changes)
        server.client("sagemaker").create_training_job(**request)
        return name

    return start


@pytest.fixture
def run(server, begin):
    """run(…) as begin: the job once it is over, and the lines of each host's log."""

    def run_whole(program, count=2, **changes):
        name = begin(program, count, **changes)
        return ended_job(server.client("sagemaker"), name), logs_of(server, name)

    return run_whole


def logs_of(server, name):
    """{host: lines}."""
    return lines_by_host(server.client("logs"), GROUP, name)


# Both bind port 9000 of their own eth0, and each asks the next by name; the peer may be there later.
TALK = """
    import fcntl, os, socket, struct, threading, time
    me, hosts = os.environ["CURRENT_HOST"], [f"algo-{number}" for number in range(1, COUNT + 1)]
    asked = fcntl.ioctl(socket.socket(), 0x8915, struct.pack("256s", b"eth0"))  # SIOCGIFADDR
    address = socket.inet_ntoa(asked[20:24])
    assert socket.gethostname() == me and address == socket.gethostbyname(me)
    server = socket.create_server((address, 9000))
    def answer():
        for _ in hosts:
            peer, _ = server.accept()
            peer.sendall(f"{me} heard {peer.recv(100).decode()}".encode())
            peer.close()
    answering = threading.Thread(target=answer)
    answering.start()
    def ask(host):
        for _ in range(600):
            try:
                peer = socket.create_connection((host, 9000), 5)
                break
            except OSError:
                time.sleep(0.05)
        peer.sendall(me.encode())
        return peer.recv(100).decode()
    for host in hosts:
        print(ask(host))
    answering.join()
    print(f"[{me[5:]}]#011validation-rmse:{me[5:]}.5", flush=True)
    open(f"/opt/ml/model/{me}", "w").write(me)
    open("/opt/ml/model/same", "w").write(me)
    os.mkdir("/opt/ml/model/shared")
    open(f"/opt/ml/model/shared/{me}", "w").write(me)
    open(f"/opt/ml/output/data/{me}.txt", "w").write(me)
"""


def test_hosts_talk_by_name_on_one_port_and_leave_one_archive(server, run):
    job, logs = run(TALK.replace("COUNT", "2"))
    assert outcome(job) == ("Completed", "Completed"), (job.get("FailureReason"), logs)
    assert sorted(logs) == ["algo-1", "algo-2"]
    for host, lines in logs.items():
        assert lines[:2] == [f"algo-1 heard {host}", f"algo-2 heard {host}"]
    s3, name = server.client("s3"), job["TrainingJobName"]
    shared = {f"shared/{host}": host.encode() for host in logs}
    assert files_of(s3, "hosts", name) == {"algo-1": b"algo-1", "algo-2": b"algo-2", "same": b"algo-2", **shared}
    assert files_of(s3, "hosts", name, "output") == {"algo-1.txt": b"algo-1", "algo-2.txt": b"algo-2"}
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics in ({"validation:rmse": 1.5}, {"validation:rmse": 2.5})
    note = "Left out of model.tar.gz: same: that of algo-2 has the same name and is taken."
    assert note in logs_of(server, name)["algo-1"]


def test_more_hosts_than_cpus_run_together_and_the_job_says_so(server, run):
    large = instances(5, "ml.m5.24xlarge")
    job, logs = run(TALK.replace("COUNT", "5"), ResourceConfig=large)
    assert outcome(job) == ("Completed", "Completed"), (job.get("FailureReason"), logs)
    messages = " ".join(entry["StatusMessage"] for entry in job["SecondaryStatusTransitions"])
    assert "5 instances of ml.m5.24xlarge need 10 CPUs where there are 2: they share them." in messages


def test_jobs_of_many_hosts_queue_and_do_not_hold_each_other_up(server, begin):
    program = TALK.replace("COUNT", "3")
    names = [begin(program, 3) for _ in range(3)]
    for name in names:
        job = ended_job(server.client("sagemaker"), name)
        assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")


# XGBoost's own collective: a tracker on the first host, and a sum over all.
COLLECTIVE = """
    import os, socket, threading, time
    import numpy
    from xgboost import collective
    from xgboost.tracker import RabitTracker
    me, count = os.environ["CURRENT_HOST"], 2
    if me == "algo-1":
        tracker = RabitTracker(n_workers=count, host_ip=socket.gethostbyname(me), port=9099)
        tracker.start()
    for _ in range(600):
        try:
            socket.create_connection(("algo-1", 9099), 5).close()
            break
        except OSError:
            time.sleep(0.05)
    first = socket.gethostbyname("algo-1")
    with collective.CommunicatorContext(dmlc_communicator="rabit", dmlc_tracker_uri=first, dmlc_tracker_port=9099):
        total = collective.allreduce(numpy.array([float(me[5:])]), collective.Op.SUM)
        print(f"rank {collective.get_rank()} of {collective.get_world_size()}: {total[0]}")
    if me == "algo-1":
        tracker.wait_for()
"""


def test_xgboost_adds_up_over_both_hosts(run):
    job, logs = run(COLLECTIVE)
    assert outcome(job) == ("Completed", "Completed"), (job.get("FailureReason"), logs)
    ranks = sorted(line for lines in logs.values() for line in lines if line.startswith("rank"))
    assert ranks == ["rank 0 of 2: 3.0", "rank 1 of 2: 3.0"]


LAST_WORDS = 'open("/opt/ml/output/data/last-words", "w").write("told to end")'
WORDS = 'open("/opt/ml/output/failure", "w").write("the second gave up")'
FAILURES = {
    "in its own words": (WORDS, lambda reason: reason == "AlgorithmError: the second gave up"),
    "by its exit code and where its log is": (
        "pass",
        lambda reason: reason.startswith("AlgorithmError: Exit code: 3.") and "/algo-2-" in reason,
    ),
}


@pytest.mark.parametrize("sentence", FAILURES)
def test_when_one_host_fails_the_others_are_told_and_the_job_fails(server, run, sentence):
    words, is_right = FAILURES[sentence]
    job, logs = run(one_host_fails(words, LAST_WORDS))
    assert outcome(job) == ("Failed", "Failed")
    assert is_right(job["FailureReason"]), job["FailureReason"]
    assert logs["algo-1"] == ["SIGTERM"]
    s3, name = server.client("s3"), job["TrainingJobName"]
    assert files_of(s3, "hosts", name, "output") == {"last-words": b"told to end"}
    with pytest.raises(ClientError):
        s3.head_object(Bucket="hosts", Key=f"models/{name}/output/model.tar.gz")


STOPPED = """
    import os, signal, sys, time
    me = os.environ["CURRENT_HOST"]
    def told(*_):
        open(f"/opt/ml/model/{me}", "w").write("told to end")
        sys.exit(0)
    signal.signal(signal.SIGTERM, told)
    print("ready", flush=True)
    time.sleep(600)
"""


def test_a_stop_reaches_all_hosts_and_their_models_are_kept(server, begin):
    name = begin(STOPPED)
    wait_until(lambda: list(logs_of(server, name).values()) == [["ready"], ["ready"]], 60, "both hosts are ready")
    server.client("sagemaker").stop_training_job(TrainingJobName=name)
    job = ended_job(server.client("sagemaker"), name)
    assert outcome(job) == ("Stopped", "Stopped"), job.get("FailureReason")
    assert statuses(job) == ["Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"]
    found = files_of(server.client("s3"), "hosts", name)
    assert found == {"algo-1": b"told to end", "algo-2": b"told to end"}


def test_a_job_may_have_twenty_instances(server, begin):
    with pytest.raises(ClientError) as refused:
        begin(STOPPED, 21)
    assert refused.value.response["Error"]["Code"] == "ResourceLimitExceeded"
    assert "20 Instances" in refused.value.response["Error"]["Message"]
