"""The HTTP side of a serving container: /ping, /invocations and /execution-parameters on port 8080.

Follows the SageMaker developer guide, "Use your own inference code with hosting services" and "... batch transform".
uvicorn does HTTP (keep-alive, chunked bodies, back-pressure).
"""

import json
import os
import socket
import sys
import traceback

import uvicorn

from .errors import RequestError

DEFAULT_BODY_BYTES = 6_291_456
MEBIBYTE = 1024 * 1024
LARGEST_BODY_BYTES = 20 * MEBIBYTE
SHUTDOWN_SECONDS = 25
"""Answers under way get so long to end after SIGTERM; the service kills after 30 s."""

TEXT = "text/plain; charset=utf-8"


def listen():
    """The socket that requests come to."""
    listener = socket.create_server(("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))), backlog=1024)
    # Connections inherit it. asyncio sets it only on sockets it made itself; without it an answer of two writes waits
    # 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


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


def application(invoke, workers, is_ready=lambda: True):
    """The ASGI application of a container.

    invoke(body, headers) -> (status, content type, body) is a coroutine; headers: lower-case bytes to text. It may
    raise RequestError. workers: how many requests are answered at once. is_ready(): whether /ping answers 200, not 503.
    """
    limit = _body_limit()
    parameters = json.dumps(
        {"MaxConcurrentTransforms": workers, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": limit // MEBIBYTE}
    ).encode()

    async def application(scope, receive, send):
        path, method = scope["path"], scope["method"]
        if path == "/ping":
            await _reply(send, 200 if is_ready() else 503, "text/plain", b"")
        elif path == "/invocations" and method == "POST":
            await _invoke(invoke, limit, scope, receive, send)
        elif path == "/execution-parameters" and method == "GET":
            await _reply(send, 200, "application/json", parameters)
        else:
            await _reply(send, 404, "text/plain", f"No {method} {path} here.".encode())

    return application


def _body_limit():
    """Largest request body in bytes: MAX_CONTENT_LENGTH, at most 20 MiB; a transform job may set its own."""
    transform = os.environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB")
    if transform and transform != "0":
        return int(transform) * MEBIBYTE
    return min(int(os.environ.get("MAX_CONTENT_LENGTH", DEFAULT_BODY_BYTES)), LARGEST_BODY_BYTES)


async def _invoke(invoke, limit, scope, receive, send):
    try:
        body = await _read_body(receive, limit)
        if body is None:
            return
        answer = await invoke(body, {name: value.decode("latin-1") for name, value in scope["headers"]})
    except RequestError as error:
        print(f"ERROR: {error.status}: {error}", file=sys.stderr, flush=True)
        answer = error.status, TEXT, str(error).encode()
    except Exception as error:
        traceback.print_exc()
        answer = 500, TEXT, f"{type(error).__name__}: {error}".encode()
    await _reply(send, *answer)


async def _read_body(receive, limit):
    """Whole body of a request; None if the caller has gone. Raises RequestError 413 above the limit, in bytes."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise RequestError(413, f"Request body is larger than {limit} bytes; send fewer records at a time.")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _reply(send, status, content_type, body):
    """Sends one answer. content_type: None for an answer without a body."""
    headers = [] if content_type is None else [(b"content-type", content_type.encode())]
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
