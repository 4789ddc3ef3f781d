"""Groups: who is in them, and what their members may do.

Refusals as recorded in LocalStack's tests/aws/services/iam/test_iam_groups.snapshot.json.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from policies import allow, deny, policy, refusal
from server_process import ACCOUNT


@pytest.fixture
def group(iam, fresh):
    """group(allow(…), …) makes a group with these statements: its name."""
    made = []

    def make(*statements):
        name = fresh("group")
        iam.create_group(GroupName=name)
        made.append(name)
        if statements:
            iam.put_group_policy(GroupName=name, PolicyName="given", PolicyDocument=policy(*statements))
        return name

    yield make
    for name in made:
        for member in iam.get_group(GroupName=name)["Users"]:
            iam.remove_user_from_group(GroupName=name, UserName=member["UserName"])
        for inline in iam.list_group_policies(GroupName=name)["PolicyNames"]:
            iam.delete_group_policy(GroupName=name, PolicyName=inline)
        for attached in iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"]:
            iam.detach_group_policy(GroupName=name, PolicyArn=attached["PolicyArn"])
        iam.delete_group(GroupName=name)


def test_members_have_what_their_groups_may_and_not_what_one_denies(user, group, iam):
    name, clients = user()
    reading, closed = group(allow("sagemaker:List*")), group(deny("sagemaker:ListModels"))
    sagemaker = clients("sagemaker")
    assert refusal(sagemaker.list_models)[0] == "AccessDeniedException"
    iam.add_user_to_group(GroupName=reading, UserName=name)
    sagemaker.list_models()
    iam.add_user_to_group(GroupName=closed, UserName=name)
    assert refusal(sagemaker.list_models)[1].endswith("with an explicit deny in an identity-based policy")
    sagemaker.list_endpoints()
    iam.remove_user_from_group(GroupName=closed, UserName=name)
    iam.attach_group_policy(GroupName=reading, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    clients("s3").list_buckets()
    answer = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{name}", ActionNames=["sagemaker:ListModels"]
    )
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
    iam.remove_user_from_group(GroupName=reading, UserName=name)
    assert refusal(sagemaker.list_models)[0] == "AccessDeniedException"


def test_membership_is_told_from_both_sides(user, group, iam):
    name, _ = user()
    groups = sorted(group() for _ in range(3))
    for one in [*groups, groups[0]]:
        iam.add_user_to_group(GroupName=one, UserName=name)
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName=name, PaginationConfig={"PageSize": 2})
    assert [[one["GroupName"] for one in page["Groups"]] for page in pages] == [groups[:2], groups[2:]]
    found = iam.get_group(GroupName=groups[0])
    assert found["Group"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/{groups[0]}"
    assert found["Group"]["GroupId"].startswith("AGPA")
    assert [member["UserName"] for member in found["Users"]] == [name]
    assert refusal(lambda: iam.delete_group(GroupName=groups[0])) == (
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
    )
    assert refusal(lambda: iam.delete_user(UserName=name))[0] == "DeleteConflict"


def test_a_renamed_group_keeps_its_members_and_rights(user, group, iam, fresh):
    name, clients = user()
    old, new = group(allow("sagemaker:ListModels")), fresh("Renamed")
    iam.add_user_to_group(GroupName=old, UserName=name)
    iam.update_group(GroupName=old, NewGroupName=new, NewPath="/new/")
    try:
        clients("sagemaker").list_models()
        listed = iam.list_groups_for_user(UserName=name)["Groups"]
        assert [(one["GroupName"], one["Path"]) for one in listed] == [(new, "/new/")]
        assert refusal(lambda: iam.get_group(GroupName=old))[0] == "NoSuchEntity"
    finally:
        iam.update_group(GroupName=new, NewGroupName=old)


def test_a_new_name_or_path_needs_the_right_on_it_too(user, group, iam, fresh):
    """Other policies know a user or group by its ARN: whoever may choose that takes what they give."""
    old, new = group(), fresh("Renamed")
    theirs, _ = user()
    own = [f"arn:aws:iam::{ACCOUNT}:group/{old}", f"arn:aws:iam::{ACCOUNT}:user/{theirs}"]
    renamed = f"arn:aws:iam::{ACCOUNT}:group/{new}"
    _, clients = user(allow(["iam:UpdateGroup", "iam:UpdateUser"], [*own, renamed]))
    by_them = clients("iam")
    cases = [
        lambda: by_them.update_group(GroupName=old, NewGroupName="other"),
        lambda: by_them.update_group(GroupName=old, NewPath="/admins/"),
        lambda: by_them.update_user(UserName=theirs, NewUserName="other"),
        lambda: by_them.update_user(UserName=theirs, NewPath="/admins/"),
    ]
    for call in cases:
        assert refusal(call)[0] == "AccessDenied"
    by_them.update_group(GroupName=old, NewGroupName=new)
    iam.update_group(GroupName=new, NewGroupName=old)


def test_what_is_not_there_is_named(user, group, iam, fresh):
    name, _ = user()
    here, gone = group(), fresh("gone")
    no_group = ("NoSuchEntity", f"The group with name {gone} cannot be found.")
    no_user = ("NoSuchEntity", f"The user with name {gone} cannot be found.")
    cases = [
        (lambda: iam.get_group(GroupName=gone), no_group),
        (lambda: iam.update_group(GroupName=gone, NewGroupName="x"), no_group),
        (lambda: iam.delete_group(GroupName=gone), no_group),
        (lambda: iam.add_user_to_group(GroupName=gone, UserName=name), no_group),
        (lambda: iam.add_user_to_group(GroupName=here, UserName=gone), no_user),
        (lambda: iam.remove_user_from_group(GroupName=gone, UserName=gone), no_user),
        (
            lambda: iam.create_group(GroupName=here),
            ("EntityAlreadyExists", f"Group with name {here} already exists."),
        ),
        (
            lambda: iam.get_group_policy(GroupName=here, PolicyName="p"),
            ("NoSuchEntity", "The group policy with name p cannot be found."),
        ),
    ]
    for call, expected in cases:
        assert refusal(call) == expected
    # Who is not in a group can be removed from it.
    iam.remove_user_from_group(GroupName=here, UserName=name)


def test_a_user_is_in_ten_groups(user, group, iam):
    name, _ = user()
    for _ in range(10):
        iam.add_user_to_group(GroupName=group(), UserName=name)
    assert refusal(lambda: iam.add_user_to_group(GroupName=group(), UserName=name)) == (
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerUser: 10",
    )


def test_many_changes_of_one_group_at_once_all_count(user, group, iam, fresh):
    """As tools do that set up an account: each writes the group or the policy too."""
    name = group()
    users = [user()[0] for _ in range(8)]
    roles = [fresh("role") for _ in range(8)]
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    arn = iam.create_policy(PolicyName=fresh("shared"), PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    for one in roles:
        iam.create_role(RoleName=one, AssumeRolePolicyDocument=trust)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda one: iam.add_user_to_group(GroupName=name, UserName=one), users))
            list(pool.map(lambda one: iam.attach_role_policy(RoleName=one, PolicyArn=arn), roles))
        assert len(iam.get_group(GroupName=name)["Users"]) == 8
        assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 8
    finally:
        for one in roles:
            iam.detach_role_policy(RoleName=one, PolicyArn=arn)
            iam.delete_role(RoleName=one)
        iam.delete_policy(PolicyArn=arn)
