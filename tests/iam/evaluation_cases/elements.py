"""Actions, resources, versions and variables of statements: each row a simulated call and its decision.

IAM user guide: "Action", "NotAction", "Resource", "NotResource", "Variables and tags", "Version", and the example of
explicit and implicit denies.
"""

from policies import allow, deny

ALLOWED, DENIED, FORBIDDEN = "allowed", "implicitDeny", "explicitDeny"
BUCKET, OBJECT = "arn:aws:s3:::houses", "arn:aws:s3:::houses/in/a.csv"
GET, PUT, DELETE = "s3:GetObject", "s3:PutObject", "s3:DeleteObject"


def without(element, action="*", resource="*", effect="Allow", **more):
    """A statement with NotAction or NotResource in the place of the other."""
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    del statement[element]
    return statement


ACTIONS = {
    "nothing is allowed without a statement that says so": ([allow("ec2:*")], GET, OBJECT, DENIED),
    "an action is allowed by its name": ([allow(GET)], GET, OBJECT, ALLOWED),
    "an action is not allowed by another's name": ([allow(PUT)], GET, OBJECT, DENIED),
    "names of actions ignore case": ([allow("S3:getobject")], GET, OBJECT, ALLOWED),
    "a service's every action": ([allow("s3:*")], GET, OBJECT, ALLOWED),
    "a service's every action is no other service's": ([allow("iam:*")], GET, OBJECT, DENIED),
    "every action of every service": ([allow("*")], GET, OBJECT, ALLOWED),
    "a beginning of a name": ([allow("s3:Get*")], GET, OBJECT, ALLOWED),
    "a middle of a name": ([allow("iam:*AccessKey*")], "iam:CreateAccessKey", "*", ALLOWED),
    "a middle of a name that is not there": ([allow("iam:*AccessKey*")], "iam:CreateUser", "*", DENIED),
    "an end of a name": ([allow("iam:*Report")], "iam:GetCredentialReport", "*", ALLOWED),
    "one character of a name": ([allow("s3:?etObject")], GET, OBJECT, ALLOWED),
    "one of a list of actions": ([allow([PUT, GET])], GET, OBJECT, ALLOWED),
    "one of two statements": ([allow(PUT), allow(GET)], GET, OBJECT, ALLOWED),
    "a deny wins over an allow": ([allow("s3:*"), deny(GET)], GET, OBJECT, FORBIDDEN),
    "a deny wins also when it comes first": ([deny(GET), allow("s3:*")], GET, OBJECT, FORBIDDEN),
    "a deny with a wildcard wins over an allow by name": ([allow(GET), deny("s3:*")], GET, OBJECT, FORBIDDEN),
    "a deny of another action does not matter": ([allow("s3:*"), deny(PUT)], GET, OBJECT, ALLOWED),
    "a deny without an allow is explicit": ([deny(GET)], GET, OBJECT, FORBIDDEN),
    "a deny ignores the case of names": ([allow("s3:*"), deny("S3:GETOBJECT")], GET, OBJECT, FORBIDDEN),
    "the guide's reports: listed actions are allowed": (
        [allow(["iam:Get*", "iam:List*"]), deny("iam:*Report")],
        "iam:ListUsers",
        "*",
        ALLOWED,
    ),
    "the guide's reports: others are denied implicitly": (
        [allow(["iam:Get*", "iam:List*"]), deny("iam:*Report")],
        "iam:CreatePolicy",
        "*",
        DENIED,
    ),
    "the guide's reports: reports are denied explicitly": (
        [allow(["iam:Get*", "iam:List*"]), deny("iam:*Report")],
        "iam:GetOrganizationsAccessReport",
        "*",
        FORBIDDEN,
    ),
    "NotAction allows all but the named": ([without("Action", NotAction="iam:*")], GET, OBJECT, ALLOWED),
    "NotAction leaves the named out": ([without("Action", NotAction="iam:*")], "iam:GetUser", "*", DENIED),
    "NotAction leaves each of a list out": ([without("Action", NotAction=["iam:*", "s3:*"])], GET, OBJECT, DENIED),
    "NotAction ignores the case of names": ([without("Action", NotAction="S3:getOBJECT")], GET, OBJECT, DENIED),
    "NotAction is bound to the statement's resources": (
        [without("Action", resource="arn:aws:s3:::*", NotAction="s3:DeleteBucket")],
        "iam:GetUser",
        "arn:aws:iam::123456789012:user/ann",
        DENIED,
    ),
    "NotAction allows another action on the statement's resources": (
        [without("Action", resource="arn:aws:s3:::*", NotAction="s3:DeleteBucket")],
        GET,
        OBJECT,
        ALLOWED,
    ),
    "NotAction leaves its action out on the statement's resources": (
        [without("Action", resource="arn:aws:s3:::*", NotAction="s3:DeleteBucket")],
        "s3:DeleteBucket",
        BUCKET,
        DENIED,
    ),
    "NotAction with Deny denies all but the named": (
        [allow("*"), without("Action", effect="Deny", NotAction="iam:*")],
        GET,
        OBJECT,
        FORBIDDEN,
    ),
    "NotAction with Deny spares the named": (
        [allow("*"), without("Action", effect="Deny", NotAction="iam:*")],
        "iam:GetUser",
        "*",
        ALLOWED,
    ),
    "NotAction with Deny allows nothing": (
        [without("Action", effect="Deny", NotAction="iam:*")],
        "iam:GetUser",
        "*",
        DENIED,
    ),
}

