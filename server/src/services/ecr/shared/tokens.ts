// What clients of the registry show in place of a signature: authorization tokens, which are their caller for twelve
// hours, and addresses of single layers. Both carry their facts sealed, so nothing is stored.
import type { Principal } from "../../../core/call.ts";
import { deriveKey, seal, unseal } from "../../../core/sealing.ts";

/** API reference, GetAuthorizationToken: "valid for 12 hours". */
export const TOKEN_MS = 12 * 3_600_000;
/** API reference, GetDownloadUrlForLayer gives no time; an hour is that of other presigned addresses. */
const DOWNLOAD_MS = 3_600_000;

/** User name that goes with every token. */
export const TOKEN_USER = "AWS";

export const sealingKeyOf = (masterKey: Uint8Array): Buffer => deriveKey(masterKey, "ecr tokens");

export interface TokenFacts {
  readonly principal: Principal;
  /** Region whose registry was asked: that of names without one. */
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface DownloadFacts {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
  readonly digest: string;
  readonly expiresAt: number;
}

export function issueToken(key: Buffer, principal: Principal, region: string, now: number) {
  const expiresAt = now + TOKEN_MS;
  const facts: TokenFacts = { principal, region, expiresAt };
  return { password: seal(key, Buffer.from(JSON.stringify(facts)), "token").toString("base64url"), expiresAt };
}

/** Undefined for what is no token of this server's, or too old. */
export const readToken = (key: Buffer, password: string, now: number): TokenFacts | undefined =>
  current<TokenFacts>(unseal(key, Buffer.from(password, "base64url"), "token"), now);

export function issueDownload(key: Buffer, facts: Omit<DownloadFacts, "expiresAt">, now: number): string {
  const sealed: DownloadFacts = { ...facts, expiresAt: now + DOWNLOAD_MS };
  return seal(key, Buffer.from(JSON.stringify(sealed)), "download").toString("base64url");
}

export const readDownload = (key: Buffer, sealed: string, now: number): DownloadFacts | undefined =>
  current<DownloadFacts>(unseal(key, Buffer.from(sealed, "base64url"), "download"), now);

function current<Facts extends { readonly expiresAt: number }>(text: Buffer | undefined, now: number) {
  if (text === undefined) return undefined;
  const facts = JSON.parse(text.toString("utf8")) as Facts;
  return facts.expiresAt > now ? facts : undefined;
}
