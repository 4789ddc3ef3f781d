// Values of secrets: rows of their own, sealed under a data key of KMS when the secret names a key, else under a key
// derived from the server's. The caller needs the permissions on the customer's key, as on AWS (Secrets Manager user
// guide, "Secret encryption and decryption").
import { createHmac } from "node:crypto";
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { KeyUse } from "../../../core/ports.ts";
import { seal, unseal } from "../../../core/sealing.ts";
import type { RowKey, RowWrite } from "../../../store/rows/rows.ts";
import { decryptionFailure, encryptionFailure, invalidParameter } from "../errors.ts";
import { type Parts, type SecretRow, type SecretVersion, secretArn } from "./secrets.ts";

const VALUE = "secretsmanager:value";

/** Secrets Manager user guide, "Quotas". */
const LARGEST_BYTES = 65_536;

/** Whose call seals and opens, in whose name a customer's key is used; what a service owns is under none, and has no caller. */
export type Sealer = Call | { readonly at: number; readonly principal?: never };

type NamedSecret = Pick<SecretRow, "scope" | "name" | "document">;

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
export const valueKey = (row: NamedSecret, versionId: string): RowKey => ({
  kind: VALUE,
  scope: row.scope,
  name: `${row.name}-${row.document.suffix}/${versionId}`,
});

/** The row that keeps a value. @throws ApiError of KMS when the caller may not use the key, EncryptionFailure */
export async function sealedValue(
  parts: Parts,
  sealer: Sealer,
  row: NamedSecret,
  made: { readonly versionId: string; readonly value: SecretValue; readonly kmsKeyId?: string | undefined },
): Promise<RowWrite<ValueDocument>> {
  const { versionId, value, kmsKeyId } = made;
  const binding = `${secretArn(row)}/${versionId}`;
  const under =
    kmsKeyId === undefined
      ? undefined
      : await underKms(encryptionFailure, sealer, (call) =>
          parts.keys.generate(call, kmsKeyId, useOf(call, row, versionId)),
        );
  const sealed = seal(under?.plaintext ?? parts.sealingKey, value.bytes, binding).toString("base64");
  const dataKey = under && Buffer.from(under.encrypted).toString("base64");
  const document = { form: value.form, sealed, ...(dataKey && { dataKey }) };
  return { ...valueKey(row, versionId), status: "", createdAt: sealer.at, modifiedAt: sealer.at, document };
}

/** @throws ApiError of KMS when the caller may not use the key, DecryptionFailure */
export async function openValue(
  parts: Parts,
  sealer: Sealer,
  row: SecretRow,
  version: SecretVersion,
): Promise<SecretValue> {
  const kept = await parts.rows.get<ValueDocument>(valueKey(row, version.id));
  const { form = "string", sealed = "", dataKey } = kept?.document ?? {};
  const key =
    dataKey === undefined
      ? parts.sealingKey
      : await underKms(decryptionFailure, sealer, (call) =>
          parts.keys.decrypt(call, Buffer.from(dataKey, "base64"), useOf(call, row, version.id)),
        );
  const bytes = unseal(key, Buffer.from(sealed, "base64"), `${secretArn(row)}/${version.id}`);
  if (bytes === undefined) {
    throw decryptionFailure(
      `The value of ${secretArn(row)} cannot be decrypted: it was sealed under another master.key than this server has.`,
    );
  }
  return { form, bytes };
}

/** Secrets Manager user guide, "Encryption context". */
const useOf = (call: Call, row: NamedSecret, versionId: string): KeyUse => ({
  encryptionContext: { SecretARN: secretArn(row), SecretVersionId: versionId },
  viaService: `secretsmanager.${call.region}.amazonaws.com`,
});

/** Refusals go on as they are; keys that cannot be used are this service's failure. */
async function underKms<Result>(
  failure: (text: string) => ApiError,
  sealer: Sealer,
  use: (call: Call) => Promise<Result>,
): Promise<Result> {
  if (sealer.principal === undefined) throw new Error("A secret that a service owns is under no key of KMS.");
  try {
    return await use(sealer);
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code.startsWith("AccessDenied")) throw cause;
    throw failure(`The KMS key cannot be used: ${cause.code}: ${cause.message}`);
  }
}
