"""Boundaries, policies of resources and accounts around a user: each row a simulated call and its decision.

IAM user guide: "Policy evaluation logic", "Cross-account policy evaluation logic", "Permissions boundaries",
"Principal" and "NotPrincipal". Role sessions cannot be simulated with a resource's policy; they make real calls.
"""

from policies import allow, deny

from .elements import ALLOWED, DELETE, DENIED, FORBIDDEN, GET, OBJECT, PUT

HERE, THERE = "111122223333", "444455556666"
ANN, BOB = f"arn:aws:iam::{HERE}:user/ann", f"arn:aws:iam::{HERE}:user/bob"
ROOT = f"arn:aws:iam::{HERE}:root"


def to(principal, statement):
    """A statement of a resource's policy."""
    return {"Principal": principal, **statement}


def to_all_but(principal, statement):
    return {"NotPrincipal": principal, **statement}


# Identity policies, boundary, action, decision.
BOUNDARIES = {
    "policy and boundary together allow": ([allow("*")], [allow("s3:*")], GET, ALLOWED),
    "a boundary that does not allow limits": ([allow("*")], [allow("ec2:*")], GET, DENIED),
    "a boundary grants nothing": ([], [allow("*")], GET, DENIED),
    "a policy outside a boundary that allows others": ([allow([GET, PUT])], [allow(PUT)], GET, DENIED),
    "a boundary's deny wins": ([allow("*")], [allow("*"), deny(GET)], GET, FORBIDDEN),
    "a policy's deny wins over both allows": ([allow("*"), deny(GET)], [allow("*")], GET, FORBIDDEN),
    "a boundary with NotAction": (
        [allow("*")],
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        "iam:CreateUser",
        DENIED,
    ),
    "a boundary with NotAction allows the others": (
        [allow("*")],
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        GET,
        ALLOWED,
    ),
    "a boundary heeds resources": ([allow("*")], [allow("s3:*", "arn:aws:s3:::other/*")], GET, DENIED),
    "a boundary heeds conditions": (
        [allow("*")],
        [allow("*", Condition={"StringEquals": {"app:k": "a"}})],
        GET,
        DENIED,
    ),
    "a boundary knows variables": (
        [allow("*")],
        [allow("*", "arn:aws:s3:::houses/${app:folder}/*")],
        GET,
        DENIED,
    ),
}

