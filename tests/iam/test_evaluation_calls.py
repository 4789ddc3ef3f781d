"""Decisions of IAM in calls really made: S3 with policies of users, sessions and buckets; roles; keys of KMS."""

import contextlib
import json
import os
import types

import pytest
from botocore.exceptions import ClientError
from evaluation_cases.calls import (
    ANN,
    BOB,
    BOUNDED,
    BUCKET,
    READER,
    ROOT,
    SESSION,
    SESSIONS,
    USERS,
    role_arn,
    user_arn,
)
from evaluation_cases.layers import to
from policies import allow, deny, policy, refusal
from server_process import ACCOUNT, server_of_two_accounts
from users import remove_policies
from xgboost_jobs import IMAGE

KEY = "in/a.csv"
BUCKETS_OBJECTS = f"arn:aws:s3:::{BUCKET}/*"


def is_allowed(call):
    """Whether the call is made; any other failure than a refusal is one of the test."""
    try:
        call()
    except ClientError as caught:
        assert caught.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"), caught
        return False
    return True


@pytest.fixture(scope="module")
def world(server):
    """The bucket with its object, two users and two roles; one of each has a boundary that allows EC2 alone."""
    iam, s3 = server.client("iam"), server.client("s3")
    boundary = iam.create_policy(PolicyName=f"ec2-{os.getpid()}", PolicyDocument=policy(allow("ec2:*")))["Policy"][
        "Arn"
    ]
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"})
    bounds = {ANN: {}, BOB: {"PermissionsBoundary": boundary}, READER: {}, BOUNDED: {"PermissionsBoundary": boundary}}
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"a", Tagging="SageMaker=true")
    keys = {}
    for name in (ANN, BOB):
        iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "red"}], **bounds[name])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys[name] = (key["AccessKeyId"], key["SecretAccessKey"])
    for name in (READER, BOUNDED):
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=trust,
            Tags=[{"Key": "team", "Value": "blue"}],
            **bounds[name],
        )
    yield types.SimpleNamespace(server=server, iam=iam, s3=s3, keys=keys, clients={})
    with contextlib.suppress(ClientError):
        s3.delete_bucket_policy(Bucket=BUCKET)
    for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=found["Key"])
    s3.delete_bucket(Bucket=BUCKET)
    for name in (ANN, BOB):
        remove_policies(iam, "User", name)
        iam.delete_access_key(UserName=name, AccessKeyId=keys[name][0])
        iam.delete_user(UserName=name)
    for name in (READER, BOUNDED):
        remove_policies(iam, "Role", name)
        iam.delete_role(RoleName=name)
    iam.delete_policy(PolicyArn=boundary)


def give(world, name, statements):
    """The user or role has these statements and no others."""
    word = "user" if name in (ANN, BOB) else "role"
    who = {f"{word.capitalize()}Name": name, "PolicyName": "given"}
    if statements:
        getattr(world.iam, f"put_{word}_policy")(**who, PolicyDocument=policy(*statements))
    else:
        with contextlib.suppress(world.iam.exceptions.NoSuchEntityException):
            getattr(world.iam, f"delete_{word}_policy")(**who)


def client_of(world, row, service="s3"):
    """A client of whoever calls, after their policies have been set."""
    server = world.server
    if row.who == "root":
        return server.client(service, profile="root")
    name = ANN if row.who == "token" else row.who
    give(world, name, row.identity)
    narrowed = {} if row.session is None else {"Policy": policy(*row.session)}
    # Sessions follow the policies of their user or role: one serves every row.
    known = (row.who, *narrowed.values())
    if known not in world.clients:
        world.clients[known] = made_client(world, row.who, narrowed, service)
    return world.clients[known]


