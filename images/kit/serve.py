"""The HTTP side of a serving container: /ping, /invocations and /execution-parameters on port 8080.

Follows the SageMaker developer guide, "Use your own inference code with hosting services" and "... batch transform".
One process per CPU shares the listening socket. They are forked before the model is loaded: OpenMP threads do not
survive a fork. uvicorn does HTTP (keep-alive, chunked bodies, back-pressure).
"""

import asyncio
import contextlib
import json
import mmap
import os
import signal
import socket
import sys
import traceback
from functools import partial

import uvicorn

from .errors import RequestError, UserError
from .processes import fork, on_stop, shell_code, stops_held

INLINE_BYTES = 64 * 1024
"""A body up to this size is answered on the event loop: a hop to a thread costs more than the prediction."""

DEFAULT_BODY_BYTES = 6_291_456
MEBIBYTE = 1024 * 1024
LARGEST_BODY_BYTES = 20 * MEBIBYTE
SHUTDOWN_SECONDS = 25
"""Answers under way get so long to end after SIGTERM; the service kills after 30 s."""


def body_limit():
    """Largest request body in bytes: MAX_CONTENT_LENGTH, at most 20 MiB; a transform job may set its own."""
    transform = os.environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB")
    if transform and transform != "0":
        return int(transform) * MEBIBYTE
    return min(int(os.environ.get("MAX_CONTENT_LENGTH", DEFAULT_BODY_BYTES)), LARGEST_BODY_BYTES)


def worker_count():
    """Processes that serve: SAGEMAKER_MODEL_SERVER_WORKERS, else one for each CPU this process may use."""
    return max(1, int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or len(os.sched_getaffinity(0))))


def listen():
    """The socket that requests come to."""
    listener = socket.create_server(("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))), backlog=1024)
    # Connections inherit it. asyncio sets it only on sockets it made itself; without it an answer of two writes waits
    # 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def run_serving(load):
    """Serves until SIGTERM and returns the exit code.

    load() returns answer(body, content_type, accept) -> (body, content type); it may raise UserError. It runs once in
    each worker; when it fails, even by crashing the library that reads the model, the log says so.
    """
    listener = listen()
    workers = worker_count()
    ready = mmap.mmap(-1, workers)
    with stops_held():
        numbers = {fork(partial(_work, load, listener, workers, ready, number)): number for number in range(workers)}
        supervisor = Supervisor(numbers, ready)
        on_stop(supervisor.stop)
    return supervisor.wait()


class Supervisor:
    """Waits for the workers; a stop goes to all, and the first that ends otherwise ends all."""

    def __init__(self, numbers, ready):
        """numbers: pid to number. ready: a byte for each number, 1 once its model is loaded."""
        self._running = dict(numbers)
        self._ready = ready
        self._is_stopping = False

    def stop(self, _number=None, _frame=None):
        self._is_stopping = True
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):  # it has ended just now
                os.kill(pid, signal.SIGTERM)

    def wait(self):
        """Exit code of the container, once all have ended."""
        exit_code = 0
        while self._running:
            pid, status = os.wait()
            number = self._running.pop(pid, None)
            if number is not None and not self._is_stopping:
                exit_code = _exit_code(os.waitstatus_to_exitcode(status), bool(self._ready[number]))
                self.stop()
        return exit_code


def _exit_code(code, was_ready):
    """Exit code of the container for a worker that ended by itself; tells the log if a signal ended it."""
    if code < 0:
        doing = "serving" if was_ready else "reading the model, whose file must be broken"
        print(f"ERROR: A worker was ended by {signal.Signals(-code).name} while {doing}.", file=sys.stderr, flush=True)
    return shell_code(code)


def _work(load, listener, workers, ready, number):
    try:
        answer = load()
    except Exception as error:
        if not isinstance(error, UserError):
            traceback.print_exc()
        print(f"ERROR: Unable to load model: {error}", file=sys.stderr, flush=True)
        return 1
    ready[number] = 1
    server = http_server(application(answer, workers))
    # uvicorn takes signals over when it runs, and raises them again for who had them before once it has stopped. Its
    # own handler stands before and after: a stop before the first request counts, and none is a failure.
    on_stop(server.handle_exit)
    server.run(sockets=[listener])
    return 0


def http_server(application):
    """uvicorn around an ASGI application, not running yet."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            log_level="warning",
            access_log=False,
            lifespan="off",
            http="httptools",
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=3600,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )


def application(answer, workers):
    """The ASGI application around answer(body, content_type, accept)."""
    limit = body_limit()
    parameters = json.dumps(
        {"MaxConcurrentTransforms": workers, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": limit // MEBIBYTE}
    ).encode()

    async def application(scope, receive, send):
        path, method = scope["path"], scope["method"]
        if path == "/ping":
            await reply(send, 200, b"", "text/plain")
        elif path == "/invocations" and method == "POST":
            await _invoke(answer, limit, scope, receive, send)
        elif path == "/execution-parameters" and method == "GET":
            await reply(send, 200, parameters, "application/json")
        else:
            await reply(send, 404, f"No {method} {path} here.".encode(), "text/plain")

    return application


async def _invoke(answer, limit, scope, receive, send):
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    try:
        body = await read_body(receive, limit)
        if not body:
            await reply(send, 204, b"", None)
            return
        arguments = (body, headers.get(b"content-type"), headers.get(b"accept"))
        inline = len(body) <= INLINE_BYTES
        result, content_type = answer(*arguments) if inline else await asyncio.to_thread(answer, *arguments)
    except RequestError as error:
        print(f"ERROR: {error.status}: {error}", file=sys.stderr, flush=True)
        await reply(send, error.status, str(error).encode(), "text/plain; charset=utf-8")
    except Exception as error:
        traceback.print_exc()
        await reply(send, 500, f"{type(error).__name__}: {error}".encode(), "text/plain; charset=utf-8")
    else:
        await reply(send, 200, result, content_type)


async def read_body(receive, limit):
    """Whole body of a request; empty if the caller has gone. Raises RequestError 413 above the limit, in bytes."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise RequestError(413, f"Request body is larger than {limit} bytes; send fewer records at a time.")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def reply(send, status, body, content_type):
    """Sends one answer. content_type: None for an answer without a body."""
    headers = [] if content_type is None else [(b"content-type", content_type.encode())]
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
