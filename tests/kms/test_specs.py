"""Keys that sign, authenticate and encrypt by RSA, held against a library of its own. Texts as recorded in LocalStack's
tests/aws/services/kms/test_kms.snapshot.json."""

import hashlib
import hmac

import pytest
from botocore.exceptions import ClientError
from policies import refusal

TEXT = b"42 Elm Street"

SIGNING = {
    "RSA_2048": [f"RSASSA_{padding}_SHA_{bits}" for padding in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)],
    "ECC_NIST_P256": ["ECDSA_SHA_256"],
    "ECC_NIST_P384": ["ECDSA_SHA_384"],
    "ECC_NIST_P521": ["ECDSA_SHA_512"],
    "ECC_SECG_P256K1": ["ECDSA_SHA_256"],
}


@pytest.mark.parametrize("spec", SIGNING)
def test_signatures_are_known_again(kms, key, spec):
    made = key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    assert (made["KeySpec"], made["KeyUsage"], made["SigningAlgorithms"]) == (spec, "SIGN_VERIFY", SIGNING[spec])
    assert "CurrentKeyMaterialId" not in made
    public = kms.get_public_key(KeyId=made["KeyId"])
    assert (public["KeySpec"], public["SigningAlgorithms"]) == (spec, SIGNING[spec])
    for algorithm in SIGNING[spec]:
        use = {"KeyId": made["KeyId"], "SigningAlgorithm": algorithm}
        signature = kms.sign(**use, Message=TEXT)["Signature"]
        assert kms.verify(**use, Message=TEXT, Signature=signature)["SignatureValid"] is True
        wrong = refusal(lambda use=use, signature=signature: kms.verify(**use, Message=b"other", Signature=signature))
        assert wrong == ("KMSInvalidSignatureException", "")


def test_a_digest_is_signed_as_its_message(kms, key):
    made = key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    use = {"KeyId": made["KeyId"], "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    digest = {"Message": hashlib.sha256(TEXT).digest(), "MessageType": "DIGEST"}
    signature = kms.sign(**use, **digest)["Signature"]
    assert signature == kms.sign(**use, Message=TEXT)["Signature"]
    assert kms.verify(**use, **digest, Signature=signature)["SignatureValid"] is True
    assert refusal(lambda: kms.verify(**use, **digest, Signature=bytes(256)))[0] == "KMSInvalidSignatureException"
    short = refusal(lambda: kms.sign(**use, Message=b"short", MessageType="DIGEST"))
    assert short == ("ValidationException", f"Digest is invalid length for algorithm {use['SigningAlgorithm']}.")


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_codes_are_known_again(kms, key, bits):
    made = key(KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")
    use = {"KeyId": made["KeyId"], "MacAlgorithm": f"HMAC_SHA_{bits}"}
    assert made["MacAlgorithms"] == [use["MacAlgorithm"]]
    code = kms.generate_mac(**use, Message=TEXT)["Mac"]
    assert len(code) == hmac.new(b"", b"", f"sha{bits}").digest_size
    assert kms.verify_mac(**use, Message=TEXT, Mac=code)["MacValid"] is True
    assert refusal(lambda: kms.verify_mac(**use, Message=b"other", Mac=code)) == ("KMSInvalidMacException", "")


def test_rsa_encrypts_what_it_can_hold(kms, key):
    made = key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    for algorithm, most in {"RSAES_OAEP_SHA_1": 214, "RSAES_OAEP_SHA_256": 190}.items():
        use = {"KeyId": made["KeyId"], "EncryptionAlgorithm": algorithm}
        sealed = kms.encrypt(**use, Plaintext=b"x" * most)["CiphertextBlob"]
        assert len(sealed) == 256
        assert kms.decrypt(**use, CiphertextBlob=sealed)["Plaintext"] == b"x" * most
        assert refusal(lambda use=use, most=most: kms.encrypt(**use, Plaintext=b"x" * (most + 1))) == (
            "ValidationException",
            f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {most} bytes.",
        )
        assert refusal(lambda use=use: kms.decrypt(**use, CiphertextBlob=b"x" * 256))[0] == "InvalidCiphertextException"


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
def test_the_private_half_of_a_pair_comes_sealed(kms, key, spec):
    made = key()
    context = {"a": "b"}
    pair = kms.generate_data_key_pair(KeyId=made["KeyId"], KeyPairSpec=spec, EncryptionContext=context)
    opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"], EncryptionContext=context)
    assert opened["Plaintext"] == pair["PrivateKeyPlaintext"]
    bare = kms.generate_data_key_pair_without_plaintext(KeyId=made["KeyId"], KeyPairSpec=spec)
    assert "PrivateKeyPlaintext" not in bare
    assert bare["PublicKey"] != pair["PublicKey"]


def test_keys_are_for_one_thing(kms, key, s3, bucket):
    secret, signing = key(), key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    mac = key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    not_for = lambda made, what: (  # noqa: E731
        "InvalidKeyUsageException",
        f"{made['Arn']} key usage is {made['KeyUsage']} which is not valid for {what}.",
    )
    message = {"Message": TEXT}
    cases = [
        (
            lambda: kms.generate_mac(KeyId=secret["KeyId"], MacAlgorithm="HMAC_SHA_256", **message),
            secret,
            "GenerateMac",
        ),
        (lambda: kms.sign(KeyId=mac["KeyId"], SigningAlgorithm="ECDSA_SHA_256", **message), mac, "Sign"),
        (lambda: kms.encrypt(KeyId=signing["KeyId"], Plaintext=TEXT), signing, "Encrypt"),
        (lambda: kms.generate_data_key(KeyId=signing["KeyId"], KeySpec="AES_256"), signing, "GenerateDataKey"),
    ]
    for call, made, what in cases:
        assert refusal(call) == not_for(made, what)
    assert refusal(lambda: kms.generate_mac(KeyId=mac["KeyId"], MacAlgorithm="HMAC_SHA_512", **message)) == (
        "InvalidKeyUsageException",
        "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.",
    )
    assert refusal(lambda: kms.rotate_key_on_demand(KeyId=mac["KeyId"])) == ("UnsupportedOperationException", "")
    assert refusal(lambda: kms.get_public_key(KeyId=secret["KeyId"]))[0] == "UnsupportedOperationException"
    under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": signing["KeyId"]}
    code, _ = refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"1", **under))
    assert code == "KMS.InvalidKeyUsageException"


def test_spec_and_usage_go_together(kms):
    without = refusal(lambda: kms.create_key(KeySpec="HMAC_256"))
    text = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    assert without == ("ValidationException", text)
    with pytest.raises(ClientError, match="KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256"):
        kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="ENCRYPT_DECRYPT")
