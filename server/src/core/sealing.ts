// Bytes at rest: AES-256-GCM under keys that are derived (HKDF) from one key file, bound to what they belong to.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key for one purpose, 32 bytes; another purpose gets another key. */
export const deriveKey = (masterKey: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", masterKey, "", purpose, KEY_BYTES));

/** Nonce (12 bytes), tag (16), then as many bytes as were given. Only `unseal` with the same key and binding reads it. */
export function seal(key: Uint8Array, bytes: Uint8Array, binding: string | Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(binding));
  const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Undefined when the bytes were not sealed with this key for this binding, or were changed. */
export function unseal(key: Uint8Array, sealed: Uint8Array, binding: string | Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(sealed);
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(binding))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const start = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch {
    // The tag does not fit: altered, cut, or made for another binding. Node gives this failure no code of its own.
    return undefined;
  }
}
