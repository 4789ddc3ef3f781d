"""What simulations tell beside the decision: positions, missing keys, both sides of two accounts, resources one by one.

The first answers are those of the AWS CLI's examples of simulate-custom-policy.
"""

import pytest
from policies import allow, deny, policy, refusal
from server_process import ACCOUNT

AFTER_2018 = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
GET, OBJECT, OTHER = "s3:GetObject", "arn:aws:s3:::houses/a", "arn:aws:s3:::other/b"


@pytest.fixture
def simulate(iam):
    """simulate(documents, action, …) gives the only result."""

    def ask(documents, action=GET, keys=(), **more):
        entries = [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": kind} for key, value, kind in keys
        ]
        answer = iam.simulate_custom_policy(
            PolicyInputList=documents, ActionNames=[action], ContextEntries=entries, **more
        )
        (result,) = answer["EvaluationResults"]
        return result

    return ask


def matched(policy_id, start, end, kind="IAM Policy"):
    position = {
        "StartPosition": {"Line": start[0], "Column": start[1]},
        "EndPosition": {"Line": end[0], "Column": end[1]},
    }
    return {"SourcePolicyId": policy_id, "SourcePolicyType": kind, **position}


@pytest.mark.parametrize(
    "time, decision, statements",
    [
        ("2019-04-25T11:00:00Z", "allowed", [matched("PolicyInputList.1", (1, 38), (1, 167))]),
        ("2014-04-25T11:00:00Z", "implicitDeny", []),
    ],
)
def test_the_examples_of_the_cli(simulate, time, decision, statements):
    keys = [("aws:CurrentTime", time, "date")]
    assert simulate([AFTER_2018], "dynamodb:CreateBackup", keys) == {
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": decision,
        "MatchedStatements": statements,
        "MissingContextValues": [],
    }


def test_a_statement_of_a_list_starts_where_the_one_before_it_ends(simulate):
    document = policy(allow("s3:Put*"), allow("s3:Get*"), allow("s3:GetObject"))
    first, second = (document.index(f'"s3:{word}*"') for word in ("Put", "Get"))
    ends = [document.index("}", at) + 2 for at in (first, second)]
    found = simulate([document])["MatchedStatements"]
    assert found == [
        matched("PolicyInputList.1", (1, ends[0]), (1, ends[1])),
        matched("PolicyInputList.1", (1, ends[1]), (1, document.rindex("}]}") + 2)),
    ]
    assert simulate([document], "s3:PutObject")["MatchedStatements"][0]["StartPosition"] == {"Line": 1, "Column": 41}


def test_lines_are_counted(simulate):
    # As AdministratorAccess is written: its answers say line 3, column 17 to line 8, column 6.
    document = (
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "*",\n'
        '      "Resource": "*"\n    }\n  ]\n}'
    )
    assert simulate([document])["MatchedStatements"] == [matched("PolicyInputList.1", (3, 17), (8, 6))]


def test_signs_within_texts_do_not_count(simulate):
    document = policy(
        allow("s3:Put*", 'arn:aws:s3:::a/{"}]'), allow(GET, Condition={"StringLike": {"app:key": '"Statement": [{'}})
    )
    found = simulate([document], keys=[("app:key", '"Statement": [{', "string")])["MatchedStatements"]
    assert found[0]["EndPosition"] == {"Line": 1, "Column": document.rindex("}]}") + 2}


def test_a_deny_is_named_with_what_it_won_over(simulate):
    resource = policy({**deny("s3:*", OBJECT), "Principal": "*"})
    found = simulate([policy(allow(GET))], ResourceArns=[OBJECT], CallerArn=ANN, ResourcePolicy=resource)
    assert found["EvalDecision"] == "explicitDeny"
    assert [(each["SourcePolicyId"], each["SourcePolicyType"]) for each in found["MatchedStatements"]] == [
        ("ResourcePolicy", "Resource Policy"),
        ("PolicyInputList.1", "IAM Policy"),
    ]


