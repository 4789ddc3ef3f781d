"""Secrets as whoever uses them sees them. Texts of errors as AWS gave them to LocalStack and moto."""

import concurrent.futures
import re
import uuid

import pytest
from policies import allow, deny, policy, refusal

MISSING = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def facts(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def stages(secrets, name):
    versions = secrets.list_secret_version_ids(SecretId=name)["Versions"]
    return [version["VersionStages"] for version in versions]


def test_a_secret_is_read_by_name_by_arn_and_by_the_arn_without_its_end(secrets, secret):
    made = secret(SecretString="s3cret", Description="of the house")
    assert re.fullmatch(
        rf"arn:aws:secretsmanager:us-east-1:\d{{12}}:secret:{made['Name']}-[A-Za-z0-9]{{6}}", made["ARN"]
    )
    for name in [made["Name"], made["ARN"], made["ARN"][:-7]]:
        read = secrets.get_secret_value(SecretId=name)
        assert (read["SecretString"], read["VersionId"]) == ("s3cret", made["VersionId"])
        assert (read["ARN"], read["Name"], read["VersionStages"]) == (made["ARN"], made["Name"], ["AWSCURRENT"])
    described = secrets.describe_secret(SecretId=made["ARN"])
    assert described["Description"] == "of the house"
    assert described["VersionIdsToStages"] == {made["VersionId"]: ["AWSCURRENT"]}
    assert described["LastAccessedDate"].hour == 0
    assert "DeletedDate" not in described


def test_bytes_come_back_as_bytes_and_an_empty_secret_has_no_value(secrets, secret):
    made = secret(SecretBinary=bytes(range(256)))
    assert secrets.get_secret_value(SecretId=made["Name"])["SecretBinary"] == bytes(range(256))
    empty = secret()
    assert "VersionId" not in empty
    assert "VersionIdsToStages" not in secrets.describe_secret(SecretId=empty["Name"])
    text = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    assert refusal(lambda: secrets.get_secret_value(SecretId=empty["Name"])) == ("ResourceNotFoundException", text)
    put = secrets.put_secret_value(SecretId=empty["Name"], SecretString="x", VersionStages=["first"])
    assert put["VersionStages"] == ["AWSCURRENT", "first"]


def test_new_values_move_the_labels(secrets, secret):
    name = secret(SecretString="one")["Name"]
    second = secrets.put_secret_value(SecretId=name, SecretString="two")
    assert second["VersionStages"] == ["AWSCURRENT"]
    assert secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    third = secrets.update_secret(SecretId=name, SecretString="three")["VersionId"]
    assert stages(secrets, name) == [["AWSPREVIOUS"], ["AWSCURRENT"]]
    assert len(secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]) == 3
    text = (
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "
        f"{third}, so you must explicitly reference that version in RemoveFromVersionId."
    )
    back = {"SecretId": name, "VersionStage": "AWSCURRENT", "MoveToVersionId": second["VersionId"]}
    assert refusal(lambda: secrets.update_secret_version_stage(**back)) == ("InvalidParameterException", text)
    secrets.update_secret_version_stage(**back, RemoveFromVersionId=third)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "two"
    text = "You provided a VersionStage that is not associated to the provided VersionId."
    wrong = {"SecretId": name, "VersionId": third, "VersionStage": "AWSCURRENT"}
    assert refusal(lambda: secrets.get_secret_value(**wrong)) == ("InvalidRequestException", text)


def test_a_call_that_comes_twice_makes_one_version(secrets, secret, fresh):
    token, name = str(uuid.uuid4()), fresh("twice")
    given = {"Name": name, "SecretString": "Hello", "ClientRequestToken": token}
    made = secret(**given)
    assert facts(secrets.create_secret(**given)) == facts(made)
    again = secrets.put_secret_value(SecretId=name, SecretString="Hello", ClientRequestToken=token)
    assert (again["VersionId"], again["VersionStages"]) == (token, ["AWSCURRENT"])
    text = (
        f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
        f"{made['ARN']}."
    )
    other = {"SecretString": "Hi", "ClientRequestToken": token}
    for call in [
        lambda: secrets.create_secret(Name=name, **other),
        lambda: secrets.put_secret_value(SecretId=name, **other),
        lambda: secrets.update_secret(SecretId=name, **other),
    ]:
        assert refusal(call) == ("ResourceExistsException", text)
    text = f"The operation failed because the secret {name} already exists."
    assert refusal(lambda: secrets.create_secret(Name=name)) == ("ResourceExistsException", text)


