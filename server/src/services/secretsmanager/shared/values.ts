// Values of secrets: rows of their own, sealed under a data key of KMS when the secret names a key, else under a key
// derived from the server's. The caller needs the permissions on the customer's key, as on AWS (Secrets Manager user
// guide, "Secret encryption and decryption").
import { createHmac } from "node:crypto";
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import { seal, unseal } from "../../../core/sealing.ts";
import type { RowKey, RowWrite } from "../../../store/rows/rows.ts";
import { decryptionFailure, encryptionFailure, invalidParameter } from "../errors.ts";
import { type Parts, type SecretRow, type SecretVersion, secretArn } from "./secrets.ts";

const VALUE = "secretsmanager:value";

/** Secrets Manager user guide, "Quotas". */
const LARGEST_BYTES = 65_536;

/** Who seals and opens: in whose name a customer's key is used, and when. */
export type Sealer = Pick<Call, "at" | "invoke">;

export interface SecretValue {
  readonly form: "string" | "binary";
  readonly bytes: Uint8Array;
}

interface ValueDocument {
  readonly form: "string" | "binary";
  /** base64 */
  readonly sealed: string;
  /** The data key as KMS encrypted it, base64. */
  readonly dataKey?: string;
}

export interface ValueInput {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

/** The value that a request brings, if any. @throws ApiError InvalidParameter for two, or one that is too long */
export function givenValue({ SecretString, SecretBinary }: ValueInput): SecretValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (SecretString !== undefined) return checked({ form: "string", bytes: Buffer.from(SecretString) });
  return SecretBinary && checked({ form: "binary", bytes: SecretBinary });
}

function checked(value: SecretValue): SecretValue {
  if (value.bytes.length > LARGEST_BYTES)
    throw invalidParameter(`A secret value has at most ${LARGEST_BYTES} bytes, got ${value.bytes.length}.`);
  return value;
}

export const shownValue = ({ form, bytes }: SecretValue): ValueInput =>
  form === "string" ? { SecretString: Buffer.from(bytes).toString() } : { SecretBinary: bytes };

/** Equal for equal values, by HMAC-SHA256 under the server's key. */
export const fingerprintOf = (parts: Parts, { form, bytes }: SecretValue): string =>
  createHmac("sha256", parts.sealingKey).update(form).update("\0").update(bytes).digest("base64url");

/** Values belong to a secret's ARN, which no other secret ever has. */
export const valueKey = (row: Pick<SecretRow, "scope" | "name" | "document">, versionId: string): RowKey => ({
  kind: VALUE,
  scope: row.scope,
  name: `${row.name}-${row.document.suffix}/${versionId}`,
});

/** The row that keeps a value. @throws ApiError of KMS when the caller may not use the key, EncryptionFailure */
export async function sealedValue(
  parts: Parts,
  call: Sealer,
  row: Pick<SecretRow, "scope" | "name" | "document">,
  made: { readonly versionId: string; readonly value: SecretValue; readonly kmsKeyId?: string | undefined },
): Promise<RowWrite<ValueDocument>> {
  const { versionId, value, kmsKeyId } = made;
  const binding = `${secretArn(row)}/${versionId}`;
  const under = kmsKeyId === undefined ? undefined : await newDataKey(call, row, { versionId, kmsKeyId });
  const sealed = seal(under?.key ?? parts.sealingKey, value.bytes, binding).toString("base64");
  const document = { form: value.form, sealed, ...(under && { dataKey: under.encrypted }) };
  return { ...valueKey(row, versionId), status: "", createdAt: call.at, modifiedAt: call.at, document };
}

/** @throws ApiError of KMS when the caller may not use the key, DecryptionFailure */
export async function openValue(
  parts: Parts,
  call: Sealer,
  row: SecretRow,
  version: SecretVersion,
): Promise<SecretValue> {
  const kept = await parts.rows.get<ValueDocument>(valueKey(row, version.id));
  const { form = "string", sealed = "", dataKey } = kept?.document ?? {};
  const key = dataKey === undefined ? parts.sealingKey : await openDataKey(call, row, { version, dataKey });
  const bytes = unseal(key, Buffer.from(sealed, "base64"), `${secretArn(row)}/${version.id}`);
  if (bytes === undefined) {
    throw decryptionFailure(
      `The value of ${secretArn(row)} cannot be decrypted: it was sealed under another master.key than this server has.`,
    );
  }
  return { form, bytes };
}

/** Secrets Manager user guide, "Encryption context". */
const contextOf = (row: Pick<SecretRow, "scope" | "name" | "document">, versionId: string) => ({
  SecretARN: secretArn(row),
  SecretVersionId: versionId,
});

async function newDataKey(
  call: Sealer,
  row: Pick<SecretRow, "scope" | "name" | "document">,
  { versionId, kmsKeyId }: { readonly versionId: string; readonly kmsKeyId: string },
): Promise<{ readonly key: Uint8Array; readonly encrypted: string }> {
  const input = { KeyId: kmsKeyId, KeySpec: "AES_256", EncryptionContext: contextOf(row, versionId) };
  const answer = await asFailure(encryptionFailure, () => call.invoke("kms", "GenerateDataKey", input));
  const { Plaintext, CiphertextBlob } = answer as {
    readonly Plaintext: Uint8Array;
    readonly CiphertextBlob: Uint8Array;
  };
  return { key: Plaintext, encrypted: Buffer.from(CiphertextBlob).toString("base64") };
}

async function openDataKey(
  call: Sealer,
  row: SecretRow,
  { version, dataKey }: { readonly version: SecretVersion; readonly dataKey: string },
): Promise<Uint8Array> {
  const input = {
    CiphertextBlob: Buffer.from(dataKey, "base64"),
    EncryptionContext: contextOf(row, version.id),
  };
  const answer = await asFailure(decryptionFailure, () => call.invoke("kms", "Decrypt", input));
  return (answer as { readonly Plaintext: Uint8Array }).Plaintext;
}

/** Refusals go on as they are; keys that cannot be used are this service's failure. */
async function asFailure<Result>(failure: (text: string) => ApiError, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code.startsWith("AccessDenied")) throw cause;
    throw failure(`The KMS key cannot be used: ${cause.code}: ${cause.message}`);
  }
}