def made_client(world, who, narrowed, service):
    if who in world.keys:
        return world.server.client(service, keys=world.keys[who])
    if who == "token":
        made = world.server.client("sts", keys=world.keys[ANN]).get_session_token()["Credentials"]
    else:
        sts = world.server.client("sts")
        made = sts.assume_role(RoleArn=role_arn(who), RoleSessionName=SESSION, **narrowed)["Credentials"]
    return as_session(world.server, made, service)


def as_session(server, made, service):
    return server.client(service, keys=(made["AccessKeyId"], made["SecretAccessKey"]), token=made["SessionToken"])


@pytest.mark.parametrize("row", [*USERS.values(), *SESSIONS.values()], ids=[*USERS, *SESSIONS])
def test_calls_to_s3(world, row):
    if row.bucket:
        world.s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(*row.bucket))
    else:
        world.s3.delete_bucket_policy(Bucket=BUCKET)
    s3 = client_of(world, row)
    name, more = row.call
    calls = {
        "get": lambda: s3.get_object(Bucket=BUCKET, Key=KEY, **more),
        "put": lambda: s3.put_object(Bucket=BUCKET, Key="in/b.csv", Body=b"b", **more),
        "list": lambda: s3.list_objects_v2(Bucket=BUCKET, **more),
    }
    assert is_allowed(calls[name]) == row.allowed


ASSUME = "sts:AssumeRole"


def trusting(principal, effect="Allow", **more):
    return {"Effect": effect, "Principal": principal, "Action": ASSUME, **more}


# Policies of the user ann, trust of the role, whether ann may assume it.
TRUST = {
    "the trust names the user": ((), [trusting({"AWS": user_arn(ANN)})], True),
    "the trust names another": ((), [trusting({"AWS": user_arn(BOB)})], False),
    "the trust names another, the user's policy allows": ((allow(ASSUME),), [trusting({"AWS": user_arn(BOB)})], False),
    "the trust names the account, the user's policy allows": ((allow(ASSUME),), [trusting({"AWS": ROOT})], True),
    "the trust names the account alone": ((), [trusting({"AWS": ACCOUNT})], False),
    "the trust names a service": ((allow("*"),), [trusting({"Service": "sagemaker.amazonaws.com"})], False),
    "the trust names everyone": ((), [trusting("*")], True),
    "the trust names everyone of the account": (
        (),
        [trusting("*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})],
        True,
    ),
    "the trust names everyone of another account": (
        (),
        [trusting("*", Condition={"StringEquals": {"aws:PrincipalAccount": "111122223333"}})],
        False,
    ),
    "the trust denies the user": (
        (allow("*"),),
        [trusting({"AWS": ROOT}), trusting({"AWS": user_arn(ANN)}, effect="Deny")],
        False,
    ),
    "the user's policy denies": ((deny(ASSUME),), [trusting({"AWS": user_arn(ANN)})], False),
    "the user's policy allows other roles": (
        (allow(ASSUME, role_arn("Other")),),
        [trusting({"AWS": ROOT})],
        False,
    ),
    "the session has to have the user's name and has it": (
        (),
        [trusting({"AWS": user_arn(ANN)}, Condition={"StringLike": {"sts:RoleSessionName": "${aws:username}"}})],
        True,
    ),
    "the trust asks for a tag of the user": (
        (),
        [trusting({"AWS": user_arn(ANN)}, Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})],
        True,
    ),
    "the trust asks for another tag of the user": (
        (),
        [trusting({"AWS": user_arn(ANN)}, Condition={"StringEquals": {"aws:PrincipalTag/team": "green"}})],
        False,
    ),
}


@pytest.mark.parametrize("row", TRUST.values(), ids=TRUST)
def test_roles_are_assumed_by_whom_they_trust(world, row):
    identity, trust, allowed = row
    give(world, ANN, identity)
    name = f"Trusting-{os.getpid()}"
    role = world.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(*trust))["Role"]["Arn"]
    try:
        sts = world.server.client("sts", keys=world.keys[ANN])
        assert is_allowed(lambda: sts.assume_role(RoleArn=role, RoleSessionName=ANN)) == allowed
        give(world, ANN, (deny("*"),))
        assert sts.get_caller_identity()["Arn"] == user_arn(ANN)
    finally:
        world.iam.delete_role(RoleName=name)


