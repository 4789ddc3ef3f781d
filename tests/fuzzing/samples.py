"""Valid calls of every operation in every protocol that its service speaks, encoded by botocore's own serializers."""

import functools
import random
import re
from pathlib import Path
from urllib.parse import urlencode

import botocore.loaders
import botocore.model
import botocore.serialize
from line import Call
from negative_cases import Service
from server_process import ACCOUNT, ROLE

CONTRACT = Path(__file__).parents[2] / "contract"
BUCKETS = ("fuzzed-one", "fuzzed-two")
#: service: (signing name, protocols, how often it is asked).
SERVICES = {
    "sagemaker": ("sagemaker", ("json",), 5),
    "s3": ("s3", ("rest-xml",), 6),
    "iam": ("iam", ("query",), 4),
    "logs": ("logs", ("json",), 4),
    "cloudwatch": ("monitoring", ("query", "json", "smithy-rpc-v2-cbor"), 5),
    "kms": ("kms", ("json",), 3),
    "ecr": ("ecr", ("json",), 3),
    "events": ("events", ("json",), 3),
    "sns": ("sns", ("query",), 3),
    "secretsmanager": ("secretsmanager", ("json",), 2),
    "cloudtrail": ("cloudtrail", ("json",), 2),
    "ec2": ("ec2", ("ec2",), 1),
    "sts": ("sts", ("query",), 1),
    "sagemaker-runtime": ("sagemaker", ("rest-json",), 2),
    "sagemaker-a2i-runtime": ("sagemaker", ("rest-json",), 1),
}
#: Values that exist, or may, so that calls get further than to a name nobody knows.
KNOWN = {
    "AliasName": ("alias/fuzzed",),
    "Bucket": BUCKETS,
    "CopySource": ("/fuzzed-one/key", "fuzzed-two/a%20b", "/fuzzed-one/key?versionId=null"),
    "ExecutionRoleArn": (ROLE,),
    "DestinationKeyId": ("alias/fuzzed",),
    "Key": ("key", "a b/ü+(1).txt", "folder/", "//"),
    "KeyId": ("alias/fuzzed",),
    "MetricName": ("m",),
    "ModelName": ("fuzzed",),
    "Namespace": ("fuzzed",),
    "PolicyArn": (f"arn:aws:iam::{ACCOUNT}:policy/fuzzed",),
    "PolicyName": ("fuzzed",),
    "RoleArn": (ROLE,),
    "RoleName": ("fuzzed",),
    "UserName": ("fuzzed",),
    "VersionId": ("null",),
    "imageTag": ("v1",),
    "logGroupName": ("fuzzed",),
    "logStreamName": ("fuzzed",),
    "repositoryName": ("fuzzed",),
    "resourceArn": (f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/fuzzed",),
}
#: These would have the machine work when they are right.
_UNKNOWN_NAMES = re.compile("Create(Endpoint$|.*Job)|UpdateEndpoint")
#: Of SageMaker's; what is not built is asked seldom, since it answers all alike.
_BUILT = re.compile("(Model|Models|Endpoint|Endpoints|EndpointConfigs?|(Training|Transform)Jobs?|Capacities|Tags)$")
#: Samples of an operation: the smallest, and others with more or less in them.
VARIANTS = 4
_LISTS = 2
_DEEPEST = 5


class Inputs(Service):
    """Valid inputs with optional members."""

    def sample(self, operation, chance):
        shape = self.operations[operation].get("input")
        known = {} if _UNKNOWN_NAMES.match(operation) else KNOWN
        return self._filled(shape["shape"], chance, 0, known) if shape else {}

    def _filled(self, name, chance, depth, known):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape, chance, depth, known)
        if kind == "list" and depth < _DEEPEST:
            size = max(shape.get("min", 0), chance.randrange(_LISTS + 1))
            size = min(size, shape.get("max", size))
            return [self._filled(shape["member"]["shape"], chance, depth + 1, known) for _ in range(size)]
        if kind == "string" and shape.get("enum"):
            return chance.choice(shape["enum"])
        return self._small(name)

    def _structure(self, shape, chance, depth, known):
        members = shape["members"]
        required = shape.get("required", [])
        more = [name for name in members if name not in required and depth < _DEEPEST and chance.random() < 0.4]
        names = [chance.choice(list(members))] if shape.get("union") else [*required, *more]
        return {
            name: chance.choice(known[name])
            if name in known
            else self._filled(members[name]["shape"], chance, depth + 1, known)
            for name in names
        }

    @functools.cache  # noqa: B019 - as long as the tests
    def _small(self, name):
        return self._minimal(name)


@functools.cache
def _inputs(service):
    return Inputs(service)


@functools.cache
def _model(service):
    return botocore.model.ServiceModel(botocore.loaders.create_loader().load_service_model(service, "service-2"))


@functools.cache
def operations(service):
    """Names of those that are served, and one that is not."""
    lines = (CONTRACT / service / "operations.txt").read_text().splitlines()
    served = [name for line in lines if (name := line.split("#")[0].strip())]
    others = sorted(set(_model(service).operation_names) - set(served))
    return served + others[:1]


@functools.cache
def sample(service, protocol, operation, variant):
    """A Call without host and signature; None where botocore can make none."""
    chance = random.Random(f"{service} {operation} {variant}")
    inputs, model = _inputs(service), _model(service)
    try:
        given = inputs.sample(operation, chance) if variant else inputs.minimal(operation)
    except ValueError:
        return None
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    made = serializer.serialize_to_request(given, model.operation_model(operation))
    query = made["query_string"]
    query = query if isinstance(query, str) else urlencode(list(_pairs(query)))
    path, _, more = made["url_path"].partition("?")
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    body = body.encode() if isinstance(body, str) else bytes(body or b"")
    headers = tuple((name, str(value)) for name, value in made["headers"].items() if name != "Content-Length")
    pairs = tuple(pair for text in (more, query) for pair in text.split("&") if pair)
    return Call(made["method"], path, headers, body, pairs)


def _pairs(query):
    for name, value in query.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one


def a_sample(chance):
    """(signing name, protocol, what it is in words, Call)."""
    names = list(SERVICES)
    while True:
        service = chance.choices(names, [weight for _, _, weight in SERVICES.values()])[0]
        signing, protocols, _ = SERVICES[service]
        protocol = chance.choice(protocols)
        operation = chance.choice(operations(service))
        if service.startswith("sagemaker") and not _BUILT.search(operation) and chance.random() < 0.9:
            continue
        call = sample(service, protocol, operation, chance.randrange(VARIANTS))
        if call is not None:
            return signing, protocol, f"{service} {operation} {protocol}", call
