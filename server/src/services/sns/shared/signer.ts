// Signatures of messages, by which a receiver knows that they are from here: RSA with SHA-1 (version 1) or SHA-256 (version
// 2) over the fields in their order, under a certificate that can be fetched (SNS developer guide, "Verifying the signatures
// of Amazon SNS messages").
import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "../../../core/clock.ts";
import { deriveKey, seal, unseal } from "../../../core/sealing.ts";
import type { Rows } from "../../../store/rows/rows.ts";

export type SignatureVersion = "1" | "2";

export interface Signed {
  /** Base 64. */
  readonly Signature: string;
  readonly SigningCertURL: string;
}

export interface Signer {
  sign(region: string, version: SignatureVersion, text: string): Promise<Signed>;
  /** PEM of the certificate with this id, also of one that is used no more. */
  certificate(id: string): Promise<string | undefined>;
}

/** PEM of a certificate for host names with the public half of the key, by an authority that clients know. */
export type IssueCertificate = (key: KeyObject, names: readonly string[], until: number) => Promise<string>;

interface KeptKey {
  readonly certificate: string;
  /** PKCS 8, sealed for its id; base 64. */
  readonly sealed: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

interface SigningKey {
  readonly id: string;
  readonly key: KeyObject;
  readonly until: number;
}

const KIND = "sns:signing-key";
const DAY_MS = 86_400_000;
const LIFETIME_MS = 365 * DAY_MS;
/** A new key is made when less than this is left: messages may wait for hours, and receivers may read them late. */
const RENEWAL_MS = 30 * DAY_MS;

export function createSigner(parts: {
  readonly rows: Rows;
  readonly clock: Clock;
  /** The bytes of `master.key`. */
  readonly masterKey: Uint8Array;
  readonly issue: IssueCertificate;
}): Signer {
  const { rows, clock, issue } = parts;
  const sealingKey = deriveKey(parts.masterKey, "sns signing keys");
  const keys = new Map<string, Promise<SigningKey>>();

  async function make(region: string): Promise<SigningKey> {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    const id = randomBytes(16).toString("hex");
    const now = clock.now();
    const until = now + LIFETIME_MS;
    const certificate = await issue(privateKey, [hostOf(region), "sns.amazonaws.com"], until);
    const sealed = seal(sealingKey, privateKey.export({ type: "pkcs8", format: "der" }), id).toString("base64");
    const document: KeptKey = { certificate, sealed, until };
    const key = { kind: KIND, scope: "", name: id, parent: region };
    await rows.commit({ put: [{ ...key, status: "Active", createdAt: now, modifiedAt: now, document }] });
    return { id, key: privateKey, until };
  }

  async function load(region: string): Promise<SigningKey> {
    const query = { kind: KIND, scope: "", parent: region, sortBy: "created", descending: true, limit: 1 } as const;
    const [row] = (await rows.list<KeptKey>(query)).rows;
    const bytes = row && unseal(sealingKey, Buffer.from(row.document.sealed, "base64"), row.name);
    if (row === undefined || bytes === undefined || !isFresh(row.document)) return await make(region);
    const key = createPrivateKey({ key: bytes, type: "pkcs8", format: "der" });
    return { id: row.name, key, until: row.document.until };
  }

  const isFresh = ({ until }: { readonly until: number }) => until - clock.now() > RENEWAL_MS;

  async function keyOf(region: string): Promise<SigningKey> {
    const found = await keys.get(region);
    if (found && isFresh(found)) return found;
    const made = load(region);
    keys.set(region, made);
    made.catch(() => keys.delete(region));
    return await made;
  }

  return {
    async sign(region, version, text) {
      const { id, key } = await keyOf(region);
      const signature = sign(version === "1" ? "sha1" : "sha256", Buffer.from(text), key);
      return { Signature: signature.toString("base64"), SigningCertURL: `https://${hostOf(region)}${pathOf(id)}` };
    },
    async certificate(id) {
      return (await rows.get<KeptKey>({ kind: KIND, scope: "", name: id }))?.document.certificate;
    },
  };
}

const hostOf = (region: string): string => `sns.${region}.amazonaws.com`;
const pathOf = (id: string): string => `/SimpleNotificationService-${id}.pem`;

/** Id in the path of a certificate's address; undefined for another path. */
export const certificateId = (path: string): string | undefined =>
  /^\/SimpleNotificationService-([0-9a-f]{32})\.pem$/.exec(path)?.[1];
