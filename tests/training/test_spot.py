"""Managed spot training: interruptions by command and by policy, what a job keeps over them, how long it waits."""

import textwrap
import time

import pytest
from botocore.exceptions import ClientError
from own_programs import GROUP, files_of, instances, objects_below, outcome, printed, program_request, statuses
from server_process import running_server, told, wait_until
from xgboost_jobs import ended_job, lines_by_stream, training_request

BUCKET = "spot"
EVERY_SECONDS = 2
SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 300, "MaxWaitTimeInSeconds": 300},
}


ARGUMENTS = ("--cpus", "16", "--longest-grace-seconds", "20")


@pytest.fixture(scope="module")
def server():
    with running_server(BUCKET, *ARGUMENTS) as process:
        yield process


@pytest.fixture(scope="module")
def drilled():
    """A server that takes back spot instances each time they have worked for a while."""
    with running_server(BUCKET, *ARGUMENTS, "--spot-interrupt-every-seconds", str(EVERY_SECONDS)) as process:
        yield process


def begin(server, name, program, **changes):
    request = program_request(server.client("s3"), BUCKET, name, textwrap.dedent(program), **{**SPOT, **changes})
    server.client("sagemaker").create_training_job(**request)


def with_checkpoints(name):
    return {"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/{name}"}}


def ended(server, name):
    return ended_job(server.client("sagemaker"), name)


def described(server, name):
    return server.client("sagemaker").describe_training_job(TrainingJobName=name)


def interrupt(server, name):
    """(exit code, what is said) of the command that takes the job's instances back."""
    code, said = told("spot", "interrupt", name, "--data", server.folder)
    return code, said.strip()


# Twelve rounds of boosting with rows drawn by a seed of the round; each round's model is a checkpoint. After the rounds
# that the job's hyperparameters name it waits to be interrupted.
BOOSTING = """
    import glob, json, os, time
    import numpy, xgboost
    waits = json.load(open("/opt/ml/input/config/hyperparameters.json")).get("waits", "").split()
    numbers = numpy.random.default_rng(7)
    features = numbers.normal(size=(400, 6))
    data = xgboost.DMatrix(features, label=features[:, 0] * 2 + features[:, 1] ** 2)
    booster, first = None, 0
    found = sorted(glob.glob("/opt/ml/checkpoints/*.ubj"))
    if found:
        booster = xgboost.Booster(model_file=found[-1])
        first = booster.num_boosted_rounds()
    for number in range(first, 12):
        settings = {"subsample": 0.5, "max_depth": 3, "seed": number, "nthread": 1}
        booster = xgboost.train(settings, data, 1, xgb_model=booster)
        booster.save_model("/opt/ml/checkpoints/.half.ubj")
        os.rename("/opt/ml/checkpoints/.half.ubj", f"/opt/ml/checkpoints/{number:03}.ubj")
        print(f"round {number}", flush=True)
        if str(number) in waits:
            time.sleep(600)
    booster.save_model("/opt/ml/model/model.json")
"""
WAITS = [2, 5, 6]


def test_a_job_that_is_interrupted_several_times_leaves_the_model_of_one_that_is_not(server, fresh):
    often, never = fresh("often"), fresh("never")
    begin(server, often, BOOSTING, HyperParameters={"waits": " ".join(map(str, WAITS))}, **with_checkpoints(often))
    begin(server, never, BOOSTING, **with_checkpoints(never))
    for number in WAITS:
        wait_until(lambda last=f"round {number}": last in printed(server, often), 120, f"round {number} is over")
        assert interrupt(server, often)[0] == 0
    jobs = [ended(server, name) for name in (often, never)]
    assert [outcome(job) for job in jobs] == [("Completed", "Completed")] * 2, [
        job.get("FailureReason") for job in jobs
    ]
    once = ["Starting", "Downloading", "Training"]
    assert statuses(jobs[0]) == [*[*once, "Interrupted"] * len(WAITS), *once, "Uploading", "Completed"]
    s3 = server.client("s3")
    assert files_of(s3, BUCKET, often) == files_of(s3, BUCKET, never)
    rounds = lines_by_stream(server.client("logs"), GROUP, f"{often}/").values()
    assert [len(lines) for lines in rounds] == [3, 3, 1, 5]
    assert len(objects_below(s3, BUCKET, f"{often}/")) == 12
    assert jobs[0]["BillableTimeInSeconds"] <= jobs[0]["TrainingTimeInSeconds"]
    assert jobs[1]["BillableTimeInSeconds"] == jobs[1]["TrainingTimeInSeconds"]


