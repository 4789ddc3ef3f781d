"""One XGBoost model behind three servers: ours, MLServer and BentoML, each set up as its own documentation says."""

import contextlib
import json
import os
import subprocess
import urllib.request
from pathlib import Path

from jobs import FEATURES, create_small_model, put_data, temporary_folder, unpack_model
from load import line_of, replay, signed_invocation
from results import Measure
from servers import Ours, free_port
from serving import running, start_endpoint

TITLE = "A model served"
COMPARED = (
    "The built-in XGBoost's model of 5 rounds, one row a request, sent by wrk. Ours: InvokeEndpoint with a row of CSV, "
    "signed, checked against policies, counted in metrics, into a sandbox. Peers, as plain processes without any of "
    "this: MLServer with its runtime for XGBoost and its settings as they come (V2 inference protocol, JSON), and "
    "BentoML with the service of its guide to XGBoost and a worker for each CPU (JSON). All three give the same "
    "prediction."
)
VALUES = [0.5] * FEATURES
ROW = ",".join(str(value) for value in VALUES)
JSON = {"Content-Type": "application/json"}
CONNECTIONS = (1, 16)
PROGRAMS = Path(__file__).resolve().parent.parent / "programs"
CONVERT = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb')).save_model(sys.argv[2])"
TOLERANCE = 1e-5


def run(options):
    server = Ours()
    with temporary_folder() as name:
        folder = Path(name)
        try:
            put_data(server.start())
            artifact = create_small_model(server, "bench")
            start_endpoint(server, "bench", "bench")
            pickled = unpack_model(server.client("s3"), artifact, folder)
            model = folder / "model.json"
            subprocess.run([os.environ["BENCH_XGBOOST_PYTHON"], "-c", CONVERT, pickled, model], check=True)
            with mlserver(folder, model) as ml, bentoml(folder, model) as bento:
                peers = {"MLServer": ml, "BentoML": bento}
                demand_same_answer(server, [*peers.values()])
                return race(server, peers, options, folder)
        finally:
            server.close()


def race(server, peers, options, folder):
    """peers: {name: (address, line of `line_of`)}."""
    measures = []
    for peer in peers:
        measures.append(Measure("one row, p50, 1 connection", "ms", f"ms {peer}", "≤ 0.33x"))
        for count in CONNECTIONS:
            what = f"one row, {count} connection{'s' if count > 1 else ''}"
            measures.append(Measure(what, "/s", f"/s {peer}", "≥ 3x"))
    for _ in range(options.rounds):
        ours = figures(server.url, line_of_ours(server), options, folder)
        for index, (url, line) in enumerate(peers.values()):
            theirs = figures(url, line, options, folder)
            for offset in range(len(ours)):
                measure = measures[index * len(ours) + offset]
                measure.ours.append(ours[offset])
                measure.theirs.append(theirs[offset])
    return measures


def figures(url, line, options, folder):
    """p50 in ms with one connection, then requests per second for each of CONNECTIONS."""
    done = [replay(url, [line], count, options.seconds, folder) for count in CONNECTIONS]
    return [done[0]["p50_ms"], *(result["per_second"] for result in done)]


def line_of_ours(server):
    return signed_invocation(server.url, server.pair, "bench", "text/csv", ROW)


def demand_same_answer(server, peers):
    """Fails unless all predict the same for the row."""
    found = []
    for url, line in [(server.url, line_of_ours(server)), *peers]:
        request = json.loads(line)
        body = request["body"].encode()
        sent = urllib.request.Request(url + request["path"], body, request["headers"], method="POST")
        answer = json.loads(urllib.request.urlopen(sent, timeout=60).read())
        while not isinstance(answer, float):
            answer = answer["outputs"][0]["data"] if isinstance(answer, dict) else answer[0]
        found.append(answer)
    if max(found) - min(found) > TOLERANCE:
        raise RuntimeError(f"the servers predict {found} for one row")


@contextlib.contextmanager
def mlserver(folder, model):
    """Its address and request; the folder is its model repository (docs: "Getting started", "XGBoost runtime")."""
    home = folder / "mlserver"
    home.mkdir()
    ports = {name: free_port() for name in ("http_port", "grpc_port", "metrics_port")}
    settings = {"name": "bench", "implementation": "mlserver_xgboost.XGBoostModel", "parameters": {"uri": str(model)}}
    (home / "settings.json").write_text(json.dumps({"host": "127.0.0.1", **ports}))
    (home / "model-settings.json").write_text(json.dumps(settings))
    url = f"http://127.0.0.1:{ports['http_port']}"
    tensor = {"name": "row", "shape": [1, FEATURES], "datatype": "FP32", "data": VALUES}
    program = str(Path(os.environ["BENCH_MLSERVER"]) / "bin" / "mlserver")
    with running([program, "start", str(home)], f"{url}/v2/models/bench/ready", cwd=home):
        yield url, line_of("POST", "/v2/models/bench/infer", JSON, json.dumps({"inputs": [tensor]}))


@contextlib.contextmanager
def bentoml(folder, model):
    """Its address and request; the service is `programs/bento_service.py`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    python = str(Path(os.environ["BENCH_BENTOML"]) / "bin" / "python")
    variables = {"BENTOML_HOME": str(folder / "bentoml"), "BENTOML_DO_NOT_TRACK": "true", "BENCH_MODEL": str(model)}
    options = {"cwd": PROGRAMS, "env": {**os.environ, **variables}}
    subprocess.run([python, "bento_service.py"], check=True, capture_output=True, **options)
    command = [python, "-m", "bentoml", "serve", "bento_service:Served", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, f"{url}/readyz", **options):
        yield url, line_of("POST", "/predict", JSON, json.dumps({"data": [VALUES]}))
