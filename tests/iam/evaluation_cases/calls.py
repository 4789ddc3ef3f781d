"""Calls really made to S3 by users, sessions of roles and tokens: who, with which policies, and whether they may.

IAM user guide, "Policy evaluation logic" (single account, resource-based policies and implicit denies), "Session
policies", "Permissions boundaries", "Principal key values" and "Global condition keys".
"""

import dataclasses
import os

from policies import allow, deny
from server_process import ACCOUNT

from .layers import to, to_all_but

# Names of this run; the tests make them.
BUCKET = f"houses-{os.getpid()}"
ANN, BOB = f"ann-{os.getpid()}", f"bob-{os.getpid()}"
READER, BOUNDED = f"Reader-{os.getpid()}", f"Bounded-{os.getpid()}"
SESSION = "monday"

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OBJECT = f"arn:aws:s3:::{BUCKET}/in/a.csv"
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
GET, PUT, LIST = "s3:GetObject", "s3:PutObject", "s3:ListBucket"


def user_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def session_arn(role, name=SESSION):
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"


@dataclasses.dataclass(frozen=True)
class Call:
    """who: ANN, BOB (a user whose boundary allows EC2 alone), READER, BOUNDED (a role with that boundary), "token" of
    ANN by GetSessionToken, or "root". identity, bucket, session: statements. call: "get", "put", "list" and members of
    the request."""

    who: str
    allowed: bool
    identity: tuple = ()
    bucket: tuple = ()
    session: tuple | None = None
    call: tuple = ("get", {})


def yes(who, **more):
    return Call(who, True, **more)


def no(who, **more):
    return Call(who, False, **more)


READ = allow(GET, OBJECTS)
MAY_READ, MAY_ALL, MAY_WRITE = (READ,), (allow("*"),), (allow(PUT, OBJECTS),)


def reading(principal, **more):
    """A bucket's policy that lets the principal read."""
    return (to(principal, allow(GET, OBJECTS, **more)),)


def not_reading(principal, **more):
    return (to(principal, deny(GET, OBJECTS, **more)),)


def when(**condition):
    """An identity policy that lets read under the condition: when(Bool={…})."""
    return (allow(GET, OBJECTS, Condition=condition),)


