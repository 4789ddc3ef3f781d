"""Objects of 4 KiB and 64 MiB, written and read over presigned addresses, against moto_server and versitygw."""

import contextlib
import http.client
import time

import boto3
from botocore.config import Config
from jobs import temporary_folder
from load import REGION, line_of, replay
from races.start import wait_for
from results import Measure
from servers import Moto, Ours, Versitygw

TITLE = "Objects"
COMPARED = (
    "PutObject and GetObject over addresses signed beforehand (payload unsigned); 4 KiB sent by wrk, 64 MiB by a plain "
    "client on one connection. Ours checks the signature and policies, writes a checksum, syncs data and row before "
    "it answers a put, and checks the bytes of a get. moto_server keeps small objects in memory and large ones in "
    "temporary files, and checks nothing. versitygw (posix) checks the signature and writes a file; it does not sync, "
    "so a power cut may lose what it has answered for."
)
BUCKET = "bench-objects"
SMALL_BYTES, SMALL_KEYS = 4096, 200
LARGE_BYTES, LARGE_KEYS = 64 * 2**20, 4
CONNECTIONS = (1, 16)
LARGE_AT_ONCE = 3
"""Objects of 64 MiB that make one figure."""
BARS = {"moto_server": "≥ 4x", "versitygw": "≥ 0.5x"}


def run(options):
    with temporary_folder() as folder, servers(folder) as (ours, *peers):
        for server in (ours, *peers):
            client_of(server).create_bucket(Bucket=BUCKET)
        tables = [measures_of(name) for name in BARS]
        for _ in range(options.rounds):
            for what in tables[0]:
                mine = figure(what, ours, options, folder)
                for table, peer in zip(tables, peers, strict=True):
                    table[what].ours.append(mine)
                    table[what].theirs.append(figure(what, peer, options, folder))
    return [measure for table in tables for measure in table.values()]


def measures_of(peer):
    """{(method, bytes, connections): Measure}; every put comes before the get that reads what it wrote."""
    found = {}
    for method in ("PUT", "GET"):
        for count in CONNECTIONS:
            what = f"{method} 4 KiB, {count} connection{'s' if count > 1 else ''}"
            found[method, SMALL_BYTES, count] = Measure(what, "/s", f"/s {peer}", BARS[peer])
        what = f"{method} 64 MiB, 1 connection"
        found[method, LARGE_BYTES, 1] = Measure(what, "MB/s", f"MB/s {peer}", BARS[peer])
    return found


def figure(what, server, options, folder):
    method, size, connections = what
    if size == LARGE_BYTES:
        return large(method, server)
    body = "0123456789abcdef" * (SMALL_BYTES // 16) if method == "PUT" else ""
    lines = [line_of(method, path, {}, body) for path in presigned(server, method, "small", SMALL_KEYS)]
    return replay(server.url, lines, connections, options.seconds, folder)["per_second"]


def large(method, server):
    """MB of 10^6 bytes per second, of some objects one after another."""
    body = bytes(LARGE_BYTES) if method == "PUT" else None
    buffer = memoryview(bytearray(LARGE_BYTES))
    paths = presigned(server, method, "large", LARGE_KEYS)
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    seconds = 0
    for number in range(LARGE_AT_ONCE):
        began = time.perf_counter()
        connection.request(method, paths[number % LARGE_KEYS], body)
        answer = connection.getresponse()
        received = 0
        while read := answer.readinto(buffer[received:]):
            received += read
        seconds += time.perf_counter() - began
        if answer.status != 200 or (method == "GET" and received != LARGE_BYTES):
            raise RuntimeError(f"{method} of {server.url} answered {answer.status} and {received} bytes")
    connection.close()
    return LARGE_AT_ONCE * LARGE_BYTES / 1e6 / seconds


def client_of(server):
    settings = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    access_key, secret = server.pair
    session = boto3.Session(access_key, secret, region_name=REGION)
    return session.client("s3", endpoint_url=server.url, config=settings)


def presigned(server, method, prefix, count):
    """Paths with queries, for keys in 16 folders."""
    client, operation = client_of(server), "put_object" if method == "PUT" else "get_object"
    keys = (f"{prefix}/{number % 16}/{number}" for number in range(count))
    addresses = (client.generate_presigned_url(operation, {"Bucket": BUCKET, "Key": key}) for key in keys)
    return [address.removeprefix(server.url) for address in addresses]


@contextlib.contextmanager
def servers(folder):
    """Ours, moto_server and versitygw."""
    with contextlib.ExitStack() as stack:
        found = []
        for server in (Ours(), Moto(), Versitygw(folder)):
            found.append(server.start())
            stack.callback(server.close)
        wait_for(found[1])
        yield found
