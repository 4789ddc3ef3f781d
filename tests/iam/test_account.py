"""Nouns beside users and roles: instance profiles, boundaries, roles of services, the account, providers, last uses."""

import json

import pytest
from policies import allow, policy, refusal
from server_process import ACCOUNT, wait_until


@pytest.fixture
def profile(iam, fresh):
    """profile() makes an instance profile: its name."""
    made = []

    def make(**more):
        name = fresh("profile")
        made.append((name, iam.create_instance_profile(InstanceProfileName=name, **more)["InstanceProfile"]))
        return name

    yield make
    for name, _ in made:
        for role in iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
        iam.delete_instance_profile(InstanceProfileName=name)


def test_an_instance_profile_holds_one_role(iam, role, profile):
    """Recorded in LocalStack's tests/aws/services/iam/test_iam_instance_profiles.snapshot.json."""
    name = profile(Path="/machines/", Tags=[{"Key": "team", "Value": "red"}])
    first, second = (role({"Service": "ec2.amazonaws.com"}).split("/")[-1] for _ in range(2))
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=first)
    found = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/machines/{name}"
    assert found["Tags"] == [{"Key": "team", "Value": "red"}]
    shown = iam.get_role(RoleName=first)["Role"]
    assert found["Roles"] == [
        {key: value for key, value in shown.items() if key not in ("MaxSessionDuration", "RoleLastUsed")}
    ]
    listed = iam.list_instance_profiles_for_role(RoleName=first)["InstanceProfiles"]
    assert [one["InstanceProfileName"] for one in listed] == [name]
    cases = [
        (
            lambda: iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=second),
            ("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"),
        ),
        (
            lambda: iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=second),
            ("NoSuchEntity", f"Role {second} in Instance Profile {name} cannot be found."),
        ),
        (
            lambda: iam.delete_role(RoleName=first),
            ("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."),
        ),
        (
            lambda: iam.delete_instance_profile(InstanceProfileName=name),
            ("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."),
        ),
        (
            lambda: iam.get_instance_profile(InstanceProfileName="gone"),
            ("NoSuchEntity", "Instance Profile gone cannot be found."),
        ),
        (
            lambda: iam.create_instance_profile(InstanceProfileName=name),
            ("EntityAlreadyExists", f"Instance Profile {name} already exists."),
        ),
    ]
    for call, expected in cases:
        assert refusal(call) == expected
    iam.tag_instance_profile(InstanceProfileName=name, Tags=[{"Key": "a", "Value": "1"}])
    iam.untag_instance_profile(InstanceProfileName=name, TagKeys=["team"])
    assert iam.list_instance_profile_tags(InstanceProfileName=name)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_a_boundary_is_set_and_taken_away(user, iam, fresh):
    name, clients = user(allow("sagemaker:*"))
    boundary = iam.create_policy(PolicyName=fresh("boundary"), PolicyDocument=policy(allow("sagemaker:ListModels")))
    arn = boundary["Policy"]["Arn"]
    sagemaker = clients("sagemaker")
    try:
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
        assert iam.get_user(UserName=name)["User"]["PermissionsBoundary"] == {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": arn,
        }
        sagemaker.list_models()
        assert refusal(sagemaker.list_endpoints)[1].endswith(
            "because no permissions boundary allows the sagemaker:ListEndpoints action"
        )
        assert refusal(lambda: iam.delete_policy(PolicyArn=arn))[0] == "DeleteConflict"
        iam.delete_user_permissions_boundary(UserName=name)
        sagemaker.list_endpoints()
    finally:
        iam.delete_policy(PolicyArn=arn)
    bad = f"arn:aws:iam::{ACCOUNT}:not_a_policy/invalid"
    for wrong, expected in [
        (bad, ("InvalidInput", f"ARN {bad} is not valid.")),
        (arn, ("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")),
    ]:
        put = lambda wrong=wrong: iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=wrong)  # noqa: E731
        assert refusal(put) == expected


