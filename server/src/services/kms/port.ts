// What KMS gives to the rest: data keys, and keys that a caller may use.
import { randomBytes } from "node:crypto";
import type { Call } from "../../core/call.ts";
import type { DataKeys, KeyUse, PolicyChecks } from "../../core/ports.ts";
import { keptKey } from "../../store/durable.ts";
import type { Rows } from "../../store/rows/rows.ts";
import { onFoundKey } from "./shared/access.ts";
import { decrypt, encrypt, keyArnIn, readCiphertext } from "./shared/ciphertext.ts";
import { arnOf, findKey, type KeyRow, type Parts, requireEnabled, sealingKeyOf } from "./shared/keyring.ts";
import { requireUsage, SYMMETRIC } from "./shared/specs.ts";

const DATA_KEY_BYTES = 32;

export type { Parts as Keyring } from "./shared/keyring.ts";

/** What the service and its port work on. `keyFile` seals the material of keys; without it they are lost. */
export async function openKeyring(parts: {
  readonly rows: Rows;
  readonly policies: PolicyChecks;
  readonly keyFile: string;
}): Promise<Parts> {
  const { rows, policies, keyFile } = parts;
  return { rows, policies, sealingKey: sealingKeyOf(await keptKey(keyFile)) };
}

export function createDataKeys(parts: Parts): DataKeys {
  /** The key, once the caller is known to be allowed to use it. */
  async function usableKey(call: Call, keyId: string, use: KeyUse, operations: readonly string[]): Promise<KeyRow> {
    const found = await findKey(parts, call, keyId);
    const { encryptionContext, viaService } = use;
    const conditions = { ...use.conditions, "kms:ViaService": viaService };
    const permissions = operations.map((action) =>
      onFoundKey(parts, call, found, { action, encryptionContext, conditions }),
    );
    await call.authorize(await Promise.all(permissions));
    if (found.row === undefined) throw found.missing;
    return requireUsage(call, requireEnabled(found.row), { usage: "ENCRYPT_DECRYPT", algorithm: SYMMETRIC });
  }
  return {
    async generate(call, keyId, use) {
      const row = await usableKey(call, keyId, use, ["GenerateDataKey"]);
      const plaintext = randomBytes(DATA_KEY_BYTES);
      const encrypted = encrypt(parts, row, plaintext, use.encryptionContext);
      return { keyArn: arnOf(row), plaintext, encrypted };
    },
    async decrypt(call, encrypted, use) {
      const ciphertext = readCiphertext(encrypted);
      const row = await usableKey(call, keyArnIn(ciphertext, call), use, ["Decrypt"]);
      return decrypt(parts, row, ciphertext, use.encryptionContext);
    },
    async usable(call, keyId, { operations, ...use }) {
      return arnOf(await usableKey(call, keyId, use, operations));
    },
  };
}
