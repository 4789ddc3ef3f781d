"""Keys, aliases, tags and rotation by boto3. Texts of errors as AWS gave them to LocalStack's snapshot."""

import datetime
import uuid

import pytest
from policies import refusal
from server_process import ACCOUNT

REGION = "us-east-1"


def arn_of(key_id):
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key_id}"


def test_a_new_key_is_described_as_on_aws(kms, key):
    made = key(Description="test key 123")
    found = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    assert found == made
    assert abs(found.pop("CreationDate").timestamp() - datetime.datetime.now().timestamp()) < 60
    assert len(found.pop("CurrentKeyMaterialId")) == 64
    assert found == {
        "AWSAccountId": ACCOUNT,
        "Arn": arn_of(made["KeyId"]),
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "Description": "test key 123",
        "Enabled": True,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "KeyId": made["KeyId"],
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "MultiRegion": False,
        "Origin": "AWS_KMS",
    }


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}, "KeySpec SM2"),
        ({"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}, "KeyUsage KEY_AGREEMENT"),
        ({"Origin": "EXTERNAL"}, "Origin EXTERNAL"),
        ({"MultiRegion": True}, "MultiRegion"),
    ],
)
def test_other_kinds_of_keys_are_refused_by_name(kms, asked, named):
    code, text = refusal(lambda: kms.create_key(**asked))
    assert (code, text) == ("UnsupportedOperationException", f"{named} is not yet available in Sagebrush.")


def test_names_that_are_no_key(kms, key, client):
    made = key()
    absent = str(uuid.uuid4())
    for name, text in [
        (absent, f"Key '{arn_of(absent)}' does not exist"),
        (arn_of(absent), f"Key '{arn_of(absent)}' does not exist"),
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        (made["KeyId"].replace("-", ""), f"Invalid keyId '{made['KeyId'].replace('-', '')}'"),
        ("alias/nobody", f"Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/nobody is not found."),
    ]:
        assert refusal(lambda name=name: kms.describe_key(KeyId=name)) == ("NotFoundException", text)
    elsewhere = client("kms", region="eu-west-1")
    text = f"Key '{made['Arn'].replace(REGION, 'eu-west-1')}' does not exist"
    assert refusal(lambda: elsewhere.describe_key(KeyId=made["KeyId"])) == ("NotFoundException", text)
    assert refusal(lambda: elsewhere.describe_key(KeyId=made["Arn"])) == ("NotFoundException", f"Invalid arn {REGION}")


#: What changes a key, or tells how it is kept: not to be done to whatever key an alias happens to name.
BY_ID_ONLY = {
    "schedule_key_deletion": {},
    "cancel_key_deletion": {},
    "disable_key": {},
    "enable_key": {},
    "update_key_description": {"Description": "new"},
    "get_key_policy": {},
    "put_key_policy": {"Policy": "{}"},
    "enable_key_rotation": {},
    "get_key_rotation_status": {},
    "rotate_key_on_demand": {},
    "tag_resource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
    "list_resource_tags": {},
    "create_grant": {"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:root", "Operations": ["Decrypt"]},
    "list_grants": {},
}


def test_a_key_is_changed_by_its_id_and_not_by_an_alias(kms, key, fresh):
    made, name = key(), f"alias/{fresh('alias')}"
    kms.create_alias(AliasName=name, TargetKeyId=made["KeyId"])
    for operation, parameters in BY_ID_ONLY.items():
        for known_as in (name, f"arn:aws:kms:{REGION}:{ACCOUNT}:{name}"):
            said = refusal(lambda: getattr(kms, operation)(KeyId=known_as, **parameters))  # noqa: B023 (called at once)
            assert (operation, *said) == (operation, "NotFoundException", f"Invalid keyId '{known_as}'")
    assert kms.describe_key(KeyId=name)["KeyMetadata"] == made
    kms.delete_alias(AliasName=name)


def test_keys_are_listed_in_pages(kms, key):
    made = {key()["KeyId"] for _ in range(3)}
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))
    assert all(len(page["Keys"]) <= 2 for page in pages)
    listed = [entry for page in pages for entry in page["Keys"]]
    assert made <= {entry["KeyId"] for entry in listed}
    assert len({entry["KeyId"] for entry in listed}) == len(listed)
    assert all(entry["KeyArn"] == arn_of(entry["KeyId"]) for entry in listed)
    assert refusal(lambda: kms.list_keys(Marker="!"))[0] == "InvalidMarkerException"


