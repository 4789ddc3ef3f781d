// Encryption by keys: AES-256-GCM with the encryption context as additional authenticated data.
// Answers as recorded in LocalStack's tests/aws/services/kms/test_kms.snapshot.json.
// Gap: ciphertexts are this server's own and no key of AWS reads them; answers for Nitro enclaves (Recipient) are refused, and so
// is ReEncrypt by asymmetric keys.
import { randomBytes } from "node:crypto";
import type {
  Operations as Contract,
  DataKeySpec,
  DecryptRequest,
  EncryptionAlgorithmSpec,
  ReEncryptRequest,
} from "../../../../../contract/kms/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { dryRun, invalidCiphertext, wrongKey } from "../errors.ts";
import { type KeyAction, onFoundKey, onKey } from "../shared/access.ts";
import { decrypt, type EncryptionContext, encrypt, keyArnIn, readCiphertext } from "../shared/ciphertext.ts";
import { arnOf, currentMaterial, findKey, type Parts, requireEnabled, requireKey } from "../shared/keyring.ts";
import { decryptRsa, encryptRsa, isRsa } from "../shared/rsa.ts";
import { algorithmsOf, requireUsage, SYMMETRIC } from "../shared/specs.ts";

interface WithContext {
  readonly KeyId: string;
  readonly EncryptionContext?: EncryptionContext | undefined;
}

export const cipher = (parts: Parts): Operations<Contract> => ({ ...ciphers(parts), ...dataKeys(parts) });

function ciphers(parts: Parts): Operations<Contract> {
  const usable = async (call: Call, given: string) => requireEnabled(await requireKey(parts, call, given));
  return {
    Encrypt: {
      permissions: ({ KeyId, EncryptionContext = {}, EncryptionAlgorithm: algorithm }, call) =>
        onKey(parts, call, KeyId, { encryptionContext: EncryptionContext, algorithm }),
      async run(input, call) {
        const { EncryptionAlgorithm: algorithm = SYMMETRIC, Plaintext, EncryptionContext } = input;
        const row = requireUsage(call, await usable(call, input.KeyId), { usage: "ENCRYPT_DECRYPT", algorithm });
        if (isRsa(algorithm)) refuseContext(EncryptionContext);
        if (input.DryRun) throw dryRun();
        return {
          CiphertextBlob: isRsa(algorithm)
            ? encryptRsa(parts, row, algorithm, Plaintext)
            : encrypt(parts, row, Plaintext, EncryptionContext),
          KeyId: arnOf(row),
          EncryptionAlgorithm: algorithm,
        };
      },
    },
    Decrypt: {
      permissions: (input, call) => {
        const { EncryptionAlgorithm: algorithm, EncryptionContext: encryptionContext = {} } = input;
        if (isRsa(algorithm)) return onKey(parts, call, rsaKeyOf(input), { encryptionContext, algorithm });
        return onSource(parts, call, decryptSource(input), { encryptionContext });
      },
      async run(input, call) {
        refuseUnbuilt(input);
        if (isRsa(input.EncryptionAlgorithm)) return await decryptedByRsa(parts, input, call);
        refuseAlgorithm(input.EncryptionAlgorithm);
        const { row, ciphertext } = await sourceKey(parts, call, decryptSource(input));
        const plaintext = decrypt(parts, row, ciphertext, input.EncryptionContext);
        if (input.DryRun) throw dryRun();
        return {
          KeyId: arnOf(row),
          Plaintext: plaintext,
          EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
          KeyMaterialId: ciphertext.materialId,
        };
      },
    },
    ReEncrypt: {
      permissions: async (input, call) => [
        ...(await onSource(parts, call, reEncryptSource(input), {
          action: "ReEncryptFrom",
          encryptionContext: input.SourceEncryptionContext ?? {},
        })),
        ...(await onKey(parts, call, input.DestinationKeyId, {
          action: "ReEncryptTo",
          encryptionContext: input.DestinationEncryptionContext ?? {},
        })),
      ],
      async run(input, call) {
        refuseUnbuilt(input);
        refuseAlgorithm(input.SourceEncryptionAlgorithm);
        refuseAlgorithm(input.DestinationEncryptionAlgorithm);
        const { row: from, ciphertext } = await sourceKey(parts, call, reEncryptSource(input));
        const to = requireUsage(call, await usable(call, input.DestinationKeyId), symmetric);
        const plaintext = decrypt(parts, from, ciphertext, input.SourceEncryptionContext);
        if (input.DryRun) throw dryRun();
        return {
          CiphertextBlob: encrypt(parts, to, plaintext, input.DestinationEncryptionContext),
          SourceKeyId: arnOf(from),
          KeyId: arnOf(to),
          SourceEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
          DestinationEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
          SourceKeyMaterialId: ciphertext.materialId,
          DestinationKeyMaterialId: currentMaterial(to).id,
        };
      },
    },
  };
}

