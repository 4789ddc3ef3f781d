"""Signed requests made beforehand and sent by wrk: the client costs both servers the same, and next to nothing."""

import json
import re
import subprocess
import urllib.request
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

LUA = Path(__file__).parent / "replay.lua"
REGION = "us-east-1"
_RESULT = re.compile(r"RESULT requests=(\d+) seconds=([\d.]+) p50_ms=([\d.]+) p99_ms=([\d.]+) failed=(\d+)")


def signed_headers(url, keys, body, headers, service="sagemaker", region=REGION):
    """The headers with a SigV4 signature of now."""
    request = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(Credentials(*keys), service, region).add_auth(request)
    return dict(request.headers)


def line_of(method, path, headers, body=""):
    """One request as a line of JSON, as replay.lua reads it. Flat strings, no quotes in the path."""
    return json.dumps({"method": method, "path": path, "headers": headers, "body": body})


def signed(url, keys, operation, body):
    """One SageMaker request as a line."""
    text = json.dumps(body)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{operation}"}
    return line_of("POST", "/", signed_headers(url + "/", keys, text, headers), text)


def signed_invocation(url, keys, endpoint, content_type, body):
    """One InvokeEndpoint as a line."""
    path = f"/endpoints/{endpoint}/invocations"
    return line_of("POST", path, signed_headers(url + path, keys, body, {"Content-Type": content_type}), body)


def request_of(url, line):
    """A line of `signed` for urllib."""
    request = json.loads(line)
    return urllib.request.Request(url + "/", request["body"].encode(), request["headers"])


def replay(url, lines, connections, seconds, folder):
    """Sends the requests in turn; a dict of requests per second and latencies in ms. Fails on any answer but 200."""
    path = Path(folder) / "requests.jsonl"
    path.write_text("\n".join(lines))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "--latency", "-s", str(LUA)]
    output = subprocess.run([*command, url, "--", str(path)], capture_output=True, text=True, check=True).stdout
    found = _RESULT.search(output)
    if not found:
        raise RuntimeError(f"wrk said no result: {output}")
    requests, took, p50, p99, failed = (float(group) for group in found.groups())
    if not p50:
        raise RuntimeError(f"no answer of {url} within {seconds} s; leave the machine alone, or give it more --seconds")
    if failed:
        raise RuntimeError(f"{failed:.0f} of {requests:.0f} answers of {url} were not 200")
    return {"per_second": requests / took, "p50_ms": p50, "p99_ms": p99, "requests": requests}
