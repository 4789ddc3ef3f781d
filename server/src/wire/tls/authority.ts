// The certificate authority of a data folder: made when it is first needed, by the server or by `sagebrush env`, and
// made anew before it expires. DIR/tls/authority.pem holds key and certificate, so that both are always of one make.
import { type KeyObject, randomBytes, randomUUID, X509Certificate } from "node:crypto";
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publish } from "./bundle.ts";
import { type Issuer, issueAuthority, newKey, readKey } from "./x509.ts";

export interface Authority extends Issuer {
  /** PEM. */
  readonly certificate: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** An authority that is there and cannot be used; the message says what to do. */
export class AuthorityUnusable extends Error {
  override readonly name = "AuthorityUnusable";
}

const DAY_MS = 86_400_000;
/** Programs keep the bundle they started with, so a change of authority should be a rare thing. */
const LIFETIME_MS = 10 * 365 * DAY_MS;
/** A new one is made when less than this is left. */
const RENEWAL_MS = 60 * DAY_MS;
/** Clocks of clients may be behind ours. */
export const SKEW_MS = DAY_MS;

/** The folder's authority. @throws AuthorityUnusable */
export async function openAuthority(folder: string, now: number): Promise<Authority> {
  const path = join(folder, "authority.pem");
  const found = await readAuthority(path);
  if (found !== undefined && found.expiresAt - now > RENEWAL_MS) return found;
  const written = await writeAuthority(folder, await newAuthority(now));
  try {
    if (found === undefined) await link(written, path);
    else await rename(written, path);
  } catch (cause) {
    // Another process was first: its authority is the folder's.
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  } finally {
    await rm(written, { force: true });
  }
  const authority = await readAuthority(path);
  if (authority === undefined) throw new AuthorityUnusable(`${path} went away while it was made; try again.`);
  await publish(folder, authority.certificate);
  return authority;
}

async function newAuthority(now: number): Promise<string> {
  const key = newKey();
  // Each has a name of its own: clients look issuers up by name.
  const issuer = { name: `Sagebrush CA ${randomBytes(4).toString("hex")}`, key };
  const certificate = await issueAuthority(issuer, { from: now - SKEW_MS, until: now + LIFETIME_MS });
  return `${key.export({ type: "pkcs8", format: "pem" })}${certificate}`;
}

/** Writes it beside its place and returns the path. */
async function writeAuthority(folder: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `authority.pem.${randomUUID()}`);
  await writeFile(path, text, { mode: 0o600, flush: true });
  await chmod(path, 0o600);
  return path;
}

async function readAuthority(path: string): Promise<Authority | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unusable(path, cause);
  }
  try {
    const key: KeyObject = readKey(text);
    const parsed = new X509Certificate(text);
    if (!parsed.checkPrivateKey(key)) throw new Error("the key is not the certificate's");
    const name = /^CN=(.+)$/m.exec(parsed.subject)?.[1] ?? "";
    return { name, key, certificate: parsed.toString(), expiresAt: parsed.validToDate.getTime() };
  } catch (cause) {
    throw unusable(path, cause);
  }
}

const unusable = (path: string, cause: unknown): AuthorityUnusable =>
  new AuthorityUnusable(
    `${path} cannot be read as a key and a certificate: ${(cause as Error).message}. Remove it to have a new one made; clients then need \`sagebrush env\` again.`,
    { cause },
  );
