"""CreateEndpoint to InService, and one invocation at a time, against nginx in front of the same serving program."""

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from jobs import BUCKET, FEATURES, IMAGE, put_data, temporary_folder, training_job
from load import signed_headers
from results import Measure
from servers import ROLE, Ours

TITLE = "An endpoint"
COMPARED = (
    "The built-in XGBoost with a model of 5 rounds. CreateEndpoint: until DescribeEndpoint says InService, asked every "
    "20 ms. InvokeEndpoint: the median of 300 signed requests of one row on one kept connection, against the same "
    "request sent to nginx in front of the same serving program, and to the program itself, as plain processes without "
    "sandbox, signature, policies or metrics."
)
INVOCATIONS = 300
LIMIT_SECONDS = 60
ROOT = Path(__file__).resolve().parent.parent.parent
PLAIN = {"Content-Type": "text/csv"}
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream program {{ server 127.0.0.1:{port}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{front};
    location / {{ proxy_pass http://program; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""
ROW = ",".join(["0.5"] * FEATURES).encode()


def run(options):
    service = Measure("CreateEndpoint to InService", "ms", "", "≤ 2000 ms")
    invocation = Measure("InvokeEndpoint, p50, 1 connection", "ms", "ms nginx in front", "≤ 1.3x")
    bare = Measure("the same", "ms", "ms the program itself", "")
    server = Ours()
    with temporary_folder() as folder:
        try:
            put_data(server.start())
            artifact = train(server)
            server.client("sagemaker").create_model(
                ModelName="bench", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": artifact}
            )
            with plain_program(server, artifact, Path(folder)) as port, nginx_before(port, folder) as front:
                for number in range(options.rounds):
                    service.ours.append(in_service(server, f"bench-{number}"))
                    invocation.ours.append(ours_p50(server, f"bench-{number}"))
                    invocation.theirs.append(p50("127.0.0.1", front, "/invocations", PLAIN))
                    bare.ours.append(invocation.ours[-1])
                    bare.theirs.append(p50("127.0.0.1", port, "/invocations", PLAIN))
                    server.client("sagemaker").delete_endpoint(EndpointName=f"bench-{number}")
        finally:
            server.close()
    return [service, invocation, bare]


def train(server):
    sagemaker = server.client("sagemaker")
    sagemaker.create_training_job(**training_job("bench"))
    deadline = time.monotonic() + LIMIT_SECONDS
    while (job := sagemaker.describe_training_job(TrainingJobName="bench"))["TrainingJobStatus"] != "Completed":
        if job["TrainingJobStatus"] != "InProgress" or time.monotonic() > deadline:
            raise RuntimeError(
                f"the job that makes the model is {job['TrainingJobStatus']}: {job.get('FailureReason')}"
            )
        time.sleep(0.05)
    return job["ModelArtifacts"]["S3ModelArtifacts"]


def in_service(server, name):
    """Milliseconds."""
    sagemaker = server.client("sagemaker")
    variant = {"VariantName": "all", "ModelName": "bench", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    began = time.perf_counter()
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    while (status := sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]) == "Creating":
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise RuntimeError(f"endpoint {name} is not in service after {LIMIT_SECONDS} s")
        time.sleep(0.02)
    if status != "InService":
        raise RuntimeError(f"endpoint {name} is {status}")
    return (time.perf_counter() - began) * 1000


def ours_p50(server, name):
    host, port = server.url.removeprefix("http://").split(":")
    path = f"/endpoints/{name}/invocations"
    return p50(host, int(port), path, signed_headers(server.url + path, server.pair, ROW, {"Content-Type": "text/csv"}))


def p50(host, port, path, headers):
    """Median milliseconds of one request after another on one connection."""
    connection = http.client.HTTPConnection(host, port)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = []
    for _ in range(INVOCATIONS):
        began = time.perf_counter()
        connection.request("POST", path, ROW, headers)
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:300]!r}")
    connection.close()
    return statistics.median(times)


@contextlib.contextmanager
def nginx_before(port, folder):
    """nginx with kept connections to the port; its own port."""
    front = free_port()
    config = Path(folder) / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, front=front))
    process = subprocess.Popen(["nginx", "-c", str(config)], stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not pings(front):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not start: {process.stderr.read()}")
            time.sleep(0.05)
        yield front
    finally:
        process.terminate()
        process.wait()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def pings(port):
    """Whether the program behind the port is well; False while nobody listens."""
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).status == 200
    except urllib.error.HTTPError:
        raise
    except OSError:
        return False


class plain_program:  # noqa: N801 - reads as the context it is
    """The serving program on a free port, with the model unpacked where it looks for one."""

    def __init__(self, server, artifact, folder):
        self.folder = folder
        model = folder / "model"
        model.mkdir()
        key = artifact.removeprefix(f"s3://{BUCKET}/")
        archive = folder / "model.tar.gz"
        archive.write_bytes(server.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
        with tarfile.open(archive) as tar:
            tar.extractall(model)

    def __enter__(self):
        port = free_port()
        environment = {**os.environ, "SAGEBRUSH_ML_ROOT": str(self.folder), "SAGEMAKER_BIND_TO_PORT": str(port)}
        command = [os.environ["BENCH_XGBOOST_PYTHON"], "-m", "images.kit", "xgboost", "serve"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + LIMIT_SECONDS
        while not pings(port):
            if time.monotonic() > deadline:
                raise RuntimeError("the plain serving program did not start")
            time.sleep(0.05)
        return port

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
