// Encryption by RSA keys: RSAES-OAEP (RFC 8017). Ciphertexts are RSA's own, so that public keys make them elsewhere too.
import { createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import { errors } from "../../../core/errors.ts";
import { invalidCiphertext } from "../errors.ts";
import type { KeyRow, Parts } from "./keyring.ts";
import { privateKeyOf } from "./pairs.ts";
import { specOf } from "./specs.ts";

const HASHES: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  RSAES_OAEP_SHA_1: { name: "sha1", bytes: 20 },
  RSAES_OAEP_SHA_256: { name: "sha256", bytes: 32 },
};

export const isRsa = (algorithm: string | undefined): algorithm is string =>
  algorithm !== undefined && Object.hasOwn(HASHES, algorithm);

/** @throws ApiError Validation for more bytes than the key takes */
export function encryptRsa(parts: Parts, row: KeyRow, algorithm: string, plaintext: Uint8Array): Buffer {
  const { name = "", bytes = 0 } = HASHES[algorithm] ?? {};
  const most = Number(specOf(row).slice("RSA_".length)) / 8 - 2 * bytes - 2;
  if (plaintext.length > most)
    throw errors.validation(
      `Algorithm ${algorithm} and key spec ${specOf(row)} cannot encrypt data larger than ${most} bytes.`,
    );
  return publicEncrypt({ key: createPublicKey(privateKeyOf(parts, row)), oaepHash: name }, plaintext);
}

/** @throws ApiError InvalidCiphertext */
export function decryptRsa(parts: Parts, row: KeyRow, algorithm: string, ciphertext: Uint8Array): Buffer {
  try {
    return privateDecrypt({ key: privateKeyOf(parts, row), oaepHash: HASHES[algorithm]?.name }, ciphertext);
  } catch {
    // OpenSSL says no more than that it is none of this key's.
    throw invalidCiphertext();
  }
}
