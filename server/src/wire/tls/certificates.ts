// Certificates for single names, made when a client asks for the name and kept while they are good.

import type { KeyObject } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { openAuthority, SKEW_MS } from "./authority.ts";
import { issueLeaf, newKey } from "./x509.ts";

export interface Certificates {
  /** What a TLS server needs to be these names. @throws AuthorityUnusable */
  contextFor(names: readonly string[]): Promise<SecureContext>;
}

const DAY_MS = 86_400_000;
const LIFETIME_MS = 30 * DAY_MS;
/** One is made anew when less than this is left, so that nobody who is slow meets an expired one. */
const RENEWAL_MS = 2 * DAY_MS;
/** Buckets have names of their own, so there is no end of names: the one unused for longest goes first. */
const MOST_KEPT = 128;

interface Kept {
  readonly context: Promise<SecureContext>;
  readonly renewAt: number;
  /** As large as what OpenSSL keeps for a context, which V8 does not see: with it garbage is collected in time. */
  readonly weight: ArrayBuffer;
}

/** Measured with Node 26 and keys of P-256. */
const CONTEXT_BYTES = 40 * 1024;

/** `folder` is that of the authority. `now` in milliseconds since 1970. */
export function createCertificates(folder: string, now: () => number): Certificates {
  const kept = new Map<string, Kept>();
  // One key for all: it never leaves this process.
  let key: ReturnType<typeof newKey> | undefined;

  async function make(names: readonly string[], at: number): Promise<SecureContext> {
    const authority = await openAuthority(folder, at);
    key ??= newKey();
    const until = Math.min(at + LIFETIME_MS, authority.expiresAt);
    const cert = await issueLeaf(authority, key, names, { from: at - SKEW_MS, until });
    // No client has a certificate to check. Without `ca` Node reads its whole list of authorities for nothing.
    const ca = authority.certificate;
    return createSecureContext({ key: key.export({ type: "pkcs8", format: "pem" }), cert, ca, minVersion: "TLSv1.2" });
  }

  return {
    contextFor(names) {
      const id = names.join(" ");
      const at = now();
      const found = kept.get(id);
      kept.delete(id);
      const usable = found !== undefined && at < found.renewAt ? found : undefined;
      const entry = usable ?? {
        context: make(names, at),
        renewAt: at + LIFETIME_MS - RENEWAL_MS,
        weight: new ArrayBuffer(CONTEXT_BYTES),
      };
      kept.set(id, entry);
      if (usable === undefined) {
        entry.context.catch(() => {
          if (kept.get(id) === entry) kept.delete(id);
        });
        const [oldest] = kept.keys();
        if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
      }
      return entry.context;
    },
  };
}

/** Certificates for keys of others, by the folder's authority. PEM; `until` in milliseconds since 1970. */
export const issuerFor =
  (folder: string, now: () => number) =>
  async (key: KeyObject, names: readonly string[], until: number): Promise<string> => {
    const at = now();
    const authority = await openAuthority(folder, at);
    return issueLeaf(authority, key, names, { from: at - SKEW_MS, until: Math.min(until, authority.expiresAt) });
  };
