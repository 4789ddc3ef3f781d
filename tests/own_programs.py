"""Programs of a test's own that run as jobs in the image of XGBoost, and what training jobs of them leave."""

import io
import tarfile

from xgboost_jobs import IMAGE, channel, log_lines, training_request

GROUP = "/aws/sagemaker/TrainingJobs"


def instances(count=1, kind="ml.t3.medium"):
    return {"InstanceType": kind, "InstanceCount": count, "VolumeSizeInGB": 1}


def program_request(s3, bucket, name, program, **changes):
    """Input of CreateTrainingJob; the program comes in the channel `code`, `changes` replace or add members."""
    s3.put_object(Bucket=bucket, Key=f"code/{name}/program.py", Body=program.encode())
    channels = [channel(bucket, f"code/{name}/", name="code"), *changes.pop("channels", [])]
    request = training_request(name, bucket, {}, channels, **{"ResourceConfig": instances(), **changes})
    request["AlgorithmSpecification"] = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "-u"],
        "ContainerArguments": ["/opt/ml/input/data/code/program.py"],
    }
    return request


# Of two hosts the second fails, as soon as the first listens for the end that it is then told of.
ONE_HOST_FAILS = """
    import signal, socket, sys, time
    if socket.gethostname() == "algo-1":
        def told(*_):
            print("SIGTERM", flush=True)
            LAST_WORDS
            sys.exit(4)
        signal.signal(signal.SIGTERM, told)
        socket.create_server(("", 9000)).accept()
        time.sleep(600)
    for _ in range(600):
        try:
            socket.create_connection(("algo-1", 9000), 5)
            break
        except OSError:
            time.sleep(0.05)
    WORDS
    sys.exit(3)
"""


def one_host_fails(words="pass", last_words="pass"):
    """The program, with a statement of the host that fails and one of the host that is told to end."""
    return ONE_HOST_FAILS.replace("LAST_WORDS", last_words).replace("WORDS", words)


def printed(server, name):
    """Lines that the job has printed so far."""
    logs = server.client("logs")
    try:
        return log_lines(logs, GROUP, f"{name}/")
    except logs.exceptions.ResourceNotFoundException:
        return []  # no job has printed anything on this server


def files_of(s3, bucket, name, archive="model"):
    """{name: bytes} of the files in an archive that the job has left."""
    return _unpacked(s3, bucket, f"models/{name}/output/{archive}.tar.gz")


def model_files(s3, job):
    """{name: bytes} of the files in the model's archive, as the job's description names it."""
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    return _unpacked(s3, bucket, key)


def _unpacked(s3, bucket, key):
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}


def objects_below(s3, bucket, prefix):
    """{key below the prefix: bytes} of all objects there."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {
        entry["Key"].removeprefix(prefix): s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        for entry in found
    }


def statuses(job):
    return [entry["Status"] for entry in job["SecondaryStatusTransitions"]]


def outcome(job):
    return job["TrainingJobStatus"], job["SecondaryStatus"]
