"""Signed calls of SageMaker on one kept connection, a quarter of a millisecond each: no client looks at the input."""

import base64
import datetime
import json

from line import Call, Line
from signer import Keys, Scope, sign_header


class JsonCalls:
    """ask("DescribeModel", {"ModelName": "a"}) sends it as it is and gives the answer."""

    def __init__(self, server, region="us-east-1", keys=None):
        self.line = Line(server.url)
        self.scope = Scope(Keys(*(keys or server.keys())), "sagemaker", region)
        self.host = server.url.removeprefix("http://")

    def ask(self, operation, document):
        return self.line.ask(self.signed(operation, document))

    def signed(self, operation, document):
        headers = (
            ("Host", self.host),
            ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", f"SageMaker.{operation}"),
        )
        body = json.dumps(document, default=_written).encode()
        return sign_header(Call("POST", "/", headers, body), self.scope)

    def answer(self, operation, document):
        """What a call that succeeds is answered with."""
        answer = self.ask(operation, document)
        assert answer.status == 200, (operation, document, answer)
        return json.loads(answer.body or b"{}")

    def refusal(self, operation, document):
        """(code, message) of a call that is refused."""
        answer = self.ask(operation, document)
        assert answer.status == 400, (operation, document, answer)
        return answer.code, message_of(answer)

    def close(self):
        self.line.close()


def _written(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} has no place in a call")


def message_of(answer):
    document = json.loads(answer.body)
    return document.get("message") or document.get("Message") or ""