def test_the_built_in_algorithm_goes_on_from_its_checkpoints(server, fresh):
    # Of so many rows that the rounds go on for seconds after the first were seen, however fast the machine is.
    name, rounds = fresh("built-in"), 1000
    lines = "\n".join(f"{number % 2},{number * 7919 % 10_007},{number * 104_729 % 1009}" for number in range(20_000))
    server.client("s3").put_object(Bucket=BUCKET, Key="train/a.csv", Body=lines)
    parameters = {"num_round": rounds, "objective": "binary:logistic", "eval_metric": "logloss"}
    request = training_request(name, BUCKET, parameters, **SPOT, **with_checkpoints(name))
    server.client("sagemaker").create_training_job(**request)
    wait_until(lambda: len(rounds_of(printed(server, name))) > 20, 120, "it has trained for a while")
    assert interrupt(server, name)[0] == 0
    job = ended(server, name)
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    first, second = map(rounds_of, lines_by_stream(server.client("logs"), GROUP, f"{name}/").values())
    assert first == list(range(len(first)))
    assert second == list(range(second[0], rounds)) and 0 < second[0] <= len(first)


def rounds_of(lines):
    """Numbers of the boosting rounds whose evaluation was logged."""
    return [int(line.split("[")[1].split("]")[0]) for line in lines if "train-logloss" in line]


# It goes on for three seconds after it is told, then says what it found where the model goes.
STUBBORN = """
    import os, signal, sys, time
    attempt = len(os.listdir("/opt/ml/checkpoints"))
    print("found", os.listdir("/opt/ml/model"), flush=True)
    open(f"/opt/ml/model/attempt-{attempt}", "w").write("x")
    def told(*_):
        time.sleep(3)
        open(f"/opt/ml/checkpoints/{attempt}", "w").write("when it was told")
        sys.exit(0)
    signal.signal(signal.SIGTERM, told)
    print("ready", flush=True)
    if attempt == 0:
        time.sleep(600)
"""


def test_a_command_interrupts_a_job_which_goes_on_in_fresh_containers(server, fresh):
    name = fresh("told")
    begin(server, name, STUBBORN, **with_checkpoints(name))
    wait_until(lambda: "ready" in printed(server, name), 60, "the program runs")
    code, said = interrupt(server, name)
    assert (code, said) == (
        0,
        f"The instances of {name} are being taken back: its programs have SIGTERM, and at most two minutes.",
    )
    assert described(server, name)["SecondaryStatus"] == "Interrupted"
    code, said = interrupt(server, name)
    assert (code, said) == (1, f"{name} is being interrupted already.")
    job = ended(server, name)
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    assert statuses(job) == [
        *["Starting", "Downloading", "Training", "Interrupted"],
        *["Starting", "Downloading", "Training", "Uploading", "Completed"],
    ]
    assert objects_below(server.client("s3"), BUCKET, f"{name}/") == {"0": b"when it was told"}
    assert [line for line in printed(server, name) if line.startswith("found")] == ["found []"] * 2
    assert files_of(server.client("s3"), BUCKET, name) == {"attempt-1": b"x"}
    # The three seconds after the notice are part of the training time and are not billed.
    assert job["TrainingTimeInSeconds"] - job["BillableTimeInSeconds"] >= 2
    code, said = interrupt(server, name)
    assert (code, said) == (1, f"{name} is in status Completed; only a job in progress can be interrupted.")


@pytest.mark.long
def test_a_server_that_is_killed_goes_on_with_an_interruption(own_server, fresh):
    server, name = own_server(arguments=["--longest-grace-seconds", "20"]), fresh("killed")
    server.client("s3").create_bucket(Bucket=BUCKET)
    begin(server, name, STUBBORN, **with_checkpoints(name))
    wait_until(lambda: "ready" in printed(server, name), 60, "the program runs")
    assert interrupt(server, name)[0] == 0
    server.kill()
    code, said = interrupt(server, name)
    assert code == 1 and said.startswith(f"No server runs on {server.folder}")
    server.start()
    job = ended(server, name)
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    assert objects_below(server.client("s3"), BUCKET, f"{name}/") == {"0": b"when it was told"}
    assert statuses(job).count("Interrupted") == 1


def test_a_job_can_be_stopped_while_it_is_interrupted(server, fresh):
    name = fresh("stopped")
    begin(server, name, STUBBORN, **with_checkpoints(name))
    wait_until(lambda: "ready" in printed(server, name), 60, "the program runs")
    interrupt(server, name)
    server.client("sagemaker").stop_training_job(TrainingJobName=name)
    job = ended(server, name)
    assert outcome(job) == ("Stopped", "Stopped"), job.get("FailureReason")
    assert statuses(job)[3:] == ["Interrupted", "Stopping", "Uploading", "Stopped"]
    assert files_of(server.client("s3"), BUCKET, name) == {"attempt-0": b"x"}
    assert objects_below(server.client("s3"), BUCKET, f"{name}/") == {"0": b"when it was told"}


