"""Runs inside a training job: who am I, by the credentials a container finds, with nothing but the standard library.

Signature Version 4 of a POST, AWS General Reference. Prints the answer of GetCallerIdentity.
"""

import datetime
import hashlib
import hmac
import json
import os
import urllib.request

ENDPOINT = "http://169.254.170.2"
BODY = b"Action=GetCallerIdentity&Version=2011-06-15"


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


path = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
print("credentials at", "a path" if path else "no path", flush=True)
keys = json.load(urllib.request.urlopen(ENDPOINT + (path or "/v2/credentials/none"), timeout=5))
now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
scope = f"{now[:8]}/us-east-1/sts/aws4_request"
headers = {
    "content-type": "application/x-www-form-urlencoded",
    "host": "169.254.170.2",
    "x-amz-date": now,
    "x-amz-security-token": keys["Token"],
}
names = ";".join(headers)
lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(BODY).hexdigest()}"
to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
key = ("AWS4" + keys["SecretAccessKey"]).encode()
for part in (now[:8], "us-east-1", "sts", "aws4_request"):
    key = sign(key, part)
signature = sign(key, to_sign).hex()
credential = f"{keys['AccessKeyId']}/{scope}"
headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
answer = urllib.request.urlopen(urllib.request.Request(ENDPOINT, BODY, headers), timeout=10)
print(answer.read().decode().replace("\n", ""))
try:
    other = path[: path.rindex(".") + 1] + "0" * 43
    urllib.request.urlopen(ENDPOINT + other, timeout=5)
except urllib.error.HTTPError as refused:
    print("with another token:", refused.code)
