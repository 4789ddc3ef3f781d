"""A key that another account may use: both sides have to allow it, and it stays in the hands of its own."""

import json
import types
import uuid

import pytest
from policies import allow, policy, refusal
from server_process import ACCOUNT, server_of_two_accounts

OTHER = "210987654321"
USE = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey"]


def to(account, actions, resource="*"):
    return {**allow(actions, resource), "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}


@pytest.fixture(scope="module")
def accounts():
    """A server of two accounts: clients of the owner of keys, of the other account's root, and of its users."""
    with server_of_two_accounts(OTHER, ACCOUNT) as (server, keys):

        def stranger(service):
            return server.client(service, keys=keys)

        def user(*statements):
            name, iam = f"user-{uuid.uuid4().hex[:8]}", stranger("iam")
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
            made = iam.create_access_key(UserName=name)["AccessKey"]
            return lambda service: server.client(service, keys=(made["AccessKeyId"], made["SecretAccessKey"]))

        yield types.SimpleNamespace(owner=server.client, stranger=stranger, user=user)


@pytest.fixture(scope="module")
def shared(accounts):
    """ARN of a key that the other account may use."""
    text = policy(to(ACCOUNT, "kms:*"), to(OTHER, USE))
    return accounts.owner("kms").create_key(Policy=text)["KeyMetadata"]["Arn"]


def test_it_is_used_by_arn_by_whom_both_sides_allow(accounts, shared):
    kms, context = accounts.owner("kms"), {"for": "both"}
    ann, bob = accounts.user(allow(USE, shared))("kms"), accounts.user(allow("s3:*"))("kms")
    found = ann.describe_key(KeyId=shared)["KeyMetadata"]
    assert (found["Arn"], found["AWSAccountId"]) == (shared, ACCOUNT)
    blob = ann.encrypt(KeyId=shared, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
    # Who decrypts need not know whose the key is.
    for client in (ann, kms):
        opened = client.decrypt(CiphertextBlob=blob, EncryptionContext=context)
        assert (opened["Plaintext"], opened["KeyId"]) == (b"x", shared)
    sealed = ann.generate_data_key(KeyId=shared, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"] == sealed["Plaintext"]
    own = kms.create_key()["KeyMetadata"]["Arn"]
    for refused in (
        lambda: bob.encrypt(KeyId=shared, Plaintext=b"x"),
        lambda: bob.decrypt(CiphertextBlob=blob, EncryptionContext=context),
        lambda: accounts.stranger("kms").encrypt(KeyId=own, Plaintext=b"x"),
        lambda: ann.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=own),
    ):
        assert refusal(refused)[0] == "AccessDeniedException"
    # By its id alone it would be a key of the caller's own account.
    by_id = {"KeyId": found["KeyId"], "Plaintext": b"x"}
    assert refusal(lambda: accounts.stranger("kms").encrypt(**by_id))[0] == "NotFoundException"


def test_an_alias_of_the_owner_names_it_too(accounts, shared):
    accounts.owner("kms").create_alias(AliasName="alias/shared", TargetKeyId=shared)
    alias = shared.rpartition(":")[0] + ":alias/shared"
    assert accounts.stranger("kms").encrypt(KeyId=alias, Plaintext=b"x")["KeyId"] == shared
    code, _ = refusal(lambda: accounts.stranger("kms").describe_key(KeyId=alias.replace("shared", "aws/s3")))
    assert code == "NotFoundException"


def test_nobody_else_changes_it(accounts, shared):
    stranger = accounts.stranger("kms")
    for operation, parameters in {
        "schedule_key_deletion": {},
        "disable_key": {},
        "get_key_policy": {},
        "put_key_policy": {"Policy": policy(to(OTHER, "kms:*"))},
        "tag_resource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
        "list_aliases": {},
    }.items():
        said = refusal(lambda: getattr(stranger, operation)(KeyId=shared, **parameters))  # noqa: B023 (called at once)
        assert (operation, *said) == (operation, "NotFoundException", f"Key '{shared}' does not exist")
    assert accounts.owner("kms").describe_key(KeyId=shared)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_grant_is_enough_on_the_owners_side(accounts):
    kms = accounts.owner("kms")
    made = kms.create_key()["KeyMetadata"]["Arn"]
    ann = accounts.user(allow("kms:*"))
    arn = ann("sts").get_caller_identity()["Arn"]
    assert refusal(lambda: ann("kms").encrypt(KeyId=made, Plaintext=b"x"))[0] == "AccessDeniedException"
    kms.create_grant(KeyId=made, GranteePrincipal=arn, Operations=["Encrypt"])
    assert ann("kms").encrypt(KeyId=made, Plaintext=b"x")["KeyId"] == made


def test_objects_and_secrets_under_it_are_read_by_the_other_account(accounts, shared):
    s3, bucket = accounts.owner("s3"), f"shared-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    statement = to(OTHER, ["s3:GetObject", "s3:PutObject*"], f"arn:aws:s3:::{bucket}/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(statement))
    under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": shared}
    s3.put_object(Bucket=bucket, Key="a", Body=b"theirs", **under)
    s3.put_object(Bucket=bucket, Key="managed", Body=b"x", ServerSideEncryption="aws:kms")
    theirs = accounts.stranger("s3")
    assert theirs.get_object(Bucket=bucket, Key="a")["Body"].read() == b"theirs"
    # The key that AWS manages for S3 is for its own account.
    assert refusal(lambda: theirs.get_object(Bucket=bucket, Key="managed"))[0] == "AccessDenied"
    theirs.put_object(Bucket=bucket, Key="b", Body=b"ours", ACL="bucket-owner-full-control", **under)
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == b"ours"

    secrets, reader = accounts.owner("secretsmanager"), accounts.stranger("secretsmanager")
    opened = json.dumps({"Version": "2012-10-17", "Statement": [to(OTHER, "secretsmanager:GetSecretValue")]})
    arns = {}
    for name, key in (("shared", {"KmsKeyId": shared}), ("default", {})):
        secret = secrets.create_secret(Name=f"{name}-{bucket}", SecretString=name, **key)["ARN"]
        secrets.put_resource_policy(SecretId=secret, ResourcePolicy=opened)
        arns[name] = secret
    assert reader.get_secret_value(SecretId=arns["shared"])["SecretString"] == "shared"
    code, text = refusal(lambda: reader.get_secret_value(SecretId=arns["default"]))
    assert (code, "different AWS account" in text) == ("InvalidRequestException", True)
