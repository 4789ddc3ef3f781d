"""CreateEndpoint to InService, and one invocation at a time, against nginx in front of the same serving program."""

import http.client
import socket
import statistics
import time
from pathlib import Path

from jobs import FEATURES, create_small_model, put_data, temporary_folder, unpack_model
from load import signed_headers
from results import Measure
from servers import Ours
from serving import nginx_before, plain_xgboost, start_endpoint

TITLE = "An endpoint"
COMPARED = (
    "The built-in XGBoost with a model of 5 rounds. CreateEndpoint: until DescribeEndpoint says InService, asked every "
    "20 ms. InvokeEndpoint: the median of 300 signed requests of one row on one kept connection, against the same "
    "request sent to nginx in front of the same serving program, and to the program itself, as plain processes without "
    "sandbox, signature, policies or metrics."
)
INVOCATIONS = 300
PLAIN = {"Content-Type": "text/csv"}
ROW = ",".join(["0.5"] * FEATURES).encode()


def run(options):
    service = Measure("CreateEndpoint to InService", "ms", "", "≤ 2000 ms")
    invocation = Measure("InvokeEndpoint, p50, 1 connection", "ms", "ms nginx in front", "≤ 1.3x")
    bare = Measure("the same", "ms", "ms the program itself", "")
    server = Ours()
    with temporary_folder() as folder:
        try:
            put_data(server.start())
            artifact = create_small_model(server, "bench")
            model = Path(folder) / "model"
            model.mkdir()
            unpack_model(server.client("s3"), artifact, model)
            with plain_xgboost(folder) as port, nginx_before(port, folder) as front:
                for number in range(options.rounds):
                    service.ours.append(start_endpoint(server, f"bench-{number}", "bench"))
                    invocation.ours.append(ours_p50(server, f"bench-{number}"))
                    invocation.theirs.append(p50("127.0.0.1", front, "/invocations", PLAIN))
                    bare.ours.append(invocation.ours[-1])
                    bare.theirs.append(p50("127.0.0.1", port, "/invocations", PLAIN))
                    server.client("sagemaker").delete_endpoint(EndpointName=f"bench-{number}")
        finally:
            server.close()
    return [service, invocation, bare]


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
