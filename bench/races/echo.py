"""What the way through the platform adds to a call: the smallest program that serves, as the container of an endpoint.

Only built-in images run here yet, so the program stands in the place of one: the server is started on a cache folder
of its own, in which the environment of XGBoost has this program as its Python.
"""

import contextlib
import os
import tarfile
from pathlib import Path

from jobs import BUCKET, create_model, temporary_folder
from load import line_of, replay, signed_invocation
from results import Measure
from servers import Ours, free_port
from serving import nginx_before, running, start_endpoint

TITLE = "The way to a container"
COMPARED = (
    "An endpoint whose container is the smallest program that answers (one thread of Python over sockets, which sends "
    "back the 44 bytes it is sent). Ours: InvokeEndpoint, signed, checked against policies, counted in metrics, into "
    "a sandbox. Peers: the same program as a plain process, and nginx in front of that, with kept connections. Sent by "
    "wrk to each."
)
BODY = "0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5\n"
PROGRAM = Path(__file__).resolve().parent.parent / "programs" / "echo.py"
CONTAINER_PORT = "8080"
CONNECTIONS = 16


def run(options):
    added = Measure(
        "InvokeEndpoint, p50, 1 connection", "µs", "µs the program itself", "≤ 350 µs more", compare="added"
    )
    front = Measure("the same", "µs", "µs nginx in front", "", compare="added")
    many = Measure(f"InvokeEndpoint, {CONNECTIONS} connections", "/s", "/s nginx in front", "≥ 0.15x")
    with (
        temporary_folder() as folder,
        echo_endpoint(Path(folder)) as server,
        plain_echo() as port,
        nginx_before(port, folder) as nginx,
    ):
        plain = [line_of("POST", "/invocations", {"Content-Type": "text/csv"}, BODY)]
        for _ in range(options.rounds):
            ours = [signed_invocation(server.url, server.pair, "echo", "text/csv", BODY)]

            def figures(url, lines, connections):
                return replay(url, lines, connections, options.seconds, folder)

            mine = figures(server.url, ours, 1)["p50_ms"] * 1000
            for measure, peer in ((added, port), (front, nginx)):
                measure.ours.append(mine)
                measure.theirs.append(figures(f"http://127.0.0.1:{peer}", plain, 1)["p50_ms"] * 1000)
            many.ours.append(figures(server.url, ours, CONNECTIONS)["per_second"])
            many.theirs.append(figures(f"http://127.0.0.1:{nginx}", plain, CONNECTIONS)["per_second"])
    return [added, front, many]


def command(program, port):
    """The same Python without a site, outside and inside; the sandbox shows the machine's own at its own path."""
    return [os.path.realpath(os.environ["BENCH_XGBOOST_PYTHON"]), "-I", "-S", str(program), str(port)]


@contextlib.contextmanager
def plain_echo():
    port = free_port()
    with running(command(PROGRAM, port), f"http://127.0.0.1:{port}/ping"):
        yield port


@contextlib.contextmanager
def echo_endpoint(folder):
    """A server with the endpoint `echo`."""
    name = Path(os.environ["BENCH_XGBOOST_PYTHON"]).parent.parent.name
    programs = folder / "cache" / "environments" / name / "bin"
    programs.mkdir(parents=True)
    (programs / "echo.py").write_bytes(PROGRAM.read_bytes())
    inside = " ".join(command("/opt/sagebrush/environment/bin/echo.py", CONTAINER_PORT))
    (programs / "python").write_text(f"#!/bin/sh\nexec {inside}\n")
    (programs / "python").chmod(0o755)
    server = Ours(arguments=["--spares", "0"], environment={"SAGEBRUSH_CACHE": str(folder / "cache")})
    try:
        server.start()
        archive = folder / "model.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(PROGRAM, "nothing-to-load")
        server.client("s3").create_bucket(Bucket=BUCKET)
        server.client("s3").upload_file(str(archive), BUCKET, "echo.tar.gz")
        create_model(server, "echo", f"s3://{BUCKET}/echo.tar.gz")
        start_endpoint(server, "echo", "echo")
        yield server
    finally:
        server.close()
