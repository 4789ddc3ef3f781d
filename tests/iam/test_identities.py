"""Users, keys, roles and policies as nouns: answers, limits and conflicts as AWS gives them."""

import json
import re

import pytest
from policies import allow, policy, refusal
from server_process import ACCOUNT

TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_the_first_role_is_there_for_sagemaker_code(client):
    role = client("iam").get_role(RoleName="SageMakerRole")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole"
    services = [statement["Principal"]["Service"] for statement in role["AssumeRolePolicyDocument"]["Statement"]]
    assert services == ["sagemaker.amazonaws.com"]
    attached = client("iam").list_attached_role_policies(RoleName="SageMakerRole")["AttachedPolicies"]
    assert attached == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    ]


def test_a_user_is_told_as_it_was_made(iam, fresh):
    name = fresh("user")
    made = iam.create_user(UserName=name, Path="/a/b/", Tags=[{"Key": "team", "Value": "red"}])["User"]
    try:
        assert re.fullmatch(r"AIDA[A-Z2-7]{16}", made["UserId"])
        assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/a/b/{name}"
        assert iam.get_user(UserName=name)["User"] == made
        assert made["Tags"] == [{"Key": "team", "Value": "red"}]
        assert refusal(lambda: iam.create_user(UserName=name.upper())) == (
            "EntityAlreadyExists",
            f"User with name {name.upper()} already exists.",
        )
        listed = iam.list_users(PathPrefix="/a/b/")["Users"]
        assert [user["UserName"] for user in listed] == [name]
    finally:
        iam.delete_user(UserName=name)
    assert refusal(lambda: iam.get_user(UserName=name)) == (
        "NoSuchEntity",
        f"The user with name {name} cannot be found.",
    )


def test_a_renamed_user_keeps_its_keys(iam, fresh, server):
    old, new = fresh("user"), fresh("renamed")
    iam.create_user(UserName=old)
    key = iam.create_access_key(UserName=old)["AccessKey"]
    iam.update_user(UserName=old, NewUserName=new)
    try:
        caller = server.client("sts", keys=(key["AccessKeyId"], key["SecretAccessKey"])).get_caller_identity()
        assert caller["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{new}"
        assert refusal(lambda: iam.get_user(UserName=old))[0] == "NoSuchEntity"
    finally:
        iam.delete_access_key(UserName=new, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=new)


def test_a_user_has_two_keys_and_cannot_be_deleted_with_them(user, iam):
    name, clients = user()
    second = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    assert refusal(lambda: iam.create_access_key(UserName=name)) == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    assert refusal(lambda: iam.delete_user(UserName=name)) == (
        "DeleteConflict",
        "Cannot delete entity, must delete access keys first.",
    )
    iam.update_access_key(UserName=name, AccessKeyId=second, Status="Inactive")
    statuses = {key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]}
    assert sorted(statuses.values()) == ["Active", "Inactive"]
    assert statuses[second] == "Inactive"
    clients("sts").get_caller_identity()


def test_a_key_works_until_it_is_switched_off_or_deleted(user, iam):
    name, clients = user()
    sts = clients("sts")
    key = sts._request_signer._credentials.access_key
    sts.get_caller_identity()
    iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    assert refusal(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    iam.update_access_key(UserName=name, AccessKeyId=key, Status="Active")
    sts.get_caller_identity()
    iam.delete_access_key(UserName=name, AccessKeyId=key)
    assert refusal(sts.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_role_is_told_as_it_was_made(iam, fresh):
    name = fresh("role")
    document = {"Version": "2012-10-17", "Statement": [TRUST]}
    made = iam.create_role(
        RoleName=name, Path="/service/", AssumeRolePolicyDocument=json.dumps(document), MaxSessionDuration=7200
    )["Role"]
    try:
        assert made["AssumeRolePolicyDocument"] == document
        assert "MaxSessionDuration" not in made
        found = iam.get_role(RoleName=name)["Role"]
        assert found == {**made, "MaxSessionDuration": 7200, "RoleLastUsed": {}}
        described = iam.update_role_description(RoleName=name, Description="waits")["Role"]
        assert described == {**made, "Description": "waits"}
        iam.update_role(RoleName=name, Description="trains", MaxSessionDuration=3600)
        changed = iam.get_role(RoleName=name)["Role"]
        assert (changed["Description"], changed["MaxSessionDuration"]) == ("trains", 3600)
        bad = json.dumps({"Version": "2012-10-17", "Statement": [{**TRUST, "Action": "s3:*"}]})
        assert refusal(lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=bad)) == (
            "MalformedPolicyDocument",
            "AssumeRole policy may only specify STS AssumeRole actions.",
        )
    finally:
        iam.delete_role(RoleName=name)


def test_inline_policies_come_back_as_given(role, iam):
    name = role({"AWS": ACCOUNT}).split("/")[-1]
    document = {"Version": "2012-10-17", "Statement": [allow("s3:Get*", "arn:aws:s3:::b/äöü+ %7B*")]}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    assert without_metadata(iam.get_role_policy(RoleName=name, PolicyName="p")) == {
        "RoleName": name,
        "PolicyName": "p",
        "PolicyDocument": document,
    }
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["p"]
    assert refusal(lambda: iam.delete_role(RoleName=name)) == (
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
    )
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    assert refusal(lambda: iam.get_role_policy(RoleName=name, PolicyName="p")) == (
        "NoSuchEntity",
        "The role policy with name p cannot be found.",
    )


@pytest.fixture
def managed(iam, fresh):
    """A managed policy that is detached and deleted afterwards: its ARN."""
    arn = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    yield arn
    for entity in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]:
        iam.detach_role_policy(RoleName=entity["RoleName"], PolicyArn=arn)
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)