def test_keys_that_are_missing_are_listed_as_the_policies_spell_them(simulate):
    documents = [
        policy(
            allow(GET, "arn:aws:s3:::houses/${aws:PrincipalTag/Team}/*"),
            allow(
                GET,
                Condition={"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"s3:Prefix": "${aws:username}"}},
            ),
            allow("ec2:*", Condition={"Null": {"ec2:Region": "true"}}),
        )
    ]
    names = {"aws:username", "aws:SecureTransport", "s3:Prefix"}
    assert set(simulate(documents)["MissingContextValues"]) == names
    given = [("AWS:securetransport", "true", "boolean")]
    assert set(simulate(documents, keys=given)["MissingContextValues"]) == {"aws:username", "s3:Prefix"}
    assert set(simulate(documents, keys=given, CallerArn=ANN)["MissingContextValues"]) == {"s3:Prefix"}
    one = simulate(documents, ResourceArns=[OBJECT])
    assert one["MissingContextValues"] == []
    assert set(one["ResourceSpecificResults"][0]["MissingContextValues"]) == names


def test_a_simulated_call_happens_at_no_time_and_from_nowhere(simulate):
    for condition in (
        {"DateGreaterThan": {"aws:CurrentTime": "2000-01-01T00:00:00Z"}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"StringLike": {"aws:RequestedRegion": "*"}},
    ):
        assert simulate([policy(allow(GET, Condition=condition))])["EvalDecision"] == "implicitDeny"


def test_each_of_several_resources_has_its_own_result(simulate):
    found = simulate([policy(allow(GET, OBJECT), deny(GET, OTHER))], ResourceArns=[OBJECT, OTHER])
    assert found["EvalDecision"] == "explicitDeny"
    assert [(each["EvalResourceName"], each["EvalResourceDecision"]) for each in found["ResourceSpecificResults"]] == [
        (OBJECT, "allowed"),
        (OTHER, "explicitDeny"),
    ]
    assert simulate([policy(allow(GET, OBJECT))], ResourceArns=[OBJECT, OTHER])["EvalDecision"] == "implicitDeny"
    assert simulate([policy(allow(GET))], ResourceArns=[OBJECT, OTHER])["EvalDecision"] == "allowed"


def test_one_resource_is_told_twice(simulate):
    statement = matched(
        "PolicyInputList.1", (1, 41), (1, 41 + len('{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}'))
    )
    assert simulate([policy(allow(GET))], ResourceArns=[OBJECT]) == {
        "EvalActionName": GET,
        "EvalResourceName": OBJECT,
        "EvalDecision": "allowed",
        "MatchedStatements": [statement],
        "MissingContextValues": [],
        "EvalDecisionDetails": {},
        "ResourceSpecificResults": [
            {
                "EvalResourceName": OBJECT,
                "EvalResourceDecision": "allowed",
                "MatchedStatements": [statement],
                "MissingContextValues": [],
            }
        ],
    }


def test_both_accounts_are_told_apart(simulate):
    read = {**allow(GET, OBJECT), "Principal": {"AWS": ANN}}

    def details(identity, resource):
        found = simulate(
            [policy(identity)],
            ResourceArns=[OBJECT],
            CallerArn=ANN,
            ResourceOwner="arn:aws:iam::999999999999:root",
            ResourcePolicy=policy(resource),
        )
        return found["EvalDecision"], found["EvalDecisionDetails"]

    assert details(allow(GET), read) == ("allowed", {"IAM Policy": "allowed", "Resource Policy": "allowed"})
    assert details(allow("ec2:*"), read) == (
        "implicitDeny",
        {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"},
    )
    assert details(allow(GET), {**read, "Effect": "Deny"}) == (
        "explicitDeny",
        {"IAM Policy": "allowed", "Resource Policy": "explicitDeny"},
    )


def test_a_boundary_is_told_by_itself(simulate):
    def told(identity, *boundary):
        found = simulate([policy(identity)], PermissionsBoundaryPolicyInputList=[policy(*boundary)])
        return found["EvalDecision"], found["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"]

    assert told(allow(GET), allow("s3:*")) == ("allowed", True)
    assert told(allow(GET), allow("ec2:*")) == ("implicitDeny", False)
    assert told(allow("ec2:*"), allow("s3:*")) == ("implicitDeny", True)
    assert told(allow("ec2:*"), allow("ec2:*")) == ("implicitDeny", False)
    assert told(allow(GET), allow("*"), deny("s3:*")) == ("explicitDeny", False)


def test_policies_of_a_user_and_of_a_role_have_the_names_of_both(user, role, iam):
    name, _ = user(allow(GET))
    arn = role({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, allow("s3:*"))
    iam.attach_role_policy(RoleName=arn.rpartition("/")[2], PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    def names(source):
        answer = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=[GET])
        return [each["SourcePolicyId"] for each in answer["EvaluationResults"][0]["MatchedStatements"]]

    assert names(f"arn:aws:iam::{ACCOUNT}:user/{name}") == [f"user_{name}_given"]
    assert names(arn) == [f"role_{arn.rpartition('/')[2]}_given", "AdministratorAccess"]


def test_a_principal_is_known_to_its_own_simulation(user, iam):
    name, _ = user(allow("s3:*", "arn:aws:s3:::houses/${aws:username}/*"))
    for folder, decision in ((name, "allowed"), ("bob", "implicitDeny")):
        answer = iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{name}",
            ActionNames=[GET],
            ResourceArns=[f"arn:aws:s3:::houses/{folder}/x"],
        )
        assert answer["EvaluationResults"][0]["EvalDecision"] == decision


def test_pages_go_over_actions(iam):
    actions = [f"s3:Get{at}" for at in range(5)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[policy(allow("s3:*"))], ActionNames=actions, PaginationConfig={"PageSize": 2}
    )
    found = [[each["EvalActionName"] for each in page["EvaluationResults"]] for page in pages]
    assert found == [actions[0:2], actions[2:4], actions[4:5]]


READ = policy({**allow(GET, OBJECT), "Principal": {"AWS": ANN}})
REFUSED = {
    "a caller that is no user": (
        {"CallerArn": f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole"},
        "Invalid caller - Caller must be an IAM user in this context.",
    ),
    "a policy of a resource without a caller": ({"ResourcePolicy": READ}, "CallerArn must be given"),
    "an action with a wildcard": ({"ActionNames": ["s3:*"]}, "without wildcards, got s3:*."),
    "an action without a service": ({"ActionNames": ["GetObject"]}, "with its service"),
    "two values of a key that has one": ({"keys": ("numeric", ["1", "2"])}, "takes one value, got 2."),
    "a number that is none": ({"keys": ("numeric", ["few"])}, "expected a value of type numeric, got few."),
    "a boolean that is none": ({"keys": ("boolean", ["yes"])}, "expected a value of type boolean, got yes."),
    "a date that is none": ({"keys": ("dateList", ["2020-01-01", "soon"])}, "expected a value of type date, got soon."),
    "an address that is none": ({"keys": ("ip", ["here"])}, "expected a value of type ip, got here."),
    "bytes that are none": ({"keys": ("binary", ["a"])}, "expected a value of type binary, got a."),
    "resources of EC2": ({"ResourceHandlingOption": "EC2-VPC-EBS"}, "which Sagebrush does not serve."),
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_questions_that_make_no_sense_are_refused(iam, row):
    more, text = row
    question = {"PolicyInputList": [policy(allow(GET))], "ActionNames": [GET], **more}
    if keys := question.pop("keys", None):
        kind, values = keys
        question["ContextEntries"] = [{"ContextKeyName": "app:key", "ContextKeyType": kind, "ContextKeyValues": values}]
    code, found = refusal(lambda: iam.simulate_custom_policy(**question))
    assert code == "InvalidInput"
    assert text in found


def test_a_role_is_not_simulated_with_a_resource_s_policy(iam):
    question = {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole", "ActionNames": [GET]}
    assert refusal(lambda: iam.simulate_principal_policy(**question, ResourcePolicy=READ)) == (
        "InvalidInput",
        "Invalid caller - Caller must be an IAM user in this context.",
    )
    answer = iam.simulate_principal_policy(**question, ResourcePolicy=READ, CallerArn=ANN, ResourceArns=[OBJECT])
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
