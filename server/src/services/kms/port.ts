// What KMS gives to the rest: keys that a caller may use.
import type { DataKeys, PolicyChecks } from "../../core/ports.ts";
import { keptKey } from "../../store/durable.ts";
import type { Rows } from "../../store/rows/rows.ts";
import { onFoundKey } from "./shared/access.ts";
import { findKey, keyArn, type Parts, requireEnabled, sealingKeyOf } from "./shared/keyring.ts";

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

export const createDataKeys = (parts: Parts): DataKeys => ({
  async usable(call, keyId, { operation, encryptionContext, viaService }) {
    const found = await findKey(parts, call, keyId);
    const conditions = { "kms:ViaService": viaService };
    await call.authorize([await onFoundKey(parts, call, found, { action: operation, encryptionContext, conditions })]);
    if (found.row === undefined) throw found.missing;
    return keyArn(call, requireEnabled(call, found.row).name);
  },
});