RESOURCES = {
    "a resource is allowed by its ARN": ([allow(GET, OBJECT)], GET, OBJECT, ALLOWED),
    "an ARN is not the ARN of what is in it": ([allow(GET, BUCKET)], GET, OBJECT, DENIED),
    "a bucket's objects are not the bucket": ([allow("s3:*", f"{BUCKET}/*")], "s3:ListBucket", BUCKET, DENIED),
    "ARNs heed case": ([allow(GET, "arn:aws:s3:::Houses/*")], GET, OBJECT, DENIED),
    "one of a list of resources": ([allow(GET, [BUCKET, OBJECT])], GET, OBJECT, ALLOWED),
    "a star reaches over slashes": ([allow(GET, "arn:aws:s3:::houses/*.csv")], GET, OBJECT, ALLOWED),
    "a star before the end of a name": ([allow(GET, "arn:aws:s3:::hou*/in/*")], GET, OBJECT, ALLOWED),
    "a question mark is one character": ([allow(GET, "arn:aws:s3:::houses/in/?.csv")], GET, OBJECT, ALLOWED),
    "a question mark is not two characters": (
        [allow(GET, "arn:aws:s3:::house?/a")],
        GET,
        "arn:aws:s3:::house/a",
        DENIED,
    ),
    "paths of users": (
        [allow("iam:*", "arn:aws:iam::123456789012:user/accounting/*")],
        "iam:GetUser",
        "arn:aws:iam::123456789012:user/accounting/ann",
        ALLOWED,
    ),
    "paths of users leave others out": (
        [allow("iam:*", "arn:aws:iam::123456789012:user/accounting/*")],
        "iam:GetUser",
        "arn:aws:iam::123456789012:user/ann",
        DENIED,
    ),
    "any region": (
        [allow("sagemaker:*", "arn:aws:sagemaker:*:123456789012:model/*")],
        "sagemaker:DescribeModel",
        "arn:aws:sagemaker:eu-west-1:123456789012:model/m",
        ALLOWED,
    ),
    "one region": (
        [allow("sagemaker:*", "arn:aws:sagemaker:us-east-1:*:model/*")],
        "sagemaker:DescribeModel",
        "arn:aws:sagemaker:eu-west-1:123456789012:model/m",
        DENIED,
    ),
    "a resource in a statement does not allow an action on everything": (
        [allow("s3:ListAllMyBuckets", "arn:aws:s3:::houses")],
        "s3:ListAllMyBuckets",
        "*",
        DENIED,
    ),
    "a deny of one resource leaves the others": (
        [allow("s3:*"), deny("s3:*", "arn:aws:s3:::*log*")],
        GET,
        OBJECT,
        ALLOWED,
    ),
    "a deny of one resource": (
        [allow("s3:*"), deny("s3:*", "arn:aws:s3:::*log*")],
        PUT,
        "arn:aws:s3:::carlossalazar-logs/a",
        FORBIDDEN,
    ),
    "NotResource denies all but the named": (
        [
            allow("s3:*"),
            without("Resource", "s3:*", effect="Deny", NotResource=["arn:aws:s3:::hr/pay", "arn:aws:s3:::hr/pay/*"]),
        ],
        GET,
        OBJECT,
        FORBIDDEN,
    ),
    "NotResource spares the named": (
        [
            allow("s3:*"),
            without("Resource", "s3:*", effect="Deny", NotResource=["arn:aws:s3:::hr/pay", "arn:aws:s3:::hr/pay/*"]),
        ],
        GET,
        "arn:aws:s3:::hr/pay/may",
        ALLOWED,
    ),
    "NotResource denies only the statement's actions": (
        [allow("*"), without("Resource", "s3:*", effect="Deny", NotResource="arn:aws:s3:::hr/*")],
        "ec2:RunInstances",
        "*",
        ALLOWED,
    ),
    "NotResource allows all but the named": (
        [without("Resource", NotResource="arn:aws:s3:::HRBucket")],
        GET,
        OBJECT,
        ALLOWED,
    ),
    "NotResource leaves the named out": ([without("Resource", NotResource=BUCKET)], "s3:ListBucket", BUCKET, DENIED),
    "NotResource allows the action without a resource": (
        [without("Resource", NotResource=BUCKET)],
        "iam:ListUsers",
        "*",
        ALLOWED,
    ),
    **{
        f"the guide's wildcards: {key} matches": (
            [allow(GET, "arn:aws:s3:::b/*/test/*")],
            GET,
            f"arn:aws:s3:::b/{key}",
            ALLOWED,
        )
        for key in (
            "1/test/object.jpg",
            "1/2/test/object.jpg",
            "1/2/test/3/object.jpg",
            "1/2/3/test/4/object.jpg",
            "1///test///object.jpg",
            "1/test/.jpg",
            "/test/object.jpg",
            "1/test/",
        )
    },
    **{
        f"the guide's wildcards: {key} does not match": (
            [allow(GET, "arn:aws:s3:::b/*/test/*")],
            GET,
            f"arn:aws:s3:::b/{key}",
            DENIED,
        )
        for key in ("1-test/object.jpg", "test/object.jpg", "1/2/test.jpg")
    },
}