def test_a_disabled_key_does_nothing_until_it_is_enabled(kms, key):
    made = key()
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    kms.update_key_description(KeyId=made["KeyId"], Description="other")
    kms.disable_key(KeyId=made["KeyId"])
    found = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    assert (found["Enabled"], found["KeyState"], found["Description"]) == (False, "Disabled", "other")
    for call in [
        lambda: kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x"),
        lambda: kms.decrypt(CiphertextBlob=blob),
        lambda: kms.generate_data_key(KeyId=made["KeyId"], KeySpec="AES_256"),
        lambda: kms.enable_key_rotation(KeyId=made["KeyId"]),
        lambda: kms.rotate_key_on_demand(KeyId=made["KeyId"]),
    ]:
        assert refusal(call) == ("DisabledException", f"{made['Arn']} is disabled.")
    kms.enable_key(KeyId=made["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_pending_deletion_does_nothing_until_that_is_taken_back(kms, key):
    made = key()
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    for days in (6, 31):
        assert refusal(lambda days=days: kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=days)) == (
            "ValidationException",
            f"PendingWindowInDays must be 7 to 30, got {days}.",
        )
    answer = kms.schedule_key_deletion(KeyId=made["Arn"], PendingWindowInDays=7)
    due = answer["DeletionDate"].timestamp() - datetime.datetime.now().timestamp()
    assert abs(due - 7 * 86_400) < 60
    assert (answer["KeyId"], answer["KeyState"]) == (made["Arn"], "PendingDeletion")
    found = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    assert (found["Enabled"], found["DeletionDate"]) == (False, answer["DeletionDate"])
    for call in [
        lambda: kms.decrypt(CiphertextBlob=blob),
        lambda: kms.enable_key(KeyId=made["KeyId"]),
        lambda: kms.schedule_key_deletion(KeyId=made["KeyId"]),
        lambda: kms.tag_resource(KeyId=made["KeyId"], Tags=[{"TagKey": "a", "TagValue": "b"}]),
        lambda: kms.create_alias(AliasName="alias/late", TargetKeyId=made["KeyId"]),
    ]:
        assert refusal(call) == ("KMSInvalidStateException", f"{made['Arn']} is pending deletion.")
    assert kms.cancel_key_deletion(KeyId=made["KeyId"])["KeyId"] == made["Arn"]
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"
    assert refusal(lambda: kms.cancel_key_deletion(KeyId=made["KeyId"]))[0] == "KMSInvalidStateException"
    kms.enable_key(KeyId=made["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_an_alias_names_a_key_and_can_name_another(kms, key, fresh):
    one, other = key(), key()
    name = f"alias/{fresh('alias')}"
    alias_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:{name}"
    kms.create_alias(AliasName=name, TargetKeyId=one["Arn"])
    try:
        for known_as in (name, alias_arn):
            assert kms.describe_key(KeyId=known_as)["KeyMetadata"]["Arn"] == one["Arn"]
        blob = kms.encrypt(KeyId=name, Plaintext=b"x")
        assert blob["KeyId"] == one["Arn"]
        code, text = refusal(lambda: kms.create_alias(AliasName=name, TargetKeyId=other["KeyId"]))
        assert (code, text) == ("AlreadyExistsException", f"An alias with the name {alias_arn} already exists")
        kms.update_alias(AliasName=name, TargetKeyId=other["KeyId"])
        assert kms.encrypt(KeyId=alias_arn, Plaintext=b"x")["KeyId"] == other["Arn"]
        assert kms.decrypt(CiphertextBlob=blob["CiphertextBlob"])["KeyId"] == one["Arn"]
        [listed] = kms.list_aliases(KeyId=other["KeyId"])["Aliases"]
        assert (listed["AliasName"], listed["AliasArn"]) == (name, alias_arn)
        assert listed["TargetKeyId"] == other["KeyId"]
        assert kms.list_aliases(KeyId=one["KeyId"])["Aliases"] == []
        everything = [a["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for a in page["Aliases"]]
        assert name in everything
    finally:
        kms.delete_alias(AliasName=name)
    text = f"Alias {alias_arn} is not found."
    assert refusal(lambda: kms.describe_key(KeyId=name)) == ("NotFoundException", text)
    assert refusal(lambda: kms.delete_alias(AliasName=name)) == ("NotFoundException", text)


def test_names_that_are_no_alias(kms, key):
    made = key()
    code, text = refusal(lambda: kms.create_alias(AliasName="fakealias", TargetKeyId=made["KeyId"]))
    assert code == "ValidationException"
    assert text == (
        'Alias must start with the prefix "alias/". Please see '
        "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
    )
    reserved = refusal(lambda: kms.create_alias(AliasName="alias/aws/mine", TargetKeyId=made["KeyId"]))
    assert reserved[0] == "NotAuthorizedException"


def test_tags_are_put_listed_and_taken_away(kms, key):
    made = key(Tags=[{"TagKey": "tag1", "TagValue": "value1"}])
    tags = lambda: kms.list_resource_tags(KeyId=made["KeyId"])["Tags"]  # noqa: E731
    assert tags() == [{"TagKey": "tag1", "TagValue": "value1"}]
    kms.tag_resource(
        KeyId=made["KeyId"],
        Tags=[{"TagKey": "tag1", "TagValue": "new"}, {"TagKey": "tag2", "TagValue": "value2"}],
    )
    assert tags() == [{"TagKey": "tag1", "TagValue": "new"}, {"TagKey": "tag2", "TagValue": "value2"}]
    kms.untag_resource(KeyId=made["KeyId"], TagKeys=["tag1", "absent"])
    assert tags() == [{"TagKey": "tag2", "TagValue": "value2"}]
    for given, text in [
        ([{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}], "Duplicate tag keys"),
        ([{"TagKey": "AWS:a", "TagValue": "1"}], "Tags beginning with aws: are reserved"),
        ([{"TagKey": f"a{number}", "TagValue": "1"} for number in range(51)], "Too many tags"),
    ]:
        assert refusal(lambda given=given: kms.tag_resource(KeyId=made["KeyId"], Tags=given)) == ("TagException", text)


def test_rotation_is_switched_on_with_a_period_and_off(kms, key):
    made = key()
    status = lambda: kms.get_key_rotation_status(KeyId=made["KeyId"])  # noqa: E731
    assert status()["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=made["KeyId"], RotationPeriodInDays=90)
    found = status()
    assert (found["KeyId"], found["KeyRotationEnabled"], found["RotationPeriodInDays"]) == (made["Arn"], True, 90)
    due = found["NextRotationDate"].timestamp() - datetime.datetime.now().timestamp()
    assert abs(due - 90 * 86_400) < 60
    kms.disable_key_rotation(KeyId=made["KeyId"])
    assert status()["KeyRotationEnabled"] is False


def test_what_was_encrypted_before_a_rotation_stays_readable(kms, key):
    made = key()
    before = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"before")["CiphertextBlob"]
    first = kms.decrypt(CiphertextBlob=before)["KeyMaterialId"]
    assert first == made["CurrentKeyMaterialId"]
    assert kms.rotate_key_on_demand(KeyId=made["KeyId"])["KeyId"] == made["Arn"]
    second = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]
    after = kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=made["KeyId"], Plaintext=b"after")["CiphertextBlob"])
    assert (after["Plaintext"], after["KeyMaterialId"]) == (b"after", second)
    assert kms.decrypt(CiphertextBlob=before)["Plaintext"] == b"before"
    assert first != second
    [rotated] = kms.list_key_rotations(KeyId=made["KeyId"])["Rotations"]
    assert (rotated["KeyMaterialId"], rotated["RotationType"]) == (second, "ON_DEMAND")
    versions = kms.list_key_rotations(KeyId=made["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert [version["KeyMaterialState"] for version in versions] == ["NON_CURRENT", "CURRENT"]


def test_on_demand_rotations_have_a_limit(kms, key):
    made = key()
    for _ in range(10):
        kms.rotate_key_on_demand(KeyId=made["KeyId"])
    code, text = refusal(lambda: kms.rotate_key_on_demand(KeyId=made["KeyId"]))
    assert code == "LimitExceededException"
    assert text.endswith(f"No more on-demand rotations can be performed for this key: {made['Arn']}")
