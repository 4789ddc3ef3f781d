"""A call signed with the job's own credentials (AWS General Reference, Signature Version 4)."""

import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request

HOST = "169.254.170.2"


def call(service, body, content_type, method="POST", path="/", headers=None):
    """The answer's first bytes. Raises PermissionError with the refusal's words."""
    address = f"http://{HOST}{os.environ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']}"
    with urllib.request.urlopen(address, timeout=2) as answer:
        keys = json.load(answer)
    region = os.environ["AWS_REGION"]
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    digest = hashlib.sha256(body).hexdigest()
    named = {
        "content-type": content_type,
        "host": HOST,
        "x-amz-content-sha256": digest,
        "x-amz-date": moment,
        "x-amz-security-token": keys["Token"],
        **{name.lower(): value for name, value in (headers or {}).items()},
    }
    names = ";".join(sorted(named))
    lines = "".join(f"{name}:{named[name]}\n" for name in sorted(named))
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{digest}"
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = b"AWS4" + keys["SecretAccessKey"].encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    credential = f"Credential={keys['AccessKeyId']}/{scope}"
    named["authorization"] = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={key.hex()}"
    sent = urllib.request.Request(f"http://{HOST}{path}", data=body or None, headers=named, method=method)
    try:
        with urllib.request.urlopen(sent, timeout=2) as answer:
            return answer.read(200)
    except urllib.error.HTTPError as refusal:
        raise PermissionError(refusal.read(200).decode()) from refusal