# Who asks is ann. Policies of ann, policy of the resource, action, decision; the resource is of ann's account.
SAME_ACCOUNT = {
    "the resource's policy that names the user is enough": ([], [to({"AWS": ANN}, allow(GET, OBJECT))], GET, ALLOWED),
    "the user's policy is enough": ([allow(GET)], [to({"AWS": BOB}, allow(GET, OBJECT))], GET, ALLOWED),
    "the resource's policy that names another gives nothing": (
        [],
        [to({"AWS": BOB}, allow(GET, OBJECT))],
        GET,
        DENIED,
    ),
    "the resource's policy for everyone is enough": ([], [to("*", allow(GET, OBJECT))], GET, ALLOWED),
    "AWS with a star is everyone": ([], [to({"AWS": "*"}, allow(GET, OBJECT))], GET, ALLOWED),
    "one of several named principals": ([], [to({"AWS": [BOB, ANN]}, allow(GET, OBJECT))], GET, ALLOWED),
    "the account's ARN leaves it to the user's policies": ([], [to({"AWS": ROOT}, allow(GET, OBJECT))], GET, DENIED),
    "the account's number leaves it to the user's policies": (
        [],
        [to({"AWS": HERE}, allow(GET, OBJECT))],
        GET,
        DENIED,
    ),
    "the account's ARN together with the user's policies": (
        [allow(GET)],
        [to({"AWS": ROOT}, allow(GET, OBJECT))],
        GET,
        ALLOWED,
    ),
    "a service's name is no user": ([], [to({"Service": "s3.amazonaws.com"}, allow(GET, OBJECT))], GET, DENIED),
    "a user's name heeds case": (
        [],
        [to({"AWS": f"arn:aws:iam::{HERE}:user/Ann"}, allow(GET, OBJECT))],
        GET,
        DENIED,
    ),
    "the resource's policy does not give another action": ([], [to({"AWS": ANN}, allow(PUT, OBJECT))], GET, DENIED),
    "the resource's policy does not give another resource": (
        [],
        [to({"AWS": ANN}, allow(GET, "arn:aws:s3:::houses/out/*"))],
        GET,
        DENIED,
    ),
    "the resource's policy with a condition that holds": (
        [],
        [to("*", allow(GET, OBJECT, Condition={"ArnEquals": {"aws:PrincipalArn": ANN}}))],
        GET,
        ALLOWED,
    ),
    "the resource's policy with a condition that fails": (
        [],
        [to("*", allow(GET, OBJECT, Condition={"ArnEquals": {"aws:PrincipalArn": BOB}}))],
        GET,
        DENIED,
    ),
    "the resource's deny wins over the user's policy": (
        [allow("*")],
        [to({"AWS": ANN}, deny(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
    "the resource's deny for everyone wins": ([allow("*")], [to("*", deny(GET, OBJECT))], GET, FORBIDDEN),
    "the resource's deny of the account is a deny of its users": (
        [allow("*")],
        [to({"AWS": ROOT}, deny(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
    "the resource's deny of another does not matter": (
        [allow("*")],
        [to({"AWS": BOB}, deny(GET, OBJECT))],
        GET,
        ALLOWED,
    ),
    "the user's deny wins over the resource's policy": (
        [deny(GET)],
        [to({"AWS": ANN}, allow(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
    "a deny of the resource's policy wins over its own allow": (
        [],
        [to({"AWS": ANN}, allow("s3:*", OBJECT)), to("*", deny(DELETE, OBJECT))],
        DELETE,
        FORBIDDEN,
    ),
    "NotPrincipal denies all but the named": (
        [allow("*")],
        [to_all_but({"AWS": [BOB, f"arn:aws:iam::{THERE}:root"]}, deny(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
    "NotPrincipal with the account of the named does not spare the account's others": (
        [allow("*")],
        [to_all_but({"AWS": [BOB, ROOT]}, deny(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
    "NotPrincipal spares the named with their account": (
        [allow("*")],
        [to_all_but({"AWS": [ANN, ROOT]}, deny(GET, OBJECT))],
        GET,
        ALLOWED,
    ),
    "NotPrincipal allows nothing by sparing": (
        [],
        [to_all_but({"AWS": [ANN, ROOT]}, deny(GET, OBJECT))],
        GET,
        DENIED,
    ),
    "PrincipalArn does in a condition what NotPrincipal does": (
        [allow("*")],
        [to("*", deny("s3:*", OBJECT, Condition={"ArnNotEquals": {"aws:PrincipalArn": BOB}}))],
        GET,
        FORBIDDEN,
    ),
    "PrincipalArn spares the user it names": (
        [allow("*")],
        [to("*", deny("s3:*", OBJECT, Condition={"ArnNotEquals": {"aws:PrincipalArn": ANN}}))],
        GET,
        ALLOWED,
    ),
    "PrincipalAccount spares the account it names": (
        [allow("*")],
        [to("*", deny("s3:*", OBJECT, Condition={"StringNotEquals": {"aws:PrincipalAccount": HERE}}))],
        GET,
        ALLOWED,
    ),
}

# As above, with a boundary of ann's that allows EC2 alone or denies.
NO_S3, NO_READING = [allow("ec2:*")], [allow("*"), deny(GET)]
BOUNDARIES_BEFORE_RESOURCES = {
    "a boundary does not limit what a resource gives the user": (
        [],
        NO_S3,
        [to({"AWS": ANN}, allow(GET, OBJECT))],
        GET,
        ALLOWED,
    ),
    "a boundary's deny wins over what a resource gives the user": (
        [],
        NO_READING,
        [to({"AWS": ANN}, allow(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
    "a boundary does not limit what a resource gives everyone": (
        [],
        NO_S3,
        [to("*", allow(GET, OBJECT, Condition={"ArnEquals": {"aws:PrincipalArn": ANN}}))],
        GET,
        ALLOWED,
    ),
    "a boundary limits what the user's policy gives beside a resource that names the account": (
        [allow("*")],
        NO_S3,
        [to({"AWS": ROOT}, allow(GET, OBJECT))],
        GET,
        DENIED,
    ),
}

# Who asks is ann, the resource belongs to another account.
OTHER_ACCOUNT = {
    "both sides allow": ([allow(GET)], [to({"AWS": ANN}, allow(GET, OBJECT))], GET, ALLOWED),
    "both sides allow, the resource's by account": (
        [allow(GET)],
        [to({"AWS": ROOT}, allow(GET, OBJECT))],
        GET,
        ALLOWED,
    ),
    "both sides allow, the resource's by number": ([allow(GET)], [to({"AWS": HERE}, allow(GET, OBJECT))], GET, ALLOWED),
    "both sides allow, the resource's for everyone": ([allow(GET)], [to("*", allow(GET, OBJECT))], GET, ALLOWED),
    "the user's side alone": ([allow(GET)], [to({"AWS": BOB}, allow(GET, OBJECT))], GET, DENIED),
    "the resource's side alone": ([], [to({"AWS": ANN}, allow(GET, OBJECT))], GET, DENIED),
    "the resource's side alone, for everyone": ([], [to("*", allow(GET, OBJECT))], GET, DENIED),
    "the resource's side names its own account": (
        [allow(GET)],
        [to({"AWS": f"arn:aws:iam::{THERE}:root"}, allow(GET, OBJECT))],
        GET,
        DENIED,
    ),
    "the user's side denies": (
        [allow("*"), deny("s3:*")],
        [to({"AWS": ANN}, allow(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
    "the resource's side denies": (
        [allow(GET)],
        [to({"AWS": ANN}, allow(GET, OBJECT)), to("*", deny(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
    "the sides allow different actions": ([allow(PUT)], [to({"AWS": ANN}, allow(GET, OBJECT))], GET, DENIED),
    "the guide's Carlos deletes: his side allows, the bucket does not": (
        [allow("s3:*Object*", OBJECT)],
        [to({"AWS": ANN}, allow(["s3:GetObject*", "s3:PutObject*"], OBJECT))],
        DELETE,
        DENIED,
    ),
    "the guide's Carlos saves": (
        [allow("s3:*Object*", OBJECT)],
        [to({"AWS": ANN}, allow(["s3:GetObject*", "s3:PutObject*"], OBJECT))],
        PUT,
        ALLOWED,
    ),
    "a boundary does limit in another account's resource": (
        [allow(GET)],
        [to({"AWS": ANN}, allow(GET, OBJECT))],
        GET,
        DENIED,
        NO_S3,
    ),
    "ResourceAccount is the owner": (
        [allow(GET), deny("*", Condition={"StringNotEquals": {"aws:ResourceAccount": HERE}})],
        [to({"AWS": ANN}, allow(GET, OBJECT))],
        GET,
        FORBIDDEN,
    ),
}
