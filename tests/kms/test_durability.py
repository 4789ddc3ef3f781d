"""Keys outlive the server, and nothing that they keep secret lies in its folder in clear."""

import base64
import secrets


def files_with(folder, *needles):
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and any(needle in path.read_bytes() for needle in needles):
            found.append(path.relative_to(folder))
    return found


def test_keys_aliases_grants_and_versions_are_there_after_a_kill(own_server):
    server = own_server()
    kms = server.client("kms")
    made = kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    kms.create_alias(AliasName="alias/kept", TargetKeyId=made["KeyId"])
    context = {"kept": "yes"}
    old = kms.encrypt(KeyId="alias/kept", Plaintext=b"old", EncryptionContext=context)["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=made["KeyId"])
    new = kms.encrypt(KeyId="alias/kept", Plaintext=b"new", EncryptionContext=context)["CiphertextBlob"]
    grant = kms.create_grant(
        KeyId=made["KeyId"], GranteePrincipal="arn:aws:iam::123456789012:user/ann", Operations=["Decrypt"]
    )
    before = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    server.kill()
    kms = server.start().client("kms")
    assert kms.describe_key(KeyId="alias/kept")["KeyMetadata"] == before
    for blob, text in [(old, b"old"), (new, b"new")]:
        assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == text
    assert [entry["GrantId"] for entry in kms.list_grants(KeyId=made["KeyId"])["Grants"]] == [grant["GrantId"]]
    assert kms.list_resource_tags(KeyId=made["KeyId"])["Tags"] == [{"TagKey": "a", "TagValue": "b"}]


def test_plaintexts_and_data_keys_are_nowhere_in_the_folder(own_server):
    server = own_server()
    kms = server.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    secret = secrets.token_hex(24).encode()
    blob = kms.encrypt(KeyId=key_id, Plaintext=secret)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == secret
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key_id)
    data_key = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["Plaintext"]
    server.stop()
    forms = [form for value in (secret, data_key) for form in (value, base64.b64encode(value), value.hex().encode())]
    assert files_with(server.folder, *forms) == []
    assert not any(secret.decode() in line for line in server.errors)
    # The search does find what is there: ids of keys are no secret.
    assert files_with(server.folder, key_id.encode()) != []


def test_with_another_key_file_nothing_is_decrypted(own_server):
    server = own_server()
    kms = server.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    other = own_server().client("kms")
    assert other.list_keys()["Keys"] == []
    try:
        other.decrypt(CiphertextBlob=blob)
    except other.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
    else:
        raise AssertionError("another server has read it")
