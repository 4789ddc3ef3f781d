"""Encryption by keys: what comes back, and what does not. Texts of errors as AWS gave them to LocalStack's snapshot."""

import pytest
from policies import refusal

INVALID = ("InvalidCiphertextException", "")
CONTEXT = {"purpose": "test", "team": "blue"}


def test_what_is_encrypted_comes_back(kms, key):
    made = key()
    sealed = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"secret \x00 bytes")
    assert (sealed["KeyId"], sealed["EncryptionAlgorithm"]) == (made["Arn"], "SYMMETRIC_DEFAULT")
    assert b"secret" not in sealed["CiphertextBlob"]
    for more in [{}, {"KeyId": made["KeyId"]}]:
        opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], **more)
        assert opened["Plaintext"] == b"secret \x00 bytes"
        assert opened["KeyId"] == made["Arn"]
        assert opened["KeyMaterialId"] == made["CurrentKeyMaterialId"]
    again = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"secret \x00 bytes")
    assert again["CiphertextBlob"] != sealed["CiphertextBlob"]


def test_the_context_has_to_be_the_same_in_any_order(kms, key):
    made = key()
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    turned = dict(reversed(CONTEXT.items()))
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=turned)["Plaintext"] == b"x"
    for wrong in [{}, {"purpose": "test"}, {**CONTEXT, "more": ""}, {**CONTEXT, "team": "Blue"}, {"Purpose": "test"}]:
        assert refusal(lambda wrong=wrong: kms.decrypt(CiphertextBlob=blob, EncryptionContext=wrong)) == INVALID


def test_a_changed_ciphertext_is_refused_wherever_it_was_changed(kms, key):
    made = key()
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x" * 16)["CiphertextBlob"]
    # The key's id and account make up bytes 1 to 22: with those changed there is no such key.
    for at in [0, *range(23, len(blob), 7), len(blob) - 1]:
        changed = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        assert refusal(lambda changed=changed: kms.decrypt(CiphertextBlob=changed)) == INVALID
    for cut in (blob[:-1], blob[:20], b"\x01", blob + b"\x00"):
        assert refusal(lambda cut=cut: kms.decrypt(CiphertextBlob=cut)) == INVALID


def test_another_key_than_the_ciphertexts_is_refused(kms, key):
    one, other = key(), key()
    blob = kms.encrypt(KeyId=one["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    wrong = (
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
    assert refusal(lambda: kms.decrypt(CiphertextBlob=blob, KeyId=other["KeyId"])) == wrong
    assert (
        refusal(
            lambda: kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=other["KeyId"], DestinationKeyId=other["KeyId"])
        )
        == wrong
    )


def test_a_ciphertext_goes_to_another_key_and_context(kms, key):
    one, other = key(), key()
    blob = kms.encrypt(KeyId=one["KeyId"], Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other["KeyId"],
        DestinationEncryptionContext={"now": "here"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (one["Arn"], other["Arn"])
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"now": "here"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", other["Arn"])


@pytest.mark.parametrize(
    ("size", "length"), [({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 64}, 64)]
)
def test_data_keys_come_in_clear_and_sealed(kms, key, size, length):
    made = key()
    answer = kms.generate_data_key(KeyId=made["KeyId"], EncryptionContext=CONTEXT, **size)
    assert (len(answer["Plaintext"]), answer["KeyId"]) == (length, made["Arn"])
    opened = kms.decrypt(CiphertextBlob=answer["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == answer["Plaintext"]
    assert refusal(lambda: kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])) == INVALID
    sealed = kms.generate_data_key_without_plaintext(KeyId=made["KeyId"], **size)
    assert "Plaintext" not in sealed
    assert len(kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]) == length


def test_sizes_are_those_of_aws(kms, key):
    made = key()
    for plaintext, text in [(b"", "greater than or equal to 1"), (b"x" * 4097, "less than or equal to 4096")]:
        code, said = refusal(lambda plaintext=plaintext: kms.encrypt(KeyId=made["KeyId"], Plaintext=plaintext))
        assert code == "ValidationException"
        assert said == (
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
            f"Member must have length {text}"
        )
    largest = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x" * 4096)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=largest)["Plaintext"] == b"x" * 4096
    assert refusal(lambda: kms.generate_data_key(KeyId=made["KeyId"]))[0] == "ValidationException"


def test_random_bytes(kms):
    one, other = (kms.generate_random(NumberOfBytes=44)["Plaintext"] for _ in range(2))
    assert (len(one), len(other)) == (44, 44)
    assert one != other
    assert refusal(kms.generate_random) == ("ValidationException", "NumberOfBytes is required.")
    assert refusal(lambda: kms.generate_random(NumberOfBytes=1025)) == (
        "ValidationException",
        "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: "
        "Member must have value less than or equal to 1024",
    )


def test_a_dry_run_says_that_it_would_have_gone_well(kms, key):
    made = key()
    assert refusal(lambda: kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x", DryRun=True)) == (
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    )
