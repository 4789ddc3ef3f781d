"""The HTTP side of a container whose users' code answers: it hands each request to a worker that is free.

Users' code may take long, or end its process, so it does not run where requests come in: /ping is answered at once,
a request waits for the first free worker and no longer than it may, and a worker that ends fails only its own request.
Workers come by a Unix socket. A message is two lengths (4 bytes each, big endian), JSON, and a body.
"""

import asyncio
import contextlib
import json
import os
import signal
import struct
from collections import deque
from functools import partial

from images.kit.application import application, http_server
from images.kit.errors import RequestError
from images.kit.processes import on_stop

LENGTHS = struct.Struct(">II")
DEFAULT_TIMEOUT_SECONDS = 60
"""SAGEMAKER_MODEL_SERVER_TIMEOUT"""
BATCH_TIMEOUT_SECONDS = 3600
"""A transform job's own limit is at most so long, and it is that limit which counts there."""


def message(head, body):
    """Bytes of a message. head: what JSON can hold."""
    text = json.dumps(head).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


def timeout_seconds(environment):
    """How long a worker may take for one request."""
    given = environment.get("SAGEMAKER_MODEL_SERVER_TIMEOUT")
    if given:
        return float(given)
    return BATCH_TIMEOUT_SECONDS if environment.get("SAGEMAKER_BATCH") == "true" else DEFAULT_TIMEOUT_SECONDS


class WorkerGoneError(Exception):
    """The worker's process ended before it had answered."""


class Worker(asyncio.Protocol):
    """Connection to one worker, which has loaded its model; it answers one request at a time."""

    def __init__(self, crew):
        self._crew = crew
        self._received = bytearray()
        self._answer = None
        self.pid = None

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._received += data
        while (found := self._take()) is not None:
            head, body = found
            if self.pid is None:
                self.pid = head["pid"]
                self._crew.join(self)
            elif self._answer and not self._answer.done():
                self._answer.set_result((head, body))

    def _take(self):
        if len(self._received) < LENGTHS.size:
            return None
        head_size, body_size = LENGTHS.unpack_from(self._received)
        end = LENGTHS.size + head_size + body_size
        if len(self._received) < end:
            return None
        head = json.loads(self._received[LENGTHS.size : LENGTHS.size + head_size])
        body = bytes(self._received[LENGTHS.size + head_size : end])
        del self._received[:end]
        return head, body

    def connection_lost(self, _error):
        self._crew.leave(self)
        if self._answer and not self._answer.done():
            self._answer.set_exception(WorkerGoneError())

    async def ask(self, head, body, seconds):
        """(head, body) of the worker's answer. Raises WorkerGoneError, or TimeoutError: then it has been ended."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(message(head, body))
        try:
            return await asyncio.wait_for(self._answer, seconds)
        except TimeoutError:
            # It must not be given to the next request while its connection is being closed.
            self._crew.leave(self)
            self._transport.abort()
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            raise


class Crew:
    """The workers that are there, and requests that wait for one."""

    def __init__(self):
        self._present = set()
        self._free = deque()
        self._waiting = deque()

    @property
    def is_ready(self):
        """Whether a model is loaded."""
        return bool(self._present)

    def join(self, worker):
        self._present.add(worker)
        self.release(worker)

    def leave(self, worker):
        self._present.discard(worker)
        with contextlib.suppress(ValueError):
            self._free.remove(worker)

    def release(self, worker):
        """Gives a worker to who has waited longest."""
        if worker not in self._present:
            return
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(worker)
                return
        # The one used last is taken first: its memory is warm.
        self._free.append(worker)

    async def take(self):
        """A free worker."""
        if self._free:
            return self._free.pop()
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        return await waiting


async def _invoke(crew, seconds, body, headers):
    head = {
        "content_type": headers.get(b"content-type"),
        "accept": headers.get(b"accept"),
        "attributes": headers.get(b"x-amzn-sagemaker-custom-attributes", ""),
    }
    worker = await crew.take()
    try:
        answer, content = await worker.ask(head, body, seconds)
    except WorkerGoneError:
        raise RequestError(
            500, "The worker that ran the script ended before it had answered; the log says why."
        ) from None
    except TimeoutError:
        raise RequestError(
            504, f"The script did not answer within {seconds:g} s (SAGEMAKER_MODEL_SERVER_TIMEOUT)."
        ) from None
    finally:
        crew.release(worker)
    return answer["status"], answer["content_type"], content


def run(listener, meeting, workers):
    """Serves until SIGTERM. listener: for requests. meeting: Unix socket that workers connect to."""
    crew = Crew()
    invoke = partial(_invoke, crew, timeout_seconds(os.environ))
    server = http_server(application(invoke, workers, lambda: crew.is_ready))
    on_stop(server.handle_exit)

    async def serve():
        # Its own handlers stand before and after uvicorn's: a stop that comes early counts, and none is a failure.
        await asyncio.get_running_loop().create_unix_server(lambda: Worker(crew), sock=meeting)
        await server.serve(sockets=[listener])

    asyncio.run(serve())
    return 0
