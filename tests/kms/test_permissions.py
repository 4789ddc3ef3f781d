"""Who may use a key: its policy has to allow, the account's statement hands over to IAM, and grants add to both."""

import json

import pytest
from policies import allow, deny, policy, refusal
from server_process import ACCOUNT, ROLE

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
USE = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey"]


def to(principal, action="kms:*", effect="Allow", **more):
    return {"Effect": effect, "Principal": {"AWS": principal}, "Action": action, "Resource": "*", **more}


def administered(*statements):
    """A key policy under which the everyday role keeps the key in hand, and nobody else does anything by IAM."""
    return policy(to(ROLE), *statements)


def encrypting(clients, made, **more):
    return lambda: clients("kms").encrypt(KeyId=made["Arn"], Plaintext=b"x", **more)


def test_by_default_iam_decides(key, user):
    made, other = key(), key()
    _, nobody = user()
    arn, ann = user(allow("kms:Encrypt", made["Arn"]))
    encrypting(ann, made)()
    code, text = refusal(encrypting(ann, other))
    assert code == "AccessDeniedException"
    assert text == (
        f"User: {arn} is not authorized to perform: kms:Encrypt on resource: {other['Arn']} "
        "because no identity-based policy allows the kms:Encrypt action"
    )
    assert refusal(encrypting(nobody, made))[0] == "AccessDeniedException"
    assert refusal(lambda: ann("kms").describe_key(KeyId=made["Arn"]))[0] == "AccessDeniedException"


def test_without_the_accounts_statement_iam_alone_is_not_enough(key, user):
    arn, ann = user(allow("kms:*"))
    made = key(Policy=administered())
    code, text = refusal(encrypting(ann, made))
    assert code == "AccessDeniedException"
    assert text == (
        f"User: {arn} is not authorized to perform: kms:Encrypt on resource: {made['Arn']} "
        "because no resource-based policy allows the kms:Encrypt action"
    )


def test_the_policy_rules_over_root_too(key, server):
    made = key(Policy=administered())
    root = server.client("kms", profile="root")
    assert refusal(lambda: root.describe_key(KeyId=made["KeyId"]))[0] == "AccessDeniedException"
    open_to_all = key()
    assert root.describe_key(KeyId=open_to_all["KeyId"])["KeyMetadata"]["Arn"] == open_to_all["Arn"]