def test_many_values_at_once_all_become_versions(secrets, secret):
    name = secret(SecretString="0")["Name"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        put = list(pool.map(lambda n: secrets.put_secret_value(SecretId=name, SecretString=str(n)), range(1, 21)))
    versions = secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    assert {version["VersionId"] for version in versions} >= {answer["VersionId"] for answer in put}
    assert sorted(label for labels in stages(secrets, name) for label in labels) == ["AWSCURRENT", "AWSPREVIOUS"]


def test_a_deleted_secret_can_be_restored_until_it_is_gone(secrets, secret):
    made = secret(SecretString="kept")
    name = made["Name"]
    wrong = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
    call = {"SecretId": name, "RecoveryWindowInDays": 6}
    assert refusal(lambda: secrets.delete_secret(**call)) == ("InvalidParameterException", wrong)
    deleted = secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert secrets.describe_secret(SecretId=name)["DeletedDate"] == deleted["DeletionDate"]
    assert name not in [entry["Name"] for entry in listed(secrets)]
    assert name in [entry["Name"] for entry in listed(secrets, IncludePlannedDeletion=True)]
    text = "You can't perform this operation on the secret because it was marked for deletion."
    for call in [
        lambda: secrets.get_secret_value(SecretId=name),
        lambda: secrets.put_secret_value(SecretId=name, SecretString="x"),
        lambda: secrets.tag_resource(SecretId=name, Tags=[{"Key": "a", "Value": "b"}]),
    ]:
        assert refusal(call) == ("InvalidRequestException", text)
    text = "You can't create this secret because a secret with this name is already scheduled for deletion."
    assert refusal(lambda: secrets.create_secret(Name=name)) == ("InvalidRequestException", text)
    secrets.restore_secret(SecretId=name)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "kept"
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert refusal(lambda: secrets.describe_secret(SecretId=name)) == MISSING
    again = secret(Name=name)
    assert again["ARN"] != made["ARN"]
    assert refusal(lambda: secrets.describe_secret(SecretId=made["ARN"])) == MISSING


def listed(secrets, **parameters):
    pages = secrets.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 2}, **parameters)
    return [entry for page in pages for entry in page["SecretList"]]


def test_lists_are_filtered_sorted_and_paged(secrets, secret, fresh):
    start = fresh("Listed")
    for name, description, tags in [
        ("b", "The Red House", {"team": "blue"}),
        ("c", "a blue door", {"team": "red"}),
        ("a", "nothing", {"Team": "blue"}),
        ("d", "red door", {}),
    ]:
        given = [{"Key": key, "Value": value} for key, value in tags.items()]
        secret(Name=f"{start}/{name}", Description=description, Tags=given, SecretString=name)
    ours = {"Key": "name", "Values": [start]}

    def found(*filters, **parameters):
        entries = listed(secrets, Filters=[ours, *filters], **parameters)
        return "".join(entry["Name"][-1] for entry in entries)

    def by(key, *values):
        return {"Key": key, "Values": list(values)}

    assert found() == "bcad"
    assert found(SortBy="name") == "abcd"
    assert found(SortBy="name", SortOrder="desc") == "dcba"
    assert found(by("description", "the RED")) == "b"
    assert found(by("description", "The", "a blue")) == "bc"
    assert found(by("description", "!the")) == "cad"
    assert found(by("tag-key", "team")) == "bc"
    assert found(by("tag-value", "bl")) == "ba"
    assert found(by("all", "Red")) == "bcd"
    assert found(by("all", "red door")) == "cd"
    assert found(by("all", "red"), by("tag-key", "team")) == "bc"
    assert listed(secrets, Filters=[by("name", start.lower())]) == []
    batch = secrets.batch_get_secret_value(Filters=[ours, by("tag-value", "blue")])
    assert sorted(entry["SecretString"] for entry in batch["SecretValues"]) == ["a", "b"]
    batch = secrets.batch_get_secret_value(SecretIdList=[f"{start}/a", f"{start}/none"])
    assert [entry["Name"] for entry in batch["SecretValues"]] == [f"{start}/a"]
    assert [(entry["SecretId"], entry["ErrorCode"]) for entry in batch["Errors"]] == [(f"{start}/none", MISSING[0])]


@pytest.mark.parametrize("name", ["Inv Name", " Inv*Name? ", "Inv *?!]Name\\-"])
def test_names_have_letters_digits_and_a_few_signs(secrets, name):
    text = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
    assert refusal(lambda: secrets.create_secret(Name=name)) == ("ValidationException", text)


