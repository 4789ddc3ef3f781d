// Signatures by keys whose private half never leaves: Sign, Verify, GetPublicKey. KMS API reference; answers as recorded in
// LocalStack's tests/aws/services/kms/test_kms.snapshot.json.
// Gap: messages are signed as they come (MessageType RAW), up to 4096 bytes; digests (DIGEST) only with RSASSA_PKCS1_V1_5.
import {
  constants,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { Operations as Contract, MessageType, SigningAlgorithmSpec } from "../../../../../contract/kms/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { dryRun, invalidSignature, unsupported } from "../errors.ts";
import { keyAction, onKey } from "../shared/access.ts";
import { arnOf, type Parts, requireEnabled, requireKey } from "../shared/keyring.ts";
import { privateKeyOf, publicDer } from "../shared/pairs.ts";
import { isPair, requireUsage, specAnswer, specOf } from "../shared/specs.ts";

interface Signing {
  readonly KeyId: string;
  readonly Message: Uint8Array;
  readonly MessageType?: MessageType | undefined;
  readonly SigningAlgorithm: SigningAlgorithmSpec;
  readonly DryRun?: boolean | undefined;
}

export const signature = (parts: Parts): Operations<Contract> => {
  const permissions = ({ KeyId, SigningAlgorithm, MessageType = "RAW" }: Signing, call: Call) =>
    onKey(parts, call, KeyId, {
      conditions: { "kms:SigningAlgorithm": SigningAlgorithm, "kms:MessageType": MessageType },
    });
  const opened = async (input: Signing, call: Call) => {
    const row = requireEnabled(await requireKey(parts, call, input.KeyId));
    requireUsage(call, row, { usage: "SIGN_VERIFY", algorithm: input.SigningAlgorithm });
    checkMessage(input);
    if (input.DryRun) throw dryRun();
    return {
      key: privateKeyOf(parts, row),
      answer: { KeyId: arnOf(row), SigningAlgorithm: input.SigningAlgorithm },
    };
  };

  return {
    Sign: {
      permissions,
      async run(input, call) {
        const { key, answer } = await opened(input, call);
        return { ...answer, Signature: signatureOf(key, input) };
      },
    },
    Verify: {
      permissions,
      async run(input, call) {
        const { key, answer } = await opened(input, call);
        if (!isSignature(createPublicKey(key), input)) throw invalidSignature();
        return { ...answer, SignatureValid: true };
      },
    },
    GetPublicKey: {
      permissions: keyAction(parts),
      async run({ KeyId }, call) {
        const row = requireEnabled(await requireKey(parts, call, KeyId));
        if (!isPair(specOf(row))) throw unsupported(`${arnOf(row)} has no public key.`);
        return {
          KeyId: arnOf(row),
          PublicKey: publicDer(privateKeyOf(parts, row)),
          ...specAnswer(row),
        };
      },
    },
  };
};

const hashOf = (algorithm: string): string => `sha${algorithm.slice(-3)}`;
const hashBytes = (algorithm: string): number => Number(algorithm.slice(-3)) / 8;

/** @throws ApiError Validation */
function checkMessage({ Message, MessageType, SigningAlgorithm }: Signing): void {
  if (MessageType === undefined || MessageType === "RAW") return;
  if (MessageType !== "DIGEST" || !SigningAlgorithm.startsWith("RSASSA_PKCS1"))
    throw errors.validation(
      `MessageType ${MessageType} with ${SigningAlgorithm} is not yet available in Sagebrush: send the message itself, as RAW.`,
    );
  if (Message.length !== hashBytes(SigningAlgorithm))
    throw errors.validation(`Digest is invalid length for algorithm ${SigningAlgorithm}.`);
}

/** The salt of RSASSA-PSS is as long as the digest (KMS developer guide, "Key spec reference"). */
const optionsOf = (key: KeyObject, algorithm: string) =>
  algorithm.startsWith("RSASSA_PSS")
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key };

function signatureOf(key: KeyObject, { Message, MessageType, SigningAlgorithm }: Signing): Buffer {
  if (MessageType === "DIGEST")
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo(SigningAlgorithm, Message));
  return sign(hashOf(SigningAlgorithm), Message, optionsOf(key, SigningAlgorithm));
}

function isSignature(
  key: KeyObject,
  { Message, MessageType, SigningAlgorithm, Signature }: Signing & { readonly Signature: Uint8Array },
): boolean {
  if (MessageType !== "DIGEST")
    return verify(hashOf(SigningAlgorithm), Message, optionsOf(key, SigningAlgorithm), Signature);
  const expected = digestInfo(SigningAlgorithm, Message);
  try {
    const found = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Signature);
    return found.length === expected.length && timingSafeEqual(found, expected);
  } catch {
    // OpenSSL refuses what has no right padding: no signature of this key.
    return false;
  }
}

/** DER of DigestInfo before the digest (RFC 8017, section 9.2, note 1), by hash. */
const PREFIXES: Readonly<Record<string, string>> = {
  sha256: "3031300d060960864801650304020105000420",
  sha384: "3041300d060960864801650304020205000430",
  sha512: "3051300d060960864801650304020305000440",
};

const digestInfo = (algorithm: string, digest: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(PREFIXES[hashOf(algorithm)] ?? "", "hex"), digest]);