def test_a_policy_that_names_a_user_needs_nothing_of_iam(kms, key, user):
    ann_arn, ann = user()
    _, bob = user()
    made = key(Policy=administered(to(ann_arn, USE)))
    blob = encrypting(ann, made)()["CiphertextBlob"]
    assert ann("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert refusal(encrypting(bob, made))[0] == "AccessDeniedException"
    assert refusal(lambda: bob("kms").decrypt(CiphertextBlob=blob))[0] == "AccessDeniedException"
    assert refusal(lambda: ann("kms").disable_key(KeyId=made["Arn"]))[0] == "AccessDeniedException"
    kms.put_key_policy(KeyId=made["KeyId"], Policy=administered())
    assert refusal(encrypting(ann, made))[0] == "AccessDeniedException"


def test_a_deny_of_the_policy_wins_over_iam(key, user):
    arn, ann = user(allow("kms:*"))
    made = key(Policy=policy(to(ROOT), to(arn, "kms:Decrypt", "Deny")))
    blob = encrypting(ann, made)()["CiphertextBlob"]
    code, text = refusal(lambda: ann("kms").decrypt(CiphertextBlob=blob))
    assert code == "AccessDeniedException"
    assert text.endswith(f"on resource: {made['Arn']} with an explicit deny in a resource-based policy")


def test_conditions_see_the_context_and_the_alias(kms, key, user, fresh):
    blue = {"StringEquals": {"kms:EncryptionContext:team": "blue"}}
    made = key()
    _, ann = user(allow(USE, made["Arn"], Condition=blue))
    encrypting(ann, made, EncryptionContext={"team": "blue"})()
    assert refusal(encrypting(ann, made, EncryptionContext={"team": "red"}))[0] == "AccessDeniedException"
    assert refusal(encrypting(ann, made))[0] == "AccessDeniedException"
    name = f"alias/{fresh('alias')}"
    _, bob = user(allow("kms:Encrypt", made["Arn"], Condition={"StringEquals": {"kms:RequestAlias": name}}))
    kms.create_alias(AliasName=name, TargetKeyId=made["KeyId"])
    _, eve = user(allow("kms:Decrypt", made["Arn"], Condition={"StringEquals": {"kms:RequestAlias": name}}))
    blob = bob("kms").encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
    assert eve("kms").decrypt(KeyId=name, CiphertextBlob=blob)["Plaintext"] == b"x"
    assert refusal(lambda: eve("kms").decrypt(CiphertextBlob=blob))[0] == "AccessDeniedException"
    assert refusal(encrypting(bob, made))[0] == "AccessDeniedException"
    kms.delete_alias(AliasName=name)


def test_an_alias_needs_a_permission_on_itself_and_on_the_key(key, user, fresh):
    made = key()
    name = f"alias/{fresh('alias')}"
    alias_arn = made["Arn"].rsplit(":", 1)[0] + f":{name}"
    _, only_key = user(allow("kms:CreateAlias", made["Arn"]))
    _, only_alias = user(allow("kms:CreateAlias", alias_arn))
    _, both = user(allow(["kms:CreateAlias", "kms:DeleteAlias"], [alias_arn, made["Arn"]]))
    for clients in (only_key, only_alias):
        code, _ = refusal(lambda clients=clients: clients("kms").create_alias(AliasName=name, TargetKeyId=made["Arn"]))
        assert code == "AccessDeniedException"
    both("kms").create_alias(AliasName=name, TargetKeyId=made["Arn"])
    both("kms").delete_alias(AliasName=name)


def test_policies_are_given_back_and_refused_when_wrong(kms, key):
    made = key()
    given = json.loads(kms.get_key_policy(KeyId=made["KeyId"], PolicyName="default")["Policy"])
    assert given["Statement"] == [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": ROOT},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    own = administered()
    kms.put_key_policy(KeyId=made["KeyId"], PolicyName="default", Policy=own)
    assert kms.get_key_policy(KeyId=made["KeyId"])["Policy"] == own
    assert kms.list_key_policies(KeyId=made["KeyId"])["PolicyNames"] == ["default"]
    assert refusal(lambda: kms.get_key_policy(KeyId=made["KeyId"], PolicyName="other")) == (
        "NotFoundException",
        "No such policy exists",
    )
    for wrong in ["{", "{}", policy(allow("kms:*")), policy(to(ROLE, Condition={"Wrong": {"a": "b"}}))]:
        code, _ = refusal(lambda wrong=wrong: kms.put_key_policy(KeyId=made["KeyId"], Policy=wrong))
        assert code == "MalformedPolicyDocumentException"
    assert kms.get_key_policy(KeyId=made["KeyId"])["Policy"] == own


def test_nobody_locks_a_key_by_mistake(kms, key, user):
    arn, _ = user()
    made = key()
    locked = policy(to(arn))
    text = "The new key policy will not allow you to update the key policy in the future."
    assert refusal(lambda: kms.put_key_policy(KeyId=made["KeyId"], Policy=locked)) == (
        "MalformedPolicyDocumentException",
        text,
    )
    assert refusal(lambda: kms.create_key(Policy=locked)) == ("MalformedPolicyDocumentException", text)


@pytest.fixture
def granted(kms, key, user):
    """granted(Operations=…) makes a key and a grant on it for a user with no policy: key, ARN, clients, grant."""

    def make(**parameters):
        arn, clients = user()
        made = key()
        return made, arn, clients, kms.create_grant(KeyId=made["KeyId"], GranteePrincipal=arn, **parameters)

    return make


def test_a_grant_allows_what_it_names_until_it_is_revoked(kms, granted, user):
    made, arn, ann, grant = granted(Operations=["Encrypt", "DescribeKey"], Name="mine")
    _, bob = user()
    blob = encrypting(ann, made)()["CiphertextBlob"]
    ann("kms").describe_key(KeyId=made["Arn"])
    assert refusal(lambda: ann("kms").decrypt(CiphertextBlob=blob))[0] == "AccessDeniedException"
    assert refusal(encrypting(bob, made))[0] == "AccessDeniedException"
    [listed] = kms.list_grants(KeyId=made["KeyId"])["Grants"]
    assert listed.pop("CreationDate")
    assert listed == {
        "KeyId": made["Arn"],
        "GrantId": grant["GrantId"],
        "Name": "mine",
        "GranteePrincipal": arn,
        "IssuingAccount": ROOT,
        "Operations": ["Encrypt", "DescribeKey"],
    }
    again = kms.create_grant(
        KeyId=made["KeyId"], GranteePrincipal=arn, Operations=["Encrypt", "DescribeKey"], Name="mine"
    )
    assert again["GrantId"] == grant["GrantId"]
    kms.revoke_grant(KeyId=made["KeyId"], GrantId=grant["GrantId"])
    assert refusal(encrypting(ann, made))[0] == "AccessDeniedException"
    assert refusal(lambda: kms.revoke_grant(KeyId=made["KeyId"], GrantId=grant["GrantId"]))[0] == "NotFoundException"


def test_a_grant_is_for_somebody_and_for_what_its_key_does(kms, key):
    somebody = {"GranteePrincipal": ROOT, "Operations": ["Decrypt"]}
    signing = {"KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P256"}
    for made, asked, expected in [
        (key(), {"GranteePrincipal": "ann"}, "InvalidArnException"),
        (key(), {"RetiringPrincipal": "arn:aws:s3:::bucket"}, "InvalidArnException"),
        (key(), {"Operations": ["Decrypt", "Sign"]}, "ValidationException"),
        (key(), {"Operations": ["GetPublicKey"]}, "ValidationException"),
        (key(**signing), {"Operations": ["Encrypt"]}, "ValidationException"),
    ]:
        given = {"KeyId": made["KeyId"], **somebody, **asked}
        assert (asked, refusal(lambda: kms.create_grant(**given))[0]) == (asked, expected)  # noqa: B023 (called at once)
        assert kms.list_grants(KeyId=made["KeyId"])["Grants"] == []


def test_a_grant_can_ask_for_a_context(granted):
    operations = ["Encrypt", "Decrypt", "DescribeKey"]
    subset = {"EncryptionContextSubset": {"team": "blue"}}
    made, _, ann, _ = granted(Operations=operations, Constraints=subset)
    encrypting(ann, made, EncryptionContext={"team": "blue", "more": "x"})()
    ann("kms").describe_key(KeyId=made["Arn"])
    for wrong in [{}, {"team": "red"}, {"Team": "blue"}]:
        assert refusal(encrypting(ann, made, EncryptionContext=wrong))[0] == "AccessDeniedException"
    made, _, ann, _ = granted(Operations=operations, Constraints={"EncryptionContextEquals": {"team": "blue"}})
    encrypting(ann, made, EncryptionContext={"team": "blue"})()
    wrong = {"team": "blue", "more": "x"}
    assert refusal(encrypting(ann, made, EncryptionContext=wrong))[0] == "AccessDeniedException"


def test_a_grant_does_not_win_over_a_deny(kms, key, user):
    arn, ann = user(deny("kms:Encrypt"))
    made = key()
    kms.create_grant(KeyId=made["KeyId"], GranteePrincipal=arn, Operations=["Encrypt"])
    assert refusal(encrypting(ann, made))[0] == "AccessDeniedException"


def test_who_may_make_grants_by_a_grant_hands_on_no_more_than_it_has(granted, user):
    made, _, ann, _ = granted(Operations=["Encrypt", "CreateGrant"])
    bob_arn, bob = user()
    give = {"KeyId": made["Arn"], "GranteePrincipal": bob_arn}
    code, _ = refusal(lambda: ann("kms").create_grant(**give, Operations=["Decrypt"]))
    assert code == "AccessDeniedException"
    ann("kms").create_grant(**give, Operations=["Encrypt"])
    encrypting(bob, made)()


def test_a_grant_made_by_a_grant_asks_for_no_less_of_the_context(granted, user):
    blue = {"team": "blue"}
    operations = ["Encrypt", "CreateGrant"]
    made, _, ann, _ = granted(Operations=operations, Constraints={"EncryptionContextSubset": blue})
    exact, _, eve, _ = granted(Operations=operations, Constraints={"EncryptionContextEquals": blue})
    bob, _ = user()

    def give(clients, key_id, **constraints):
        more = {"Constraints": constraints} if constraints else {}
        return lambda: clients("kms").create_grant(KeyId=key_id, GranteePrincipal=bob, Operations=["Encrypt"], **more)

    for looser in [{}, {"EncryptionContextSubset": {"team": "red"}}]:
        assert refusal(give(ann, made["Arn"], **looser))[0] == "AccessDeniedException"
    give(ann, made["Arn"], EncryptionContextSubset=blue)()
    give(ann, made["Arn"], EncryptionContextEquals=blue)()
    assert refusal(give(eve, exact["Arn"], EncryptionContextSubset=blue))[0] == "AccessDeniedException"
    give(eve, exact["Arn"], EncryptionContextEquals=blue)()


def test_grants_are_retired_by_those_they_name(kms, key, user):
    retiring_arn, retiring = user()
    grantee_arn, grantee = user()
    made = key()
    grant = kms.create_grant(
        KeyId=made["KeyId"], GranteePrincipal=grantee_arn, RetiringPrincipal=retiring_arn, Operations=["Encrypt"]
    )
    other = kms.create_grant(KeyId=made["KeyId"], GranteePrincipal=grantee_arn, Operations=["RetireGrant"])
    [listed] = kms.list_retirable_grants(RetiringPrincipal=retiring_arn)["Grants"]
    assert listed["GrantId"] == grant["GrantId"]
    by_id = {"KeyId": made["Arn"], "GrantId": grant["GrantId"]}
    assert refusal(lambda: grantee("kms").retire_grant(**by_id))[0] == "AccessDeniedException"
    retiring("kms").retire_grant(**by_id)
    assert refusal(lambda: retiring("kms").retire_grant(GrantToken=other["GrantToken"]))[0] == "AccessDeniedException"
    grantee("kms").retire_grant(GrantToken=other["GrantToken"])
    assert kms.list_grants(KeyId=made["KeyId"])["Grants"] == []
    assert refusal(lambda: kms.retire_grant(GrantToken="none"))[0] == "InvalidGrantTokenException"
