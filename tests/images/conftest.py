"""Own images in the shared server: one that trains and one that serves, both of programs of this machine."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pushed_images import Image, Registry, entry, program_files, script, shell_root
from server_process import ROLE, wait_until

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
TRAIN = """echo "trained by $(id -un) in $(pwd) with $GREETING"
cat /opt/ml/input/config/hyperparameters.json
mkdir -p /opt/ml/model && cat /opt/ml/input/data/train/* >/opt/ml/model/learned"""
SERVE = b"""import http.server

class Model(http.server.BaseHTTPRequestHandler):
    learned = open("/opt/ml/model/learned", "rb").read()

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(asked + b" " + self.learned)

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer(("", 8080), Model).serve_forever()
"""


def python_files():
    """The system's Python with its standard library, as entries."""
    library = Path(f"/usr/lib/python3.{sys.version_info.minor}")
    left_out = {"test", "tests", "idlelib", "tkinter", "lib2to3", "ensurepip", "__pycache__", "dist-packages"}
    files = [
        path
        for path in sorted(library.rglob("*"))
        if path.is_file() and not left_out.intersection(path.parts) and not path.is_symlink()
    ]
    return [
        *program_files("/usr/bin/python3", *[path for path in files if ".so" in path.name]),
        entry("usr/lib/", mode=0o755),
        *[entry(str(path).lstrip("/"), path.read_bytes()) for path in files if ".so" not in path.name],
    ]


@pytest.fixture
def ecr(client):
    return client("ecr")


@pytest.fixture
def sagemaker(client):
    return client("sagemaker")


@pytest.fixture
def push(server, ecr, fresh):
    """push(image) pushes it under a name of its own: what jobs call it."""
    made = []

    def make(image, name=None):
        name = name or fresh("own")
        ecr.create_repository(repositoryName=name)
        made.append(name)
        Registry(server.url, ecr).push(name, "v1", image)
        return f"{HOST}/{name}:v1"

    yield make
    for name in made:
        ecr.delete_repository(repositoryName=name, force=True)


@pytest.fixture(scope="session")
def trainer():
    config = {"Env": ["GREETING=hello", "PATH=/usr/local/bin:/usr/bin:/bin"], "WorkingDir": "/app", "User": "app"}
    return Image([shell_root(), [script("usr/local/bin/train", TRAIN)]], config)


@pytest.fixture(scope="session")
def servant():
    if not Path("/usr/bin/python3").exists():
        pytest.skip("needs the system's Python: sudo apt-get install --yes python3")
    run = script("usr/local/bin/serve", "exec python3 -u /app/serve.py")
    return Image([shell_root(), python_files(), [entry("app/serve.py", SERVE), run]], {"Entrypoint": []})


@pytest.fixture
def job(sagemaker, client, bucket, fresh):
    """job(image) runs a training job of the image to its end: its description and the lines of its log."""

    def run(image, **more):
        name = start(image, **more)
        return finish(name)

    def start(image, **more):
        name = fresh("job")
        client("s3").put_object(Bucket=bucket, Key="train/data", Body=b"what was learned")
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/train/"}}
        request = {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "InputDataConfig": [{"ChannelName": "train", "DataSource": source}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 300},
            **more,
        }
        sagemaker.create_training_job(**request)
        return name

    def finish(name):
        def over():
            found = sagemaker.describe_training_job(TrainingJobName=name)
            return found if found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        found = wait_until(over, 180, f"{name} is over")
        logs = client("logs")
        group = {"logGroupName": "/aws/sagemaker/TrainingJobs"}
        streams = logs.describe_log_streams(**group, logStreamNamePrefix=f"{name}/")["logStreams"]
        lines = [
            event["message"]
            for stream in streams
            for event in logs.get_log_events(**group, logStreamName=stream["logStreamName"])["events"]
        ]
        return found, lines

    run.start, run.finish = start, finish
    return run