USE = ("kms:Encrypt", "kms:DescribeKey")
OWNER = to({"AWS": ROOT}, allow("kms:*"))
BY_POLICY = to({"AWS": ROOT}, allow(["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]))

# Policies of the user ann, statements of the key's policy beside the deletion, whether ann may encrypt.
KEYS = {
    "the key leaves it to policies, the user's allows": ((allow(list(USE)),), [OWNER], True),
    "the key leaves it to policies, the user has none": ((), [OWNER], False),
    "the key does not name the account, the user's policy allows": ((allow("kms:*"),), [BY_POLICY], False),
    "the key names the user": ((), [BY_POLICY, to({"AWS": user_arn(ANN)}, allow("kms:Encrypt"))], True),
    "the key names another": ((), [BY_POLICY, to({"AWS": user_arn(BOB)}, allow("kms:Encrypt"))], False),
    "the key names the user for another action": (
        (),
        [BY_POLICY, to({"AWS": user_arn(ANN)}, allow("kms:Decrypt"))],
        False,
    ),
    "the key denies the user": ((allow("kms:*"),), [OWNER, to({"AWS": user_arn(ANN)}, deny("kms:Encrypt"))], False),
    "the user's policy denies": (
        (deny("kms:*"),),
        [to({"AWS": user_arn(ANN)}, allow("kms:Encrypt")), BY_POLICY],
        False,
    ),
    "the context that the policy asks for": (
        (allow("kms:Encrypt", Condition={"StringEquals": {"kms:EncryptionContext:team": "red"}}),),
        [OWNER],
        True,
    ),
    "another context than the policy asks for": (
        (allow("kms:Encrypt", Condition={"StringEquals": {"kms:EncryptionContext:team": "blue"}}),),
        [OWNER],
        False,
    ),
}


@pytest.mark.parametrize("row", KEYS.values(), ids=KEYS)
def test_keys_are_used_by_whom_their_policy_lets(world, row):
    identity, statements, allowed = row
    give(world, ANN, identity)
    admin = world.server.client("kms", profile="root")
    key = admin.create_key(Policy=policy(*statements), BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["KeyId"]
    kms = world.server.client("kms", keys=world.keys[ANN])
    asked = {"KeyId": key, "Plaintext": b"x", "EncryptionContext": {"team": "red"}}
    assert is_allowed(lambda: kms.encrypt(**asked)) == allowed
    admin.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


HERE, THERE = "111122223333", "444455556666"
FOREIGN = f"arn:aws:iam::{HERE}:user/carlos"
PRODUCTION = "production-bucket"
OBJECTS = f"arn:aws:s3:::{PRODUCTION}/*"


@pytest.fixture(scope="module")
def two_accounts():
    """A server that served one account and now serves another: the user carlos of the first, a bucket of the second."""
    with server_of_two_accounts(HERE, THERE) as (server, root):
        theirs = server.client("iam", keys=root)
        theirs.create_user(UserName="carlos")
        key = theirs.create_access_key(UserName="carlos")["AccessKey"]
        carlos = (key["AccessKeyId"], key["SecretAccessKey"])
        s3 = server.client("s3", profile="root")
        s3.create_bucket(Bucket=PRODUCTION)
        s3.put_object(Bucket=PRODUCTION, Key="a", Body=b"a")
        yield types.SimpleNamespace(server=server, carlos=carlos, theirs=theirs, s3=s3)


def granting(principal, statement):
    return [to(principal, statement)]


READ = allow("s3:GetObject", OBJECTS)
# Policies of carlos, the bucket's policy, whether he may read.
OTHER_ACCOUNT = {
    "both sides allow": ([READ], granting({"AWS": FOREIGN}, READ), True),
    "both sides allow, the bucket by account": ([READ], granting({"AWS": HERE}, READ), True),
    "both sides allow, the bucket for everyone": ([READ], granting("*", READ), True),
    "the user's side alone": ([READ], [], False),
    "the bucket's side alone": ([], granting({"AWS": FOREIGN}, READ), False),
    "the bucket's side alone, for everyone": ([], granting("*", READ), False),
    "the bucket's side names its own account": ([READ], granting({"AWS": THERE}, READ), False),
    "the user's side denies": ([READ, deny("s3:*")], granting({"AWS": FOREIGN}, READ), False),
    "the bucket's side denies": (
        [READ],
        [to({"AWS": FOREIGN}, READ), to({"AWS": HERE}, deny("s3:GetObject", OBJECTS))],
        False,
    ),
    "the caller's account is asked for": (
        [READ],
        granting("*", {**READ, "Condition": {"StringEquals": {"aws:PrincipalAccount": HERE}}}),
        True,
    ),
    "the resource's account is asked for": (
        [{**READ, "Condition": {"StringEquals": {"aws:ResourceAccount": THERE}}}],
        granting({"AWS": FOREIGN}, READ),
        True,
    ),
    "the resource's account is not the caller's": (
        [{**READ, "Condition": {"StringEquals": {"aws:ResourceAccount": HERE}}}],
        granting({"AWS": FOREIGN}, READ),
        False,
    ),
}


@pytest.mark.parametrize("row", OTHER_ACCOUNT.values(), ids=OTHER_ACCOUNT)
def test_a_bucket_of_another_account(two_accounts, row):
    identity, bucket, allowed = row
    allow_carlos(two_accounts, identity)
    if bucket:
        two_accounts.s3.put_bucket_policy(Bucket=PRODUCTION, Policy=policy(*bucket))
    else:
        two_accounts.s3.delete_bucket_policy(Bucket=PRODUCTION)
    s3 = two_accounts.server.client("s3", keys=two_accounts.carlos)
    assert is_allowed(lambda: s3.get_object(Bucket=PRODUCTION, Key="a")) == allowed


def allow_carlos(two_accounts, statements):
    document = policy(*(statements or [allow("cloudwatch:GetMetricData")]))
    two_accounts.theirs.put_user_policy(UserName="carlos", PolicyName="given", PolicyDocument=document)


FAR_ROLE = f"arn:aws:iam::{THERE}:role/Visitor"
FAR_TRUST = {
    "both sides allow": ([allow(ASSUME, FAR_ROLE)], {"AWS": FOREIGN}, True),
    "both sides allow, the trust by account": ([allow(ASSUME, FAR_ROLE)], {"AWS": HERE}, True),
    "the user's side alone": ([allow(ASSUME, FAR_ROLE)], {"AWS": THERE}, False),
    "the trust alone": ([], {"AWS": FOREIGN}, False),
    "the user's side denies": ([allow("*"), deny(ASSUME)], {"AWS": FOREIGN}, False),
}


@pytest.mark.parametrize("row", FAR_TRUST.values(), ids=FAR_TRUST)
def test_a_role_of_another_account(two_accounts, row):
    identity, principal, allowed = row
    allow_carlos(two_accounts, identity)
    iam = two_accounts.server.client("iam", profile="root")
    iam.create_role(RoleName="Visitor", AssumeRolePolicyDocument=policy(trusting(principal)))
    try:
        iam.put_role_policy(RoleName="Visitor", PolicyName="given", PolicyDocument=policy(allow("s3:ListAllMyBuckets")))
        sts = two_accounts.server.client("sts", keys=two_accounts.carlos)
        made = []

        def assume():
            made.append(sts.assume_role(RoleArn=FAR_ROLE, RoleSessionName="s1")["Credentials"])

        assert is_allowed(assume) == allowed
        for each in made:
            found = as_session(two_accounts.server, each, "s3").list_buckets()["Buckets"]
            assert [bucket["Name"] for bucket in found] == [PRODUCTION]
    finally:
        iam.delete_role_policy(RoleName="Visitor", PolicyName="given")
        iam.delete_role(RoleName="Visitor")


def test_a_role_of_another_account_is_not_handed_to_a_service(two_accounts):
    """Not even one that trusts the service, by a user who may pass every role."""
    allow_carlos(two_accounts, [allow("*")])
    events = two_accounts.server.client("events", keys=two_accounts.carlos)
    trails = two_accounts.server.client("cloudtrail", keys=two_accounts.carlos)
    events.put_rule(Name="far", EventPattern='{"source": ["far"]}')
    bus = f"arn:aws:events:us-east-1:{THERE}:event-bus/default"
    group = f"arn:aws:logs:us-east-1:{HERE}:log-group:far"
    trail = {"Name": "far", "S3BucketName": PRODUCTION, "CloudWatchLogsLogGroupArn": group}
    calls = [
        lambda: events.put_targets(Rule="far", Targets=[{"Id": "bus", "Arn": bus, "RoleArn": FAR_ROLE}]),
        lambda: events.put_rule(Name="far", EventPattern='{"source": ["far"]}', RoleArn=FAR_ROLE),
        lambda: trails.create_trail(**trail, CloudWatchLogsRoleArn=FAR_ROLE),
    ]
    try:
        for call in calls:
            code, text = refusal(call)
            assert code.startswith("AccessDenied")
            assert "iam:PassRole" in text
    finally:
        events.delete_rule(Name="far")


@pytest.mark.parametrize("profile", ["default", "root"])
def test_a_role_of_another_account_cannot_be_passed(two_accounts, profile):
    sagemaker = two_accounts.server.client("sagemaker", profile=profile)
    foreign = f"arn:aws:iam::{HERE}:role/SageMakerRole"
    assert two_accounts.theirs.get_role(RoleName="SageMakerRole")["Role"]["Arn"] == foreign
    model = {"ModelName": "stolen", "ExecutionRoleArn": foreign, "PrimaryContainer": {"Image": IMAGE}}
    code, text = refusal(lambda: sagemaker.create_model(**model))
    assert code == "AccessDeniedException"
    assert f"iam:PassRole on resource: {foreign}" in text


def test_a_bucket_names_an_account_by_its_canonical_id(world):
    owner = world.s3.get_bucket_acl(Bucket=BUCKET)["Owner"]["ID"]
    world.s3.put_bucket_policy(
        Bucket=BUCKET, Policy=policy(to({"CanonicalUser": owner}, deny("s3:GetObject", BUCKETS_OBJECTS)))
    )
    give(world, ANN, (allow("*"),))
    s3 = world.server.client("s3", keys=world.keys[ANN])
    assert not is_allowed(lambda: s3.get_object(Bucket=BUCKET, Key=KEY))
    world.s3.put_bucket_policy(
        Bucket=BUCKET, Policy=policy(to({"CanonicalUser": "0" * 64}, deny("s3:GetObject", BUCKETS_OBJECTS)))
    )
    assert is_allowed(lambda: s3.get_object(Bucket=BUCKET, Key=KEY))


def test_policies_say_the_same_with_and_without_a_list(world):
    """One statement, one action, one resource and one principal may stand without brackets."""
    give(world, ANN, ())
    statement = {"Effect": "Allow", "Principal": {"AWS": [user_arn(ANN)]}, "Action": ["s3:GetObject"]}
    for document in (
        {"Statement": {**statement, "Resource": f"arn:aws:s3:::{BUCKET}/*"}},
        {"Statement": [{**statement, "Resource": [f"arn:aws:s3:::{BUCKET}/*"]}]},
    ):
        world.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", **document}))
        s3 = world.server.client("s3", keys=world.keys[ANN])
        assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"a"