def test_a_user_who_may_make_roles_only_within_a_boundary(user, iam, fresh):
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    condition = {"StringEquals": {"iam:PermissionsBoundary": arn}}
    _, clients = user(
        allow(["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole"], Condition=condition),
        allow("iam:DeleteRole"),
    )
    mine, name = clients("iam"), fresh("role")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    assert refusal(lambda: mine.create_role(RoleName=name, AssumeRolePolicyDocument=trust))[0] == "AccessDenied"
    mine.create_role(RoleName=name, AssumeRolePolicyDocument=trust, PermissionsBoundary=arn)
    try:
        mine.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow("s3:*")))
        iam.delete_role_permissions_boundary(RoleName=name)
        assert refusal(lambda: mine.delete_role_policy(RoleName=name, PolicyName="p"))[0] == "AccessDenied"
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="p")
        iam.delete_role(RoleName=name)


def test_a_role_of_a_service_is_only_its_own_to_change(iam):
    """Names, policies and refusals as recorded in LocalStack's test_iam.snapshot.json."""
    service, name = "sagemaker.amazonaws.com", "AWSServiceRoleForAmazonSageMakerNotebooks"
    made = iam.create_service_linked_role(AWSServiceName=service)["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{name}"
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["AmazonSageMakerNotebooksServiceRolePolicy"]
    protected = (
        "UnmodifiableEntity",
        f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS",
    )
    document = policy(allow("s3:*"))
    cases = [
        (
            lambda: iam.create_service_linked_role(AWSServiceName=service),
            (
                "InvalidInput",
                f"Service role name {name} has been taken in this account, please try a different suffix.",
            ),
        ),
        (
            lambda: iam.create_service_linked_role(AWSServiceName=service, CustomSuffix="x"),
            ("InvalidInput", f"Custom suffix is not allowed for {service}"),
        ),
        (lambda: iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document), protected),
        (lambda: iam.detach_role_policy(RoleName=name, PolicyArn=attached[0]["PolicyArn"]), protected),
        (lambda: iam.delete_role(RoleName=name), protected),
        (
            lambda: iam.update_assume_role_policy(
                RoleName=name, PolicyDocument=json.dumps(made["AssumeRolePolicyDocument"])
            ),
            protected,
        ),
    ]
    for call, expected in cases:
        assert refusal(call) == expected
    iam.update_role(RoleName=name, Description="for notebooks")
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/{service}/{name}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert refusal(lambda: iam.get_role(RoleName=name))[0] == "NoSuchEntity"
    other = task[:-1] + ("0" if task[-1] != "0" else "1")
    assert refusal(lambda: iam.get_service_linked_role_deletion_status(DeletionTaskId=other))[0] == "NoSuchEntity"


def test_a_policy_of_services_is_not_for_roles_of_people(iam, role):
    name = role({"AWS": ACCOUNT}).split("/")[-1]
    arn = "arn:aws:iam::aws:policy/aws-service-role/AmazonSageMakerNotebooksServiceRolePolicy"
    assert refusal(lambda: iam.attach_role_policy(RoleName=name, PolicyArn=arn)) == (
        "PolicyNotAttachable",
        "Cannot attach a Service Role Policy to a Customer Role.",
    )


def test_an_account_has_one_alias_and_rules_for_passwords(iam, fresh):
    """Recorded in LocalStack's test_iam_account_aliases and test_iam_account_password_policy."""
    first, second = fresh("alias"), fresh("alias")
    iam.create_account_alias(AccountAlias=first)
    assert refusal(lambda: iam.create_account_alias(AccountAlias=first))[0] == "EntityAlreadyExists"
    iam.create_account_alias(AccountAlias=second)
    assert iam.list_account_aliases()["AccountAliases"] == [second]
    iam.delete_account_alias(AccountAlias=second)
    assert iam.list_account_aliases()["AccountAliases"] == []
    assert refusal(iam.get_account_password_policy) == (
        "NoSuchEntity",
        f"The Password Policy with domain name {ACCOUNT} cannot be found.",
    )
    iam.update_account_password_policy()
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
        "MinimumPasswordLength": 6,
        "RequireLowercaseCharacters": False,
        "RequireNumbers": False,
        "RequireSymbols": False,
        "RequireUppercaseCharacters": False,
    }
    iam.update_account_password_policy(MaxPasswordAge=60, HardExpiry=True)
    rules = iam.get_account_password_policy()["PasswordPolicy"]
    assert (rules["ExpirePasswords"], rules["MaxPasswordAge"], rules["HardExpiry"]) == (True, 60, True)
    iam.delete_account_password_policy()
    assert refusal(iam.delete_account_password_policy) == (
        "NoSuchEntity",
        "The account policy with name PasswordPolicy cannot be found.",
    )