def test_a_managed_policy_counts_who_has_it(managed, role, iam):
    name = role({"AWS": ACCOUNT}).split("/")[-1]
    assert iam.get_policy(PolicyArn=managed)["Policy"]["AttachmentCount"] == 0
    iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    assert iam.get_policy(PolicyArn=managed)["Policy"]["AttachmentCount"] == 1
    entities = iam.list_entities_for_policy(PolicyArn=managed)
    assert [entity["RoleName"] for entity in entities["PolicyRoles"]] == [name]
    assert refusal(lambda: iam.delete_policy(PolicyArn=managed)) == (
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
    )
    assert refusal(lambda: iam.delete_role(RoleName=name)) == (
        "DeleteConflict",
        "Cannot delete entity, must detach all policies first.",
    )
    iam.detach_role_policy(RoleName=name, PolicyArn=managed)
    assert refusal(lambda: iam.detach_role_policy(RoleName=name, PolicyArn=managed)) == (
        "NoSuchEntity",
        f"Policy {managed} was not found.",
    )


def test_what_is_attached_has_to_exist(role, iam):
    """Answers recorded in LocalStack's tests/aws/services/iam/test_iam_roles.snapshot.json."""
    name = role({"AWS": ACCOUNT}).split("/")[-1]
    missing = f"arn:aws:iam::{ACCOUNT}:policy/nobody-made-this"
    assert refusal(lambda: iam.attach_role_policy(RoleName=name, PolicyArn="longpolicynamebutnoarn")) == (
        "ValidationError",
        "ARN longpolicynamebutnoarn is not valid.",
    )
    assert refusal(lambda: iam.attach_role_policy(RoleName=name, PolicyArn=missing)) == (
        "NoSuchEntity",
        f"Policy {missing} does not exist or is not attachable.",
    )


def test_a_policy_has_five_versions_whose_numbers_are_not_used_twice(managed, iam):
    for _ in range(4):
        iam.create_policy_version(PolicyArn=managed, PolicyDocument=policy(allow("s3:Get*")))
    assert refusal(lambda: iam.create_policy_version(PolicyArn=managed, PolicyDocument=policy(allow("s3:*"))))[0] == (
        "LimitExceeded"
    )
    iam.delete_policy_version(PolicyArn=managed, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=managed, PolicyDocument=policy(allow("s3:Put*")), SetAsDefault=True)
    assert made["PolicyVersion"]["VersionId"] == "v6"
    listed = iam.list_policy_versions(PolicyArn=managed)["Versions"]
    assert [version["VersionId"] for version in listed] == ["v6", "v4", "v3", "v2", "v1"]
    found = iam.get_policy_version(PolicyArn=managed, VersionId="v6")["PolicyVersion"]
    assert found["IsDefaultVersion"]
    assert found["Document"]["Statement"][0]["Action"] == "s3:Put*"
    assert refusal(lambda: iam.delete_policy_version(PolicyArn=managed, VersionId="v6")) == (
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
    )


def test_policies_of_aws_are_known_and_not_ours_to_change(iam):
    listed = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 50})
    policies = {policy["PolicyName"]: policy for page in listed for policy in page["Policies"]}
    assert policies.keys() >= {
        "AdministratorAccess",
        "AmazonSageMakerFullAccess",
        "AmazonS3FullAccess",
        "ReadOnlyAccess",
    }
    full = policies["AmazonSageMakerFullAccess"]
    assert re.fullmatch(r"v\d\d", full["DefaultVersionId"])
    assert full["CreateDate"].year == 2017
    document = iam.get_policy_version(PolicyArn=full["Arn"], VersionId=full["DefaultVersionId"])["PolicyVersion"]
    first, *_ = document["Document"]["Statement"]
    assert first["NotResource"][0].startswith("arn:aws:sagemaker:*:*:domain/")
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert refusal(lambda: iam.delete_policy(PolicyArn=arn))[0] == "AccessDenied"


def test_lists_page_without_gaps(iam, fresh):
    names = sorted(fresh("paged") for _ in range(5))
    try:
        for name in names:
            iam.create_user(UserName=name, Path="/paged/")
        pages = list(iam.get_paginator("list_users").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 2}))
        assert [len(page["Users"]) for page in pages] == [2, 2, 1]
        assert [user["UserName"] for page in pages for user in page["Users"]] == names
    finally:
        for name in names:
            iam.delete_user(UserName=name)


def test_tags_are_added_replaced_and_removed(role, iam):
    name = role({"AWS": ACCOUNT}).split("/")[-1]
    iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "3"}])
    iam.untag_role(RoleName=name, TagKeys=["b"])
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "a", "Value": "3"}]
    twice = [{"Key": "x", "Value": "1"}, {"Key": "X", "Value": "2"}]
    assert refusal(lambda: iam.tag_role(RoleName=name, Tags=twice)) == (
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    assert refusal(lambda: iam.tag_role(RoleName=name, Tags=[{"Key": "aws:x", "Value": "1"}]))[0] == "InvalidInput"
