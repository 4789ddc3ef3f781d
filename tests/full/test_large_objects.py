"""Objects of the largest size pass through the server without being held in it."""

import hashlib
import http.client
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

GIB = 2**30
MEMORY_LIMIT_MIB = 200


class Pattern:
    """A readable stream of `size` bytes that are cheap to make and to check."""

    def __init__(self, size):
        self.left = size
        self.block = hashlib.sha256(b"seed").digest() * 32768

    def __len__(self):
        return self.left

    def read(self, amount=-1):
        amount = self.left if amount < 0 else min(amount, self.left)
        self.left -= amount
        whole, rest = divmod(amount, len(self.block))
        return self.block * whole + self.block[:rest]


def resident_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0


def test_five_gibibytes_stream_both_ways_in_little_memory(own_server, fresh):
    server = own_server()
    s3 = server.client("s3", request_checksum_calculation="when_required", read_timeout=600)
    name = fresh("bucket")
    s3.create_bucket(Bucket=name)
    most, done = [0.0], threading.Event()

    def watch():
        while not done.is_set():
            most[0] = max(most[0], resident_mib(server.process.pid))
            time.sleep(0.1)  # between two looks at the memory

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        url = s3.generate_presigned_url("put_object", Params={"Bucket": name, "Key": "large"}, ExpiresIn=3600)
        put(url, Pattern(5 * GIB), 5 * GIB)
        body = s3.get_object(Bucket=name, Key="large")["Body"]
        size = 0
        expected = Pattern(5 * GIB)
        for chunk in body.iter_chunks(2**20):
            assert chunk == expected.read(len(chunk))
            size += len(chunk)
        assert size == 5 * GIB
    finally:
        done.set()
        watcher.join()
    assert most[0] < MEMORY_LIMIT_MIB
    s3.delete_object(Bucket=name, Key="large")
    s3.delete_bucket(Bucket=name)


def put(url, source, size):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=600, blocksize=2**20)
    connection.request("PUT", f"{parts.path}?{parts.query}", body=source, headers={"Content-Length": str(size)})
    response = connection.getresponse()
    assert response.status == 200, response.read()
    response.read()
    connection.close()
