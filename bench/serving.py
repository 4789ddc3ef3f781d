"""Serving programs as plain processes, nginx in front of one, and endpoints of ours."""

import contextlib
import os
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from servers import free_port

LIMIT_SECONDS = 60
STOP_SECONDS = 10
ROOT = Path(__file__).resolve().parent.parent
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream program {{ server 127.0.0.1:{port}; keepalive 16; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{front};
    location / {{ proxy_pass http://program; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""


def answers(url):
    """Whether the program behind the address is well; False while nobody listens, or it says that it is not ready."""
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


@contextlib.contextmanager
def running(command, ready, **options):
    """Runs the command for the block, which begins when the address `ready` answers. options: of Popen."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, **options)
        try:
            deadline = time.monotonic() + LIMIT_SECONDS
            while not answers(ready):
                if process.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    raise RuntimeError(f"{command[0]} did not start: {said.read()[-2000:]}")
                time.sleep(0.05)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def plain_xgboost(folder):
    """Our serving program on the model in the folder's `model/`, without a sandbox; its port."""
    port = free_port()
    environment = {**os.environ, "SAGEBRUSH_ML_ROOT": str(folder), "SAGEMAKER_BIND_TO_PORT": str(port)}
    command = [os.environ["BENCH_XGBOOST_PYTHON"], "-m", "images.kit", "xgboost", "serve"]
    with running(command, f"http://127.0.0.1:{port}/ping", cwd=ROOT, env=environment):
        yield port


@contextlib.contextmanager
def nginx_before(port, folder):
    """nginx with kept connections to the port; its own port."""
    front = free_port()
    config = Path(folder) / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, front=front))
    with running(["nginx", "-c", str(config)], f"http://127.0.0.1:{front}/ping"):
        yield front


def start_endpoint(server, name, model):
    """Milliseconds until the endpoint of that name, with one instance of the model, is in service."""
    sagemaker = server.client("sagemaker")
    variant = {"VariantName": "all", "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
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