def test_who_may_read_is_said_by_users_and_by_the_secrets_own_policy(secrets, secret, user):
    shown, hidden = secret(SecretString="shown"), secret(SecretString="hidden")
    ann, as_ann = user(allow("secretsmanager:GetSecretValue", f"{shown['ARN'][:-6]}??????"))
    bob, as_bob = user()
    assert as_ann("secretsmanager").get_secret_value(SecretId=shown["Name"])["SecretString"] == "shown"
    denied = refusal(lambda: as_ann("secretsmanager").get_secret_value(SecretId=hidden["Name"]))
    assert denied[0] == "AccessDeniedException"
    assert f"{ann} is not authorized to perform: secretsmanager:GetSecretValue" in denied[1]
    for_bob = policy(
        allow("secretsmanager:GetSecretValue", Principal={"AWS": bob}),
        deny("secretsmanager:GetSecretValue", Principal={"AWS": ann}),
    )
    secrets.put_resource_policy(SecretId=shown["Name"], ResourcePolicy=for_bob)
    assert secrets.get_resource_policy(SecretId=shown["ARN"])["ResourcePolicy"] == for_bob
    assert as_bob("secretsmanager").get_secret_value(SecretId=shown["ARN"])["SecretString"] == "shown"
    assert refusal(lambda: as_ann("secretsmanager").get_secret_value(SecretId=shown["Name"]))[0] == denied[0]
    secrets.delete_resource_policy(SecretId=shown["ARN"])
    assert refusal(lambda: as_bob("secretsmanager").get_secret_value(SecretId=shown["ARN"]))[0] == denied[0]
    everybody = policy(allow("secretsmanager:*", Principal="*"))
    blocked = {"SecretId": shown["Name"], "ResourcePolicy": everybody, "BlockPublicPolicy": True}
    assert refusal(lambda: secrets.put_resource_policy(**blocked))[0] == "PublicPolicyException"
    assert not secrets.validate_resource_policy(ResourcePolicy=everybody)["PolicyValidationPassed"]
    assert secrets.validate_resource_policy(ResourcePolicy=for_bob)["PolicyValidationPassed"]
    broken = {"SecretId": shown["Name"], "ResourcePolicy": '{"Statement": [{"Effect": "Perhaps"}]}'}
    assert refusal(lambda: secrets.put_resource_policy(**broken))[0] == "MalformedPolicyDocumentException"


def test_under_a_key_of_ones_own_the_key_decides_too(secrets, secret, user, client):
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    made = secret(SecretString="sealed", KmsKeyId=key)
    assert secrets.get_secret_value(SecretId=made["Name"])["SecretString"] == "sealed"
    assert secrets.list_secret_version_ids(SecretId=made["Name"])["Versions"][0]["KmsKeyIds"] == [key]
    _, as_ann = user(allow("secretsmanager:GetSecretValue"))
    denied = refusal(lambda: as_ann("secretsmanager").get_secret_value(SecretId=made["Name"]))
    assert denied[0] == "AccessDeniedException" and "kms:Decrypt" in denied[1]
    kms.disable_key(KeyId=key)
    assert refusal(lambda: secrets.get_secret_value(SecretId=made["Name"]))[0] == "DecryptionFailure"
    assert refusal(lambda: secrets.put_secret_value(SecretId=made["Name"], SecretString="x"))[0] == "EncryptionFailure"
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


def test_the_key_that_aws_manages_for_secrets_can_be_named_and_other_keys_see_by_whom_they_are_used(
    secrets, secret, user, client
):
    made = secret(SecretString="sealed", KmsKeyId="alias/aws/secretsmanager")
    assert secrets.get_secret_value(SecretId=made["Name"])["SecretString"] == "sealed"
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    made = secret(SecretString="sealed", KmsKeyId=key)
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    _, as_ann = user(allow("secretsmanager:GetSecretValue"), allow("kms:Decrypt", Condition=via))
    assert as_ann("secretsmanager").get_secret_value(SecretId=made["Name"])["SecretString"] == "sealed"


def test_passwords_hold_what_is_asked_and_nothing_else(secrets):
    def made(**parameters):
        return secrets.get_random_password(**parameters)["RandomPassword"]

    assert len(made()) == 32 and made() != made()
    for pattern in ["[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"]:
        assert all(re.search(pattern, made(PasswordLength=4)) for _ in range(20))
    digits = {"ExcludeLowercase": True, "ExcludeUppercase": True, "ExcludePunctuation": True}
    assert re.fullmatch(r"[013-9]{50}", made(PasswordLength=50, ExcludeCharacters="2", **digits))
    nothing = {**digits, "ExcludeNumbers": True}
    assert refusal(lambda: made(**nothing))[0] == "InvalidParameterException"
    assert refusal(lambda: made(PasswordLength=3))[0] == "InvalidParameterException"


def test_a_value_has_64_kib_and_is_one_of_two(secrets, fresh):
    for given in [{"SecretBinary": bytes(65_537)}, {"SecretString": "a", "SecretBinary": b"b"}]:
        call = refusal(lambda given=given: secrets.create_secret(Name=fresh("big"), **given))
        assert call[0] in ("InvalidParameterException", "ValidationException")


def test_values_outlive_a_kill_and_lie_nowhere_in_clear(own_server):
    server = own_server()
    secrets, kms = server.client("secretsmanager"), server.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    marker = uuid.uuid4().hex * 4
    plain = secrets.create_secret(Name="plain", SecretString=marker)
    sealed = secrets.create_secret(Name="sealed", SecretString=marker, KmsKeyId=key)
    server.kill()
    lying = [path for path in server.folder.rglob("*") if path.is_file() and marker.encode() in path.read_bytes()]
    assert lying == []
    secrets = server.start().client("secretsmanager")
    for made in (plain, sealed):
        assert secrets.get_secret_value(SecretId=made["ARN"])["SecretString"] == marker
