// Ciphertexts: a byte for the form, the key's id (16 bytes) and account (6), id of the material (32), then nonce, tag and
// encrypted bytes. The first form had no account: its keys are the caller's own.
// The encryption context is additional authenticated data (KMS developer guide, "Encryption context").
import { seal, unseal } from "../../../core/sealing.ts";
import { invalidCiphertext } from "../errors.ts";
import { currentMaterial, type KeyRow, keyArn, openMaterial, type Parts, type Place, placeOf } from "./keyring.ts";

export type EncryptionContext = Readonly<Record<string, string>>;

const FORM = 2;
const FORM_WITHOUT_ACCOUNT = 1;
const KEY_ID_END = 17;
/** An account's number, big-endian. */
const ACCOUNT_BYTES = 6;
const ACCOUNT_DIGITS = 12;
const MATERIAL_ID_BYTES = 32;

export interface Ciphertext {
  readonly keyId: string;
  /** Of the key; absent in the first form. */
  readonly account?: string;
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
    accountBytes(placeOf(row).account),
    Buffer.from(material.id, "hex"),
  ]);
  return Buffer.concat([head, seal(openMaterial(parts, row.name, material), plaintext, binding(head, context))]);
}

/** @throws ApiError InvalidCiphertext when this is none of ours */
export function readCiphertext(blob: Uint8Array): Ciphertext {
  const bytes = Buffer.from(blob);
  if (bytes[0] !== FORM && bytes[0] !== FORM_WITHOUT_ACCOUNT) throw invalidCiphertext();
  const accountEnd = KEY_ID_END + (bytes[0] === FORM ? ACCOUNT_BYTES : 0);
  const headEnd = accountEnd + MATERIAL_ID_BYTES;
  if (bytes.length <= headEnd) throw invalidCiphertext();
  const hex = bytes.subarray(1, KEY_ID_END).toString("hex");
  return {
    keyId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    ...(bytes[0] === FORM ? { account: accountOf(bytes.subarray(KEY_ID_END, accountEnd)) } : {}),
    materialId: bytes.subarray(accountEnd, headEnd).toString("hex"),
    head: bytes.subarray(0, headEnd),
    sealed: bytes.subarray(headEnd),
  };
}

function accountBytes(account: string): Buffer {
  const bytes = Buffer.alloc(ACCOUNT_BYTES);
  bytes.writeUIntBE(Number(account), 0, ACCOUNT_BYTES);
  return bytes;
}

const accountOf = (bytes: Buffer): string => String(bytes.readUIntBE(0, ACCOUNT_BYTES)).padStart(ACCOUNT_DIGITS, "0");

/** ARN of the key that a ciphertext names, in the region of the call. */
export const keyArnIn = ({ keyId, account }: Ciphertext, place: Place): string =>
  keyArn({ ...place, account: account ?? place.account }, keyId);

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
