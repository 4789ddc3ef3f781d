// Ciphertexts: a byte for the form, key id (16 bytes), id of the material (32), then nonce, tag and encrypted bytes.
// The encryption context is additional authenticated data (KMS developer guide, "Encryption context").
import { seal, unseal } from "../../../core/sealing.ts";
import { invalidCiphertext } from "../errors.ts";
import { currentMaterial, type KeyRow, openMaterial, type Parts } from "./keyring.ts";

export type EncryptionContext = Readonly<Record<string, string>>;

const FORM = 1;
const KEY_ID_END = 17;
const HEAD_BYTES = 49;

export interface Ciphertext {
  readonly keyId: string;
  readonly materialId: string;
  readonly head: Buffer;
  readonly sealed: Buffer;
}

/** Encrypts under the newest version of the key's material. */
export function encrypt(parts: Parts, row: KeyRow, plaintext: Uint8Array, context: EncryptionContext = {}): Buffer {
  const material = currentMaterial(row);
  const head = Buffer.concat([
    Buffer.of(FORM),
    Buffer.from(row.name.replaceAll("-", ""), "hex"),
    Buffer.from(material.id, "hex"),
  ]);
  return Buffer.concat([head, seal(openMaterial(parts, row.name, material), plaintext, binding(head, context))]);
}

/** @throws ApiError InvalidCiphertext when this is none of ours */
export function readCiphertext(blob: Uint8Array): Ciphertext {
  const bytes = Buffer.from(blob);
  if (bytes.length <= HEAD_BYTES || bytes[0] !== FORM) throw invalidCiphertext();
  const hex = bytes.subarray(1, KEY_ID_END).toString("hex");
  return {
    keyId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    materialId: bytes.subarray(KEY_ID_END, HEAD_BYTES).toString("hex"),
    head: bytes.subarray(0, HEAD_BYTES),
    sealed: bytes.subarray(HEAD_BYTES),
  };
}

/** @throws ApiError InvalidCiphertext: changed, of another key, or under another context */
export function decrypt(parts: Parts, row: KeyRow, ciphertext: Ciphertext, context: EncryptionContext = {}): Buffer {
  const material = row.document.materials.find(({ id }) => id === ciphertext.materialId);
  if (material === undefined || row.name !== ciphertext.keyId) throw invalidCiphertext();
  const key = openMaterial(parts, row.name, material);
  const plaintext = unseal(key, ciphertext.sealed, binding(ciphertext.head, context));
  if (plaintext === undefined) throw invalidCiphertext();
  return plaintext;
}

/** The same bytes for the same pairs, in whatever order they came. */
function binding(head: Buffer, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1));
  return Buffer.concat([head, Buffer.from(JSON.stringify(pairs))]);
}
