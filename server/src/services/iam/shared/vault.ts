// Secrets of access keys at rest, and session tokens that carry their own facts: AES-256-GCM under keys derived from
// one key file of the data folder. Nothing about a session is stored, so AssumeRole writes nothing and sessions
// survive restarts.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
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
  const derive = (purpose: string) => Buffer.from(hkdfSync("sha256", masterKey, "", purpose, KEY_BYTES));
  const sealing = derive("iam sealing");
  const sessions = derive("iam session secrets");
  return {
    seal(text, binding) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", sealing, nonce).setAAD(Buffer.from(binding));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    open: (sealed, binding) => unseal(sealing, sealed, binding),
    sessionSecret: (token) =>
      createHmac("sha256", sessions).update(token).digest().subarray(0, SECRET_BYTES).toString("base64"),
  };
}

function unseal(key: Buffer, sealed: string, binding: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(binding))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const start = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8");
  try {
    return start + decipher.final("utf8");
  } catch {
    // The tag does not fit: altered, cut, or made for another key id. Node gives this failure no code of its own.
    return undefined;
  }
}

/** 40 characters, as AWS's. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64");

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID_CHARACTERS = 16;

/** Unique ids: AKIA access key, ASIA temporary key, AIDA user, AROA role, ANPA managed policy. */
export function newUniqueId(prefix: "AKIA" | "ASIA" | "AIDA" | "AROA" | "ANPA"): string {
  let id: string = prefix;
  for (const byte of randomBytes(ID_CHARACTERS)) id += ID_ALPHABET[byte & 31];
  return id;
}