USERS = {
    "a user reads what its policy allows": yes(ANN, identity=MAY_READ),
    "a user without policies reads nothing": no(ANN),
    "a user reads nothing beside what its policy names": no(ANN, identity=(allow(GET, f"{OBJECTS}/out"),)),
    "a user does not write what it may read": no(ANN, identity=MAY_READ, call=("put", {})),
    "a bucket lets a user read by name": yes(ANN, bucket=reading({"AWS": user_arn(ANN)})),
    "a bucket lets another user read": no(ANN, bucket=reading({"AWS": user_arn(BOB)})),
    "a bucket that names the account leaves it to policies": no(ANN, bucket=reading({"AWS": ROOT})),
    "a bucket that names the account's number leaves it to policies": no(ANN, bucket=reading({"AWS": ACCOUNT})),
    "a bucket that names the account beside a user's policy": yes(
        ANN, identity=MAY_READ, bucket=reading({"AWS": ROOT})
    ),
    "a bucket lets everyone read": yes(ANN, bucket=reading("*")),
    "a bucket lets every AWS principal read": yes(ANN, bucket=reading({"AWS": "*"})),
    "a bucket denies a user": no(ANN, identity=MAY_ALL, bucket=not_reading({"AWS": user_arn(ANN)})),
    "a bucket denies the account": no(ANN, identity=MAY_ALL, bucket=not_reading({"AWS": ACCOUNT})),
    "a bucket denies another": yes(ANN, identity=MAY_ALL, bucket=not_reading({"AWS": user_arn(BOB)})),
    "a user's deny wins over the bucket": no(ANN, identity=(deny(GET),), bucket=reading({"AWS": user_arn(ANN)})),
    "a bucket denies all but whom NotPrincipal names": no(
        ANN, identity=MAY_ALL, bucket=(to_all_but({"AWS": [user_arn(BOB), ROOT]}, deny(GET, OBJECTS)),)
    ),
    "NotPrincipal spares the user it names": yes(
        ANN, identity=MAY_ALL, bucket=(to_all_but({"AWS": [user_arn(ANN), ROOT]}, deny(GET, OBJECTS)),)
    ),
    "a bucket denies all but one by PrincipalArn": no(
        ANN,
        identity=MAY_ALL,
        bucket=not_reading("*", Condition={"ArnNotEquals": {"aws:PrincipalArn": user_arn(BOB)}}),
    ),
    "PrincipalArn spares the user it names": yes(
        ANN,
        identity=MAY_ALL,
        bucket=not_reading("*", Condition={"ArnNotEquals": {"aws:PrincipalArn": user_arn(ANN)}}),
    ),
    "NotAction denies all other actions": no(
        ANN,
        identity=(allow("*"), {"Effect": "Deny", "NotAction": GET, "Resource": OBJECTS}),
        call=("put", {}),
    ),
    "NotAction spares its action": yes(
        ANN, identity=(allow("*"), {"Effect": "Deny", "NotAction": GET, "Resource": OBJECTS})
    ),
    "NotResource denies everything else": no(
        ANN,
        identity=(allow("*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": f"arn:aws:s3:::{BUCKET}/out/*"}),
    ),
    "NotResource spares its resource": yes(
        ANN,
        identity=(allow("*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": f"arn:aws:s3:::{BUCKET}/in/*"}),
    ),
    "the user's name in a bucket's policy": no(
        ANN,
        bucket=(to("*", allow(GET, f"arn:aws:s3:::{BUCKET}/${{aws:username}}/*")),),
    ),
    "the user's tag is red": yes(ANN, identity=when(StringEquals={"aws:PrincipalTag/team": "red"})),
    "the user's tag is not blue": no(ANN, identity=when(StringEquals={"aws:PrincipalTag/team": "blue"})),
    "the user's name": yes(ANN, identity=when(StringEquals={"aws:username": ANN})),
    "the user's type": yes(ANN, identity=when(StringEquals={"aws:PrincipalType": "User"})),
    "the user's id": yes(ANN, identity=when(StringLike={"aws:userid": "AIDA*"})),
    "the user's account": yes(ANN, identity=when(StringEquals={"aws:PrincipalAccount": ACCOUNT})),
    "the user is no service": yes(ANN, identity=when(Bool={"aws:PrincipalIsAWSService": "false"})),
    "the call is not made by a service": yes(ANN, identity=when(Bool={"aws:ViaAWSService": "false"})),
    "the resource's account": yes(ANN, identity=when(StringEquals={"aws:ResourceAccount": ACCOUNT})),
    "the resource's account is not another": no(ANN, identity=when(StringEquals={"aws:ResourceAccount": "1" * 12})),
    "the caller's address": yes(ANN, identity=when(IpAddress={"aws:SourceIp": ["127.0.0.0/8", "::1/128"]})),
    "the caller's address is not elsewhere": no(ANN, identity=when(IpAddress={"aws:SourceIp": "203.0.113.0/24"})),
    "the call came without TLS": yes(ANN, identity=when(Bool={"aws:SecureTransport": "false"})),
    "a bucket that demands TLS": no(
        ANN, identity=MAY_ALL, bucket=not_reading("*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    ),
    "the region": yes(ANN, identity=when(StringEquals={"aws:RequestedRegion": "us-east-1"})),
    "the region is not another": no(ANN, identity=when(StringEquals={"aws:RequestedRegion": "eu-west-1"})),
    "the client": yes(ANN, identity=when(StringLike={"aws:UserAgent": "Boto3/*"})),
    "the time after 2020": yes(ANN, identity=when(DateGreaterThan={"aws:CurrentTime": "2020-09-01T00:00:00Z"})),
    "the time before 2020": no(ANN, identity=when(DateLessThan={"aws:CurrentTime": "2020-09-01T00:00:00Z"})),
    "the time in seconds": yes(ANN, identity=when(NumericGreaterThan={"aws:EpochTime": "1598918400"})),
    "lasting keys have no time of issue": yes(ANN, identity=when(Null={"aws:TokenIssueTime": "true"})),
    "lasting keys say nothing of multi-factor codes": no(
        ANN, identity=when(Bool={"aws:MultiFactorAuthPresent": "false"})
    ),
    "BoolIfExists lets lasting keys pass": yes(ANN, identity=when(BoolIfExists={"aws:MultiFactorAuthPresent": "true"})),
    "no page led here": no(ANN, identity=when(StringLike={"aws:Referer": "*"})),
    "no source identity": yes(ANN, identity=when(Null={"aws:SourceIdentity": "true"})),
    "no service called on the way": yes(ANN, identity=when(Null={"aws:CalledVia": "true"})),
    "no resource acts here": yes(ANN, identity=when(Null={"aws:SourceArn": "true", "aws:SourceAccount": "true"})),
    "the object's tag": yes(ANN, identity=when(StringEqualsIgnoreCase={"s3:ExistingObjectTag/SageMaker": "TRUE"})),
    "the object's tag is not another": no(ANN, identity=when(StringEquals={"s3:ExistingObjectTag/SageMaker": "no"})),
    "a prefix that may be listed": yes(
        ANN,
        identity=(allow(LIST, Condition={"StringLike": {"s3:prefix": ["", "in/*"]}}),),
        call=("list", {"Prefix": "in/"}),
    ),
    "a prefix that may not be listed": no(
        ANN,
        identity=(allow(LIST, Condition={"StringLike": {"s3:prefix": ["", "in/*"]}}),),
        call=("list", {"Prefix": "out/"}),
    ),
    "a page that is not too long": yes(
        ANN,
        identity=(allow(LIST, Condition={"NumericLessThanEquals": {"s3:max-keys": "10"}}),),
        call=("list", {"MaxKeys": 10}),
    ),
    "a page that is too long": no(
        ANN,
        identity=(allow(LIST, Condition={"NumericLessThanEquals": {"s3:max-keys": "10"}}),),
        call=("list", {"MaxKeys": 11}),
    ),
    "an access control list that may be given": yes(
        ANN,
        identity=(allow("s3:*", Condition={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}),),
        call=("put", {"ACL": "bucket-owner-full-control"}),
    ),
    "an access control list that is demanded": no(
        ANN,
        identity=(allow("s3:*", Condition={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}),),
        call=("put", {}),
    ),
    "a tag that has to be given": yes(
        ANN,
        identity=(allow("s3:*", Condition={"StringEquals": {"s3:RequestObjectTag/team": "red"}}),),
        call=("put", {"Tagging": "team=red"}),
    ),
    "a tag that may not be given": no(
        ANN,
        identity=(
            allow("s3:*"),
            deny("s3:*", Condition={"ForAnyValue:StringEquals": {"s3:RequestObjectTagKeys": ["team"]}}),
        ),
        call=("put", {"Tagging": "team=red"}),
    ),
    "encryption that has to be asked for": no(
        ANN,
        identity=(allow("s3:*"), deny(PUT, Condition={"Null": {"s3:x-amz-server-side-encryption": "true"}})),
        call=("put", {}),
    ),
    "encryption that is asked for": yes(
        ANN,
        identity=(allow("s3:*"), deny(PUT, Condition={"Null": {"s3:x-amz-server-side-encryption": "true"}})),
        call=("put", {"ServerSideEncryption": "AES256"}),
    ),
    "a bounded user does not read what its policy allows": no(BOB, identity=MAY_ALL),
    "a bounded user reads what a bucket lets it by name": yes(BOB, bucket=reading({"AWS": user_arn(BOB)})),
    "a bounded user reads what everyone may": yes(BOB, bucket=reading("*")),
    "a bounded user is limited where a bucket names the account": no(
        BOB, identity=MAY_ALL, bucket=reading({"AWS": ROOT})
    ),
    "root needs no policy": yes("root"),
    "root is denied by a bucket": no("root", bucket=not_reading({"AWS": ROOT})),
}

SESSIONS = {
    "a session reads what its role may": yes(READER, identity=MAY_READ),
    "a session of a role without policies reads nothing": no(READER),
    "a bucket lets the role read": yes(READER, bucket=reading({"AWS": role_arn(READER)})),
    "a bucket lets the session read": yes(READER, bucket=reading({"AWS": session_arn(READER)})),
    "a bucket lets another session of the role read": no(
        READER, bucket=reading({"AWS": session_arn(READER, "tuesday")})
    ),
    "a bucket lets the account's roles decide": no(READER, bucket=reading({"AWS": ROOT})),
    "a session policy that allows keeps what the role may": yes(READER, identity=MAY_ALL, session=MAY_READ),
    "a session policy that allows something else takes it away": no(READER, identity=MAY_ALL, session=MAY_WRITE),
    "a session policy gives nothing": no(READER, session=MAY_READ),
    "a session policy's deny wins": no(READER, identity=MAY_ALL, session=(allow("*"), deny(GET))),
    "a session policy limits what a bucket lets the role": no(
        READER, bucket=reading({"AWS": role_arn(READER)}), session=MAY_WRITE
    ),
    "a session policy that allows what a bucket lets the role": yes(
        READER, bucket=reading({"AWS": role_arn(READER)}), session=MAY_READ
    ),
    "a session policy does not limit what a bucket lets the session": yes(
        READER, bucket=reading({"AWS": session_arn(READER)}), session=MAY_WRITE
    ),
    "a session policy's deny wins over what a bucket lets the session": no(
        READER, bucket=reading({"AWS": session_arn(READER)}), session=(allow("*"), deny(GET))
    ),
    "a session policy does not limit what a bucket lets everyone of a role by PrincipalArn": yes(
        READER,
        bucket=reading("*", Condition={"ArnEquals": {"aws:PrincipalArn": role_arn(READER)}}),
        session=MAY_WRITE,
    ),
    "a role's deny wins over what a bucket lets the session": no(
        READER, identity=(deny(GET),), bucket=reading({"AWS": session_arn(READER)})
    ),
    "a bucket denies the role": no(READER, identity=MAY_ALL, bucket=not_reading({"AWS": role_arn(READER)})),
    "a bucket denies the session": no(READER, identity=MAY_ALL, bucket=not_reading({"AWS": session_arn(READER)})),
    "a bucket denies another session": yes(
        READER, identity=MAY_ALL, bucket=not_reading({"AWS": session_arn(READER, "tuesday")})
    ),
    "NotPrincipal with session, role and account spares the session": yes(
        READER,
        identity=MAY_ALL,
        bucket=(to_all_but({"AWS": [session_arn(READER), role_arn(READER), ROOT]}, deny(GET, OBJECTS)),),
    ),
    "NotPrincipal with another session denies the session": no(
        READER,
        identity=MAY_ALL,
        bucket=(to_all_but({"AWS": [session_arn(READER, "tuesday"), ROOT]}, deny(GET, OBJECTS)),),
    ),
    "a session of a bounded role does not read what its policy allows": no(BOUNDED, identity=MAY_ALL),
    "a boundary limits what a bucket lets the role": no(BOUNDED, bucket=reading({"AWS": role_arn(BOUNDED)})),
    "a boundary does not limit what a bucket lets the session": yes(
        BOUNDED, bucket=reading({"AWS": session_arn(BOUNDED)})
    ),
    "a session's PrincipalArn is its role": yes(
        READER, identity=when(ArnEquals={"aws:PrincipalArn": role_arn(READER)})
    ),
    "a session's PrincipalArn is not its own ARN": no(
        READER, identity=when(ArnEquals={"aws:PrincipalArn": session_arn(READER)})
    ),
    "a session's type": yes(READER, identity=when(StringEquals={"aws:PrincipalType": "AssumedRole"})),
    "a session's id ends in its name": yes(READER, identity=when(StringLike={"aws:userid": f"AROA*:{SESSION}"})),
    "a session has no user name": yes(READER, identity=when(Null={"aws:username": "true"})),
    "a session's role has tags": yes(READER, identity=when(StringEquals={"aws:PrincipalTag/team": "blue"})),
    "a session has a time of issue": yes(
        READER, identity=when(DateGreaterThan={"aws:TokenIssueTime": "2020-01-01T00:00:01Z"})
    ),
    "a session came without a multi-factor code": yes(
        READER, identity=when(Bool={"aws:MultiFactorAuthPresent": "false"})
    ),
    "a session may be asked for a multi-factor code": no(
        READER, identity=(allow("*"), deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))
    ),
    "sessions before a time are revoked": no(
        READER,
        identity=(allow("*"), deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"}})),
    ),
    "a user's token reads what the user may": yes("token", identity=MAY_READ),
    "a user's token reads nothing that the user may not": no("token"),
    "a bucket lets a user's token read by the user's name": yes("token", bucket=reading({"AWS": user_arn(ANN)})),
    "a user's token has the user's name": yes("token", identity=when(StringEquals={"aws:username": ANN})),
    "a user's token has a time of issue": yes("token", identity=when(Null={"aws:TokenIssueTime": "false"})),
}