def test_both_hosts_are_interrupted_and_go_on(drilled, fresh):
    name = fresh("hosts")
    program = """
        import os, signal, sys, time
        mine = f"/opt/ml/checkpoints/{os.environ['CURRENT_HOST']}"
        if os.path.exists(mine):
            sys.exit(0)
        signal.signal(signal.SIGTERM, lambda *_: (open(mine, "w").write("seen"), sys.exit(0)))
        time.sleep(600)
    """
    begin(drilled, name, program, ResourceConfig=instances(2), **with_checkpoints(name))
    job = ended(drilled, name)
    assert outcome(job) == ("Completed", "Completed"), job.get("FailureReason")
    assert statuses(job).count("Interrupted") == 1
    assert objects_below(drilled.client("s3"), BUCKET, f"{name}/") == {"algo-1": b"seen", "algo-2": b"seen"}


@pytest.mark.long
def test_runtime_counts_over_interruptions(drilled, fresh):
    name = fresh("long")
    limits = {"MaxRuntimeInSeconds": 2 * EVERY_SECONDS + 2, "MaxWaitTimeInSeconds": 120}
    begin(drilled, name, "import time\ntime.sleep(600)", StoppingCondition=limits)
    job = ended(drilled, name)
    assert outcome(job) == ("Stopped", "MaxRuntimeExceeded")
    assert statuses(job).count("Interrupted") == 2
    assert limits["MaxRuntimeInSeconds"] <= job["BillableTimeInSeconds"] <= job["TrainingTimeInSeconds"]


def test_a_job_that_gets_no_capacity_in_time_is_stopped(server, fresh):
    holder, name = fresh("holder"), fresh("waiting")
    huge = instances(1, "ml.m5.24xlarge")
    begin(server, holder, "import time\ntime.sleep(600)", ResourceConfig=huge)
    wait_until(lambda: described(server, holder)["SecondaryStatus"] == "Training", 60, "the machine is taken")
    limits = {"MaxRuntimeInSeconds": 2, "MaxWaitTimeInSeconds": 3}
    begun = time.monotonic()
    begin(server, name, "pass", ResourceConfig=huge, StoppingCondition=limits)
    assert "Waiting for" in described(server, name)["SecondaryStatusTransitions"][-1]["StatusMessage"]
    job = ended(server, name)
    assert time.monotonic() - begun > 2.5
    assert outcome(job) == ("Stopped", "MaxWaitTimeExceeded")
    assert statuses(job) == ["Starting", "Stopping", "MaxWaitTimeExceeded"]
    assert "TrainingStartTime" not in job and "BillableTimeInSeconds" not in job
    server.client("sagemaker").stop_training_job(TrainingJobName=holder)
    ended(server, holder)


def test_a_job_that_runs_longer_than_it_may_wait_is_stopped_with_its_model(server, fresh):
    name = fresh("slow")
    program = "import time\nopen('/opt/ml/model/w', 'w').write('w')\ntime.sleep(600)"
    limits = {"MaxRuntimeInSeconds": 4, "MaxWaitTimeInSeconds": 4}
    begin(server, name, program, StoppingCondition=limits)
    job = ended(server, name)
    assert outcome(job) == ("Stopped", "MaxWaitTimeExceeded")
    assert statuses(job)[-3:] == ["Stopping", "Uploading", "MaxWaitTimeExceeded"]
    assert files_of(server.client("s3"), BUCKET, name) == {"w": b"w"}


def test_only_spot_jobs_that_are_there_can_be_interrupted(server, fresh):
    name = fresh("plain")
    begin(server, name, "pass", EnableManagedSpotTraining=False, StoppingCondition={"MaxRuntimeInSeconds": 60})
    code, said = interrupt(server, name)
    assert code == 1 and "EnableManagedSpotTraining" in said
    assert interrupt(server, "nobody") == (1, "Requested resource not found.")
    socket = server.folder / "engine/control.sock"
    assert (socket.stat().st_mode & 0o777, socket.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    ended(server, name)


REFUSED = {
    "no wait limit": {"StoppingCondition": {"MaxRuntimeInSeconds": 60}},
    "a wait limit shorter than the run limit": {
        "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59}
    },
    "a wait limit shorter than the run limit of a request that names none": {
        "StoppingCondition": {"MaxWaitTimeInSeconds": 3600}
    },
    "a wait limit without spot instances": {"EnableManagedSpotTraining": False},
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_request_is_refused_at_once(server, fresh, sentence):
    with pytest.raises(ClientError) as refused:
        begin(server, fresh("refused"), "pass", **REFUSED[sentence])
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert "MaxWaitTimeInSeconds" in refused.value.response["Error"]["Message"]