def test_the_account_is_told_as_a_whole(user, role, iam, fresh):
    before = iam.get_account_summary()["SummaryMap"]
    name, _ = user(allow("s3:*"))
    group = fresh("Group")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=name)
    try:
        after = iam.get_account_summary()["SummaryMap"]
        assert (after["Users"] - before["Users"], after["Groups"] - before["Groups"]) == (1, 1)
        assert (after["RolesQuota"], after["AccountAccessKeysPresent"]) == (1000, 1)
        pages = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2})
        details = list(pages)
        users = [one for page in details for one in page["UserDetailList"] if one["UserName"] == name]
        assert users[0]["GroupList"] == [group]
        assert users[0]["UserPolicyList"][0]["PolicyDocument"]["Statement"] == [allow("s3:*")]
        policies = {one["PolicyName"] for page in details for one in page["Policies"]}
        assert "AdministratorAccess" in policies
        assert "SecurityAudit" not in policies
        only = iam.get_account_authorization_details(Filter=["Group"])
        assert [one["GroupName"] for one in only["GroupDetailList"]].count(group) == 1
        assert (only["UserDetailList"], only["RoleDetailList"], only["Policies"]) == ([], [], [])
    finally:
        iam.remove_user_from_group(GroupName=group, UserName=name)
        iam.delete_group(GroupName=group)


def test_policies_tell_the_keys_that_they_ask_for(user, iam):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}, "Bool": {"aws:SecureTransport": "true"}}
    name, _ = user(allow("s3:*", "arn:aws:s3:::${aws:username}-${*}", Condition=condition))
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]
    assert sorted(keys) == ["aws:PrincipalTag/team", "aws:SecureTransport", "aws:username"]
    document = policy(allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[document])["ContextKeyNames"] == ["aws:SourceIp"]


def test_the_last_use_of_a_key_and_of_a_role_is_told(user, role, iam):
    """Recorded in LocalStack's test_iam_users.snapshot.json, but for who used a key."""
    name, clients = user(allow("sagemaker:ListModels"), allow("sts:AssumeRole"))
    key = iam.list_access_keys(UserName=name)["AccessKeyMetadata"][0]["AccessKeyId"]
    never = {"ServiceName": "N/A", "Region": "N/A"}
    assert iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"] == never
    clients("sagemaker").list_models()
    told = iam.get_access_key_last_used(AccessKeyId=key)
    used = told["AccessKeyLastUsed"]
    assert (told["UserName"], used["ServiceName"], used["Region"]) == (name, "sagemaker", "us-east-1")
    arn = role({"AWS": ACCOUNT})
    assert iam.get_role(RoleName=arn.split("/")[-1])["Role"]["RoleLastUsed"] == {}
    assert refusal(lambda: iam.get_access_key_last_used(AccessKeyId="AKIAIOSFODNN7EXAMPLE"))[0] == "AccessDenied"


def test_the_last_use_of_a_key_survives_a_stop(own_server):
    server = own_server()
    key, _ = server.keys("root")
    server.client("sagemaker", profile="root").list_models()
    server.stop()
    server.start()
    iam = server.client("iam")
    used = wait_until(lambda: iam.get_access_key_last_used(AccessKeyId=key), 5, "the key's last use is known")
    assert used["AccessKeyLastUsed"]["ServiceName"] == "sagemaker"
    assert "LastUsedDate" in iam.get_role(RoleName="SageMakerRole")["Role"]["RoleLastUsed"]
