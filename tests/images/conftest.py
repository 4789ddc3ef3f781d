"""Own images in the shared server: one that trains and one that serves, both of programs of this machine."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pushed_images import HOST, Image, Registry, entry, image_request, program_files, script, shell_root
from xgboost_jobs import channel, ended_job, log_lines

GROUP = "/aws/sagemaker/TrainingJobs"
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
        return finish(start(image, **more))

    def start(image, **more):
        name = fresh("job")
        client("s3").put_object(Bucket=bucket, Key="train/data", Body=b"what was learned")
        channels = [channel(bucket, "train/")]
        sagemaker.create_training_job(**image_request(name, image, bucket, InputDataConfig=channels, **more))
        return name

    def finish(name):
        return ended_job(sagemaker, name, 180), log_lines(client("logs"), GROUP, f"{name}/")

    run.start, run.finish = start, finish
    return run