HOME = "arn:aws:s3:::houses/${aws:username}/*"
TEAM = "arn:aws:s3:::houses-${aws:PrincipalTag/team}/*"
COMPANY = "arn:aws:s3:::houses-${aws:PrincipalTag/team, 'company-wide'}/*"


def own(folder):
    return f"arn:aws:s3:::houses/{folder}/x"


def everyone(action, resource):
    return {**allow(action, resource), "Principal": "*"}


# Statements, action, resource, keys of the request, decision; the caller is the user David.
VARIABLES = {
    "the user's name in a resource": ([allow(PUT, HOME)], PUT, own("David"), {}, ALLOWED),
    "another's name in a resource": ([allow(PUT, HOME)], PUT, own("Adele"), {}, DENIED),
    "the name heeds case": ([allow(PUT, HOME)], PUT, own("david"), {}, DENIED),
    "names of variables ignore case": (
        [allow(PUT, HOME.replace("username", "UserName"))],
        PUT,
        own("David"),
        {},
        ALLOWED,
    ),
    "a variable within a name": (
        [allow("sqs:*", "arn:aws:sqs:us-east-2:*:${aws:username}-queue")],
        "sqs:SendMessage",
        "arn:aws:sqs:us-east-2:123456789012:David-queue",
        {},
        ALLOWED,
    ),
    "a tag of the caller in a resource": (
        [allow(GET, TEAM)],
        GET,
        "arn:aws:s3:::houses-yellow/x",
        {"aws:PrincipalTag/team": "yellow"},
        ALLOWED,
    ),
    "another tag of the caller": (
        [allow(GET, TEAM)],
        GET,
        "arn:aws:s3:::houses-red/x",
        {"aws:PrincipalTag/team": "yellow"},
        DENIED,
    ),
    "a variable without a value matches no resource": ([allow(GET, TEAM)], GET, "arn:aws:s3:::houses-/x", {}, DENIED),
    "a variable without a value is not its own text": (
        [allow(GET, TEAM)],
        GET,
        "arn:aws:s3:::houses-${aws:PrincipalTag/team}/x",
        {},
        DENIED,
    ),
    "a variable without a value spoils only its own resource": (
        [allow(GET, [TEAM, "arn:aws:s3:::houses-red/*"])],
        GET,
        "arn:aws:s3:::houses-red/x",
        {},
        ALLOWED,
    ),
    "a deny with a variable without a value denies no resource": (
        [allow(GET), deny(GET, TEAM)],
        GET,
        "arn:aws:s3:::houses-/x",
        {},
        ALLOWED,
    ),
    "NotResource with a variable without a value names no resource": (
        [allow(GET), without("Resource", GET, effect="Deny", NotResource=TEAM)],
        GET,
        "arn:aws:s3:::houses-/x",
        {},
        FORBIDDEN,
    ),
    "NotResource with a variable spares what it names": (
        [allow(GET), without("Resource", GET, effect="Deny", NotResource=TEAM)],
        GET,
        "arn:aws:s3:::houses-red/x",
        {"aws:PrincipalTag/team": "red"},
        ALLOWED,
    ),
    "a default is not asked when there is a value": (
        [allow(GET, COMPANY)],
        GET,
        "arn:aws:s3:::houses-yellow/x",
        {"aws:PrincipalTag/team": "yellow"},
        ALLOWED,
    ),
    "a default stands in for a missing value": (
        [allow(GET, COMPANY)],
        GET,
        "arn:aws:s3:::houses-company-wide/x",
        {},
        ALLOWED,
    ),
    "a default does not stand beside a value": (
        [allow(GET, COMPANY)],
        GET,
        "arn:aws:s3:::houses-company-wide/x",
        {"aws:PrincipalTag/team": "yellow"},
        DENIED,
    ),
    "a variable in StringEquals": (
        [allow(GET, Condition={"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}})],
        GET,
        OBJECT,
        {"aws:ResourceTag/Owner": "David"},
        ALLOWED,
    ),
    "a variable in StringEquals that does not fit": (
        [allow(GET, Condition={"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}})],
        GET,
        OBJECT,
        {"aws:ResourceTag/Owner": "Adele"},
        DENIED,
    ),
    "a variable in StringLike with a star": (
        [allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}})],
        "s3:ListBucket",
        BUCKET,
        {"s3:prefix": "home/David/pictures"},
        ALLOWED,
    ),
    "a variable in StringLike that does not fit": (
        [allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}})],
        "s3:ListBucket",
        BUCKET,
        {"s3:prefix": "home/Adele/"},
        DENIED,
    ),
    "a variable in ArnLike": (
        [allow(GET, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:${aws:username}"}})],
        GET,
        OBJECT,
        {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:David"},
        ALLOWED,
    ),
    "a variable without a value fails StringEquals": (
        [allow(GET, Condition={"StringEquals": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}})],
        GET,
        OBJECT,
        {"s3:ExistingObjectTag/Team": "red"},
        DENIED,
    ),
    "a variable without a value fails StringLike": (
        [allow(GET, Condition={"StringLike": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}*"}})],
        GET,
        OBJECT,
        {"s3:ExistingObjectTag/Team": "red"},
        DENIED,
    ),
    "a variable without a value passes StringNotEquals": (
        [
            allow(GET),
            deny(GET, Condition={"StringNotEquals": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}}),
        ],
        GET,
        OBJECT,
        {"s3:ExistingObjectTag/Team": "red"},
        FORBIDDEN,
    ),
    "equal tags pass a deny by StringNotEquals": (
        [
            allow(GET),
            deny(GET, Condition={"StringNotEquals": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}}),
        ],
        GET,
        OBJECT,
        {"s3:ExistingObjectTag/Team": "red", "aws:PrincipalTag/Team": "red"},
        ALLOWED,
    ),
    "a variable is not replaced in numbers": (
        [allow(GET, Condition={"NumericEquals": {"app:a": "${app:b}"}})],
        GET,
        OBJECT,
        {"app:a": "1", "app:b": "1"},
        DENIED,
    ),
    "a key of several values is no variable": (
        [allow(GET, "arn:aws:s3:::houses-${aws:TagKeys}/*")],
        GET,
        "arn:aws:s3:::houses-a/x",
        {"aws:TagKeys": ["a", "b"]},
        DENIED,
    ),
    "${*} is a star": ([allow(GET, "arn:aws:s3:::houses/${*}")], GET, "arn:aws:s3:::houses/*", {}, ALLOWED),
    "${*} is nothing but a star": ([allow(GET, "arn:aws:s3:::houses/${*}")], GET, "arn:aws:s3:::houses/a", {}, DENIED),
    "${?} is nothing but a question mark": (
        [allow(GET, "arn:aws:s3:::houses/${?}")],
        GET,
        "arn:aws:s3:::houses/a",
        {},
        DENIED,
    ),
    "${?} is a question mark": ([allow(GET, "arn:aws:s3:::houses/${?}")], GET, "arn:aws:s3:::houses/?", {}, ALLOWED),
    "${$} is a dollar sign": (
        [allow(GET, "arn:aws:s3:::houses/${$}{a}")],
        GET,
        "arn:aws:s3:::houses/${a}",
        {},
        ALLOWED,
    ),
    "${*} in StringLike is a star": (
        [allow(GET, Condition={"StringLike": {"app:k": "a${*}"}})],
        GET,
        OBJECT,
        {"app:k": "ab"},
        DENIED,
    ),
    "${*} in StringEquals is a star": (
        [allow(GET, Condition={"StringEquals": {"app:k": "a${*}"}})],
        GET,
        OBJECT,
        {"app:k": "a*"},
        ALLOWED,
    ),
}

# Version, statement of a bucket's policy, action, resource, decision; variables came with version 2012-10-17, and
# IAM takes older versions for policies of resources only (answers of AWS recorded in moto's tests).
VERSIONS = {
    "variables are text in version 2008-10-17": ("2008-10-17", [everyone(PUT, HOME)], PUT, own("David"), DENIED),
    "variables are text without a version": (None, [everyone(PUT, HOME)], PUT, own("David"), DENIED),
    "a variable's text matches itself in version 2008-10-17": (
        "2008-10-17",
        [everyone(PUT, HOME)],
        PUT,
        own("${aws:username}"),
        ALLOWED,
    ),
    "wildcards are as in version 2012-10-17": (
        "2008-10-17",
        [everyone("s3:Get*", "arn:aws:s3:::h*")],
        GET,
        OBJECT,
        ALLOWED,
    ),
    "variables are replaced in version 2012-10-17": ("2012-10-17", [everyone(PUT, HOME)], PUT, own("David"), ALLOWED),
    "a statement need not be in a list": ("2012-10-17", everyone(GET, OBJECT), GET, OBJECT, ALLOWED),
}
