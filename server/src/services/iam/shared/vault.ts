// Secrets of access keys at rest, and session tokens that carry their own facts: AES-256-GCM under keys derived from
// one key file of the data folder. Nothing about a session is stored, so AssumeRole writes nothing and sessions
// survive restarts.
import { createHmac, randomBytes } from "node:crypto";
import { deriveKey, seal, unseal } from "../../../core/sealing.ts";

/** AWS's secrets are 40 characters of base 64: 240 bits. */
const SECRET_BYTES = 30;

export interface Vault {
  /** Text that only `open` with the same `binding` reads. */
  seal(text: string, binding: string): string;
  /** Undefined when the sealed text was not made by this vault for this binding. */
  open(sealed: string, binding: string): string | undefined;
  /** The secret access key that belongs to a session token. */
  sessionSecret(token: string): string;
}

export function createVault(masterKey: Buffer): Vault {
  const sealing = deriveKey(masterKey, "iam sealing");
  const sessions = deriveKey(masterKey, "iam session secrets");
  return {
    seal: (text, binding) => seal(sealing, Buffer.from(text), binding).toString("base64"),
    open: (sealed, binding) => unseal(sealing, Buffer.from(sealed, "base64"), binding)?.toString(),
    sessionSecret: (token) =>
      createHmac("sha256", sessions).update(token).digest().subarray(0, SECRET_BYTES).toString("base64"),
  };
}

/** 40 characters, as AWS's. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64");

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID_CHARACTERS = 16;

/** Unique ids: AKIA access key, AIDA user, AGPA group, AROA role, AIPA instance profile, ANPA managed policy. */
export function newUniqueId(prefix: "AKIA" | "AIDA" | "AGPA" | "AROA" | "AIPA" | "ANPA"): string {
  let id: string = prefix;
  for (const byte of randomBytes(ID_CHARACTERS)) id += ID_ALPHABET[byte & 31];
  return id;
}

/** 40 bits hold 12 digits; 39 random ones follow. */
const RANDOM_BITS = 39n;
const PREFIX = "ASIA";

/**
 * Id of a temporary key. As on AWS the account can be read from it, for nothing about a session is stored; the session's
 * token, not the id, keeps it apart from others.
 */
export function newSessionKeyId(account: string): string {
  const random = randomBytes(8).readBigUInt64BE() & ((1n << RANDOM_BITS) - 1n);
  let bits = (BigInt(account) << RANDOM_BITS) | random;
  let id = "";
  for (let left = ID_CHARACTERS; left > 0; left--) {
    id = ID_ALPHABET[Number(bits & 31n)] + id;
    bits >>= 5n;
  }
  return PREFIX + id;
}

/** Account of a temporary key's id; undefined for ids of another form. */
export function accountOfSessionKey(id: string): string | undefined {
  if (!id.startsWith(PREFIX) || id.length !== PREFIX.length + ID_CHARACTERS) return undefined;
  let bits = 0n;
  for (const character of id.slice(PREFIX.length)) {
    const value = ID_ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    bits = (bits << 5n) | BigInt(value);
  }
  const account = String(bits >> RANDOM_BITS);
  return account.length > 12 ? undefined : account.padStart(12, "0");
}