function dataKeys(parts: Parts): Operations<Contract> {
  const withContext = ({ KeyId, EncryptionContext = {} }: WithContext, call: Call) =>
    onKey(parts, call, KeyId, { encryptionContext: EncryptionContext });

  /** A new data key and what the answers say of it. */
  const dataKey = async (input: WithContext & DataKeySize & { readonly DryRun?: boolean | undefined }, call: Call) => {
    const sizeBytes = dataKeyBytes(input);
    const row = requireEnabled(await requireKey(parts, call, input.KeyId));
    requireUsage(call, row, symmetric);
    if (input.DryRun) throw dryRun();
    const plaintext = randomBytes(sizeBytes);
    return {
      Plaintext: plaintext,
      CiphertextBlob: encrypt(parts, row, plaintext, input.EncryptionContext),
      KeyId: arnOf(row),
      KeyMaterialId: currentMaterial(row).id,
    };
  };

  return {
    GenerateDataKey: {
      permissions: withContext,
      run(input, call) {
        refuseUnbuilt(input);
        return dataKey(input, call);
      },
    },
    GenerateDataKeyWithoutPlaintext: {
      permissions: withContext,
      async run(input, call) {
        const { Plaintext: _, ...answer } = await dataKey(input, call);
        return answer;
      },
    },
    GenerateRandom: {
      run(input) {
        refuseUnbuilt(input);
        if (input.NumberOfBytes === undefined) throw errors.validation("NumberOfBytes is required.");
        return { Plaintext: randomBytes(input.NumberOfBytes) };
      },
    },
  };
}

const symmetric = { usage: "ENCRYPT_DECRYPT", algorithm: SYMMETRIC } as const;

async function decryptedByRsa(parts: Parts, input: DecryptRequest, call: Call) {
  const { EncryptionAlgorithm: algorithm = "", CiphertextBlob = noCiphertext(), DryRun } = input;
  const row = requireEnabled(await requireKey(parts, call, rsaKeyOf(input)));
  refuseContext(input.EncryptionContext);
  if (!algorithmsOf(row).includes(algorithm)) throw wrongKey();
  const Plaintext = decryptRsa(parts, row, algorithm, CiphertextBlob);
  if (DryRun) throw dryRun();
  return { KeyId: arnOf(row), Plaintext, EncryptionAlgorithm: algorithm as EncryptionAlgorithmSpec };
}

/** Ciphertexts of RSA do not say whose they are. @throws ApiError Validation */
function rsaKeyOf({ KeyId }: DecryptRequest): string {
  if (KeyId === undefined) throw errors.validation("KeyId is required for ciphertexts of asymmetric keys.");
  return KeyId;
}

/** @throws ApiError Validation */
function refuseContext(context: EncryptionContext | undefined): void {
  if (context === undefined || Object.keys(context).length === 0) return;
  throw errors.validation("An encryption context can be given with symmetric keys only.");
}

/** A ciphertext, and how the caller names its key. */
interface Source {
  readonly blob: Uint8Array | undefined;
  readonly keyId: string | undefined;
}

const decryptSource = (input: DecryptRequest): Source => ({ blob: input.CiphertextBlob, keyId: input.KeyId });
const reEncryptSource = (input: ReEncryptRequest): Source => ({
  blob: input.CiphertextBlob,
  keyId: input.SourceKeyId,
});

/** The permission on the key that a ciphertext names. @throws ApiError InvalidCiphertext */
async function onSource(parts: Parts, call: Call, source: Source, what: KeyAction): Promise<readonly Permission[]> {
  const ciphertext = readCiphertext(source.blob ?? noCiphertext());
  const expected = source.keyId === undefined ? undefined : await findKey(parts, call, source.keyId);
  // Named by an alias, it is that alias which conditions see.
  if (expected?.row?.name === ciphertext.keyId) return [await onFoundKey(parts, call, expected, what)];
  return onKey(parts, call, keyArnIn(ciphertext, call), what);
}

/**
 * The key that a ciphertext names.
 * @throws ApiError IncorrectKey (the caller names another one), InvalidCiphertext, NotFound, AccessDenied, Disabled, KMSInvalidState
 */
async function sourceKey(parts: Parts, call: Call, source: Source) {
  const ciphertext = readCiphertext(source.blob ?? noCiphertext());
  const expected = source.keyId === undefined ? undefined : await requireKey(parts, call, source.keyId);
  if (expected !== undefined && expected.name !== ciphertext.keyId) throw wrongKey();
  const { row } = await findKey(parts, call, keyArnIn(ciphertext, call));
  if (row === undefined) {
    throw errors.accessDenied(
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are " +
        "not allowed to access.",
    );
  }
  return { row: requireEnabled(row), ciphertext };
}

/** @throws ApiError InvalidCiphertext */
function noCiphertext(): never {
  throw invalidCiphertext();
}

interface DataKeySize {
  readonly KeySpec?: DataKeySpec | undefined;
  readonly NumberOfBytes?: number | undefined;
}

/** @throws ApiError Validation unless exactly one of the two is given */
function dataKeyBytes({ KeySpec, NumberOfBytes }: DataKeySize): number {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
    throw errors.validation("Please specify either number of bytes or key spec.");
  }
  return NumberOfBytes ?? (KeySpec === "AES_128" ? 16 : 32);
}

/** @throws ApiError Validation */
function refuseAlgorithm(algorithm: string | undefined): void {
  if (algorithm === undefined || algorithm === "SYMMETRIC_DEFAULT") return;
  throw errors.validation(`EncryptionAlgorithm ${algorithm} is not yet available in Sagebrush.`);
}

/** @throws ApiError Validation naming the member */
function refuseUnbuilt(input: object): void {
  const unbuilt = ["Recipient", "CustomKeyStoreId", "DryRunModifiers"];
  const found = Object.entries(input).find(([name, value]) => unbuilt.includes(name) && value !== undefined);
  if (found) throw errors.validation(`${found[0]} is not yet available in Sagebrush: leave it out.`);
}
