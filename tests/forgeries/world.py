"""What forgers have to do with: keys of several people, alive and dead, and things that must stay as they are."""

import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from server_process import ROLE
from signer import Keys

#: Every name that a forged call would make begins with this, so that a list tells whether one was made.
CANARY = "canary"
BUCKET = "guarded-things"
KEPT = {f"kept-{number}": f"this is object {number}".encode() for number in range(8)}
EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
)
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"


@dataclass
class World:
    """`keys` are those that may do everything, by the kind of their owner."""

    url: str
    keys: dict
    deactivated: Keys
    deleted: Keys
    counter: int = field(default=0)

    @property
    def host(self):
        return urlsplit(self.url).netloc

    def fresh(self, prefix):
        self.counter += 1
        return f"{prefix}-{self.counter}"


def make_world(server):
    """Users, roles, sessions and objects on a server that nobody else uses."""
    iam, sts, s3 = (server.client(name) for name in ("iam", "sts", "s3"))

    def user(name):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=EVERYTHING)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Keys(key["AccessKeyId"], key["SecretAccessKey"])

    def session(name):
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=EVERYTHING)
        given = sts.assume_role(RoleArn=arn, RoleSessionName="forger")["Credentials"]
        return Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    keys = {"owner": Keys(*server.keys()), "user": user("alive"), "session": session("one"), "other": session("two")}
    deactivated, deleted = user("deactivated"), user("deleted")
    iam.update_access_key(UserName="deactivated", AccessKeyId=deactivated.access, Status="Inactive")
    iam.delete_access_key(UserName="deleted", AccessKeyId=deleted.access)
    s3.create_bucket(Bucket=BUCKET)
    for key, body in KEPT.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata={"told": "by the owner"}, ContentType="text/plain")
    return World(server.url, keys, deactivated, deleted)


def damage(server):
    """What shows that a forged call was run: names that should not be there, kept objects that are not as they were."""
    found = []
    lists = {
        "s3": ("list_objects_v2", "Contents", "Key", {"Bucket": BUCKET}),
        "iam": ("list_users", "Users", "UserName", {}),
        "logs": ("describe_log_groups", "logGroups", "logGroupName", {}),
        "sagemaker": ("list_models", "Models", "ModelName", {}),
        "cloudwatch": ("list_metrics", "Metrics", "Namespace", {}),
    }
    for service, (operation, member, name, parameters) in lists.items():
        for page in server.client(service).get_paginator(operation).paginate(**parameters):
            found += [(service, entry[name]) for entry in page.get(member, []) if CANARY in entry[name]]
    s3 = server.client("s3")
    found += [("s3", bucket["Name"]) for bucket in s3.list_buckets()["Buckets"] if CANARY in bucket["Name"]]
    for key, body in KEPT.items():
        try:
            kept = s3.get_object(Bucket=BUCKET, Key=key)
        except s3.exceptions.NoSuchKey:
            found.append(("s3", f"{key} is gone"))
            continue
        if kept["Body"].read() != body or kept["Metadata"] != {"told": "by the owner"}:
            found.append(("s3", f"{key} is another"))
    return found


def bodies(world, prefix):
    """Calls that make something of a new name, by service: (signing name, protocol) -> (headers, path, body)."""
    name = world.fresh(prefix)
    form = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
    json_type = ("Content-Type", "application/x-amz-json-1.1")
    metric = f"Action=PutMetricData&Version=2010-08-01&Namespace={name}&MetricData.member.1.MetricName=m"
    point = {"Namespace": name, "MetricData": [{"MetricName": "m", "Value": 1}]}
    model = {"ModelName": name, "PrimaryContainer": {"Image": IMAGE}, "ExecutionRoleArn": ROLE}
    return {
        "sagemaker": ((json_type, ("X-Amz-Target", "SageMaker.CreateModel")), "/", json.dumps(model)),
        "logs": (
            (json_type, ("X-Amz-Target", "Logs_20140328.CreateLogGroup")),
            "/",
            json.dumps({"logGroupName": name}),
        ),
        "iam": ((form,), "/", f"Action=CreateUser&Version=2010-05-08&UserName={name}"),
        "sts": ((form,), "/", "Action=GetCallerIdentity&Version=2011-06-15"),
        "monitoring": ((form,), "/", f"{metric}&MetricData.member.1.Value=1"),
        "monitoring json": (
            (
                ("Content-Type", "application/x-amz-json-1.0"),
                ("X-Amz-Target", "GraniteServiceVersion20100801.PutMetricData"),
            ),
            "/",
            json.dumps(point),
        ),
        "monitoring cbor": (
            (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")),
            "/service/GraniteServiceVersion20100801/operation/PutMetricData",
            _cbor(point),
        ),
        "sagemaker runtime": (
            (("Content-Type", "text/csv"), ("X-Amzn-SageMaker-Custom-Attributes", "a=b")),
            "/endpoints/nobody-made-this/invocations",
            "1,2,3",
        ),
    }


def _cbor(value):
    """RFC 8949, for what the calls above hold."""
    if isinstance(value, dict):
        return bytes([0xA0 + len(value)]) + b"".join(_cbor(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return bytes([0x80 + len(value)]) + b"".join(map(_cbor, value))
    if isinstance(value, int):
        return bytes([value])
    text = value.encode()
    return (bytes([0x60 + len(text)]) if len(text) < 24 else bytes([0x78, len(text)])) + text
