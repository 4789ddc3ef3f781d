"""Kill -9 of the server in every phase of a processing job: it ends as it would have, and nothing is left over."""

import pytest
from job_processes import processes_with
from own_programs import objects_below
from processing_jobs import cluster, ended_processing, logs_of, processing_request, s3_input, s3_output
from server_process import wait_until

BUCKET = "restarts"
FILES = 150
# Each host tells what it had, writes to both outputs, and waits.
PROGRAM = """
    import json, os, time
    BEGAN = time.time()
    me = json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"]
    assert len(os.listdir("/opt/ml/processing/input/data")) == FILES
    open(f"/opt/ml/processing/output/all/{me}", "w").write("all the time")
    print("begun", flush=True)
    while time.time() - BEGAN < SECONDS:
        time.sleep(0.1)
    for number in range(FILES):
        open(f"/opt/ml/processing/output/end/{me}-{number}", "w").write(str(number))
    open("/opt/ml/output/message", "w").write(f"{me} is done. ")
    print("ended", flush=True)
"""


@pytest.fixture
def started(own_server, fresh):
    """started(seconds): a server and the name of a job of two hosts that run so long."""

    def start(seconds):
        server = own_server(arguments=["--cpus", "16", "--longest-grace-seconds", "5"])
        s3, name = server.client("s3"), fresh("killed")
        s3.create_bucket(Bucket=BUCKET)
        for number in range(FILES):
            s3.put_object(Bucket=BUCKET, Key=f"data/{number}", Body=b"x" * 1000)
        program = PROGRAM.replace("SECONDS", str(seconds)).replace("FILES", str(FILES))
        request = processing_request(
            s3,
            BUCKET,
            name,
            program,
            [s3_input("data", f"s3://{BUCKET}/data/")],
            [
                s3_output("end", f"s3://{BUCKET}/end"),
                s3_output("all", f"s3://{BUCKET}/all", mode="Continuous"),
            ],
            ProcessingResources=cluster(2),
        )
        server.client("sagemaker").create_processing_job(**request)
        return server, name

    return start


def restart(server):
    server.kill()
    server.start()


def lines_of(server, name):
    """Lines of the hosts' programs."""
    found = logs_of(server.client("logs"), name)
    return {host: [line for line in lines if line in ("begun", "ended")] for host, lines in found.items()}


def is_whole(server, name):
    job = ended_processing(server.client("sagemaker"), name)
    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ExitMessage"] == "algo-1 is done. algo-2 is done. "
    hosts = ("algo-1", "algo-2")
    s3 = server.client("s3")
    end = {f"{host}-{number}": str(number).encode() for host in hosts for number in range(FILES)}
    assert objects_below(s3, BUCKET, "end/") == end
    assert objects_below(s3, BUCKET, "all/") == dict.fromkeys(hosts, b"all the time")
    assert lines_of(server, name) == {host: ["begun", "ended"] for host in hosts}
    folder = str(server.folder)
    wait_until(lambda: not processes_with(folder), 20, "no process of the job is left")


def test_a_kill_changes_nothing_while_inputs_come(started):
    server, name = started(1)
    restart(server)
    restart(server)
    is_whole(server, name)


def test_a_kill_changes_nothing_while_programs_run(started):
    server, name = started(4)
    wait_until(lambda: lines_of(server, name) == {"algo-1": ["begun"], "algo-2": ["begun"]}, 60, "both run")
    restart(server)
    is_whole(server, name)


@pytest.mark.long
def test_a_kill_changes_nothing_while_programs_end_without_a_server(started):
    server, name = started(3)
    wait_until(lambda: lines_of(server, name) == {"algo-1": ["begun"], "algo-2": ["begun"]}, 60, "both run")
    server.kill()
    supervised = lambda: "bwrap" in processes_with(str(server.folder))  # noqa: E731
    wait_until(lambda: not supervised(), 30, "both have ended")
    server.start()
    is_whole(server, name)


def test_a_kill_changes_nothing_while_outputs_go(started):
    server, name = started(1)
    s3 = server.client("s3")
    wait_until(lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="end/")["KeyCount"], 60, "outputs go to S3")
    restart(server)
    is_whole(server, name)


def test_a_kill_changes_nothing_while_it_is_being_stopped(started):
    server, name = started(600)
    wait_until(lambda: lines_of(server, name) == {"algo-1": ["begun"], "algo-2": ["begun"]}, 60, "both run")
    server.client("sagemaker").stop_processing_job(ProcessingJobName=name)
    restart(server)
    job = ended_processing(server.client("sagemaker"), name)
    assert job["ProcessingJobStatus"] == "Stopped" and "FailureReason" not in job, job
    s3 = server.client("s3")
    assert objects_below(s3, BUCKET, "end/") == {}
    assert objects_below(s3, BUCKET, "all/") == dict.fromkeys(("algo-1", "algo-2"), b"all the time")
