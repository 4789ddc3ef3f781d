// Keys of OpenID Connect providers, from the addresses that their discovery document names (OpenID Connect Discovery 1.0).
// They are kept for some minutes.
import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import type { JSONWebKeySet } from "jose";
import { ApiError } from "../../../core/errors.ts";
import type { Guard } from "../../../core/outgoing.ts";
import type { OidcProvider } from "../shared/nouns.ts";
import { isTrusted } from "./certificates.ts";

/** Keys of a provider; `isFresh`: not those that are kept, unless somebody had them read anew just now. @throws ApiError */
export type IssuerKeys = (provider: OidcProvider, isFresh: boolean) => Promise<JSONWebKeySet>;

const KEPT_MS = 10 * 60_000;
/** Between two readings that tokens with unknown keys can force. */
const FORCED_MS = 30_000;
const MAX_ISSUERS = 1000;
const TIMEOUT_MS = 5000;
const MAX_BYTES = 1024 * 1024;

interface Kept {
  readonly readAt: number;
  /** When a token had them read again; undefined when none has. */
  readonly forcedAt: number | undefined;
  readonly keys: Promise<JSONWebKeySet>;
}

export function createIssuerKeys(now: () => number, guard: Guard): IssuerKeys {
  const kept = new Map<string, Kept>();
  return (provider, isFresh) => {
    const name = [provider.arn, ...provider.thumbprints].join(" ");
    const known = kept.get(name);
    const isWithin = (at: number | undefined, ms: number) => at !== undefined && Math.abs(now() - at) < ms;
    const isForced = isFresh && !isWithin(known?.forcedAt, FORCED_MS);
    if (known && !isForced && isWithin(known.readAt, KEPT_MS)) return known.keys;
    if (kept.size >= MAX_ISSUERS) kept.clear();
    const keys = readKeys(provider, guard);
    kept.set(name, { readAt: now(), forcedAt: isForced ? now() : known?.forcedAt, keys });
    // What failed is tried again with the next token.
    keys.catch(() => kept.delete(name));
    return keys;
  };
}

const unreachable = (text: string) => new ApiError("IDPCommunicationError", 400, text);
const invalid = (text: string) => new ApiError("InvalidIdentityToken", 400, text);

async function readKeys(provider: OidcProvider, guard: Guard): Promise<JSONWebKeySet> {
  const issuer = `https://${provider.issuer}`;
  const discovery = await readJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, provider, guard);
  const { issuer: named, jwks_uri: address } = discovery;
  if (named !== issuer) throw invalid(`The provider at ${issuer} says that it is ${JSON.stringify(named)}.`);
  if (typeof address !== "string") throw invalid(`The provider at ${issuer} names no jwks_uri.`);
  const keys = await readJson(address, provider, guard);
  if (!Array.isArray(keys["keys"])) throw invalid(`What ${address} gives is no set of keys.`);
  return keys as unknown as JSONWebKeySet;
}

/** @throws ApiError IDPCommunicationError, InvalidIdentityToken */
function readJson(
  address: string,
  { thumbprints }: OidcProvider,
  guard: Guard,
): Promise<Readonly<Record<string, unknown>>> {
  if (!URL.canParse(address) || new URL(address).protocol !== "https:") {
    throw invalid(`A provider's address must start with https://, got ${address}.`);
  }
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      reject(unreachable(`${address} could not be read: ${reason}.`));
      call.destroy();
    };
    try {
      guard.check(new URL(address));
    } catch (cause) {
      reject(unreachable((cause as Error).message));
      return;
    }
    const call = request(address, {
      lookup: guard.lookup,
      agent: false,
      // The certificate is judged by ourselves: thumbprints may stand in for an authority.
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    call.on("error", (cause) => fail(cause.name === "TimeoutError" ? "it did not answer in time" : cause.message));
    call.on("response", (response) => {
      if (!isTrusted(response.socket as TLSSocket, new URL(address).hostname, thumbprints)) {
        reject(invalid("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"));
        call.destroy();
        return;
      }
      if (response.statusCode !== 200) {
        fail(`it answered with status ${response.statusCode}`);
        return;
      }
      const pieces: Buffer[] = [];
      let sizeBytes = 0;
      response.on("data", (piece: Buffer) => {
        sizeBytes += piece.length;
        if (sizeBytes > MAX_BYTES) fail(`its answer has more than ${MAX_BYTES} bytes`);
        else pieces.push(piece);
      });
      response.on("error", (cause) => fail(cause.message));
      response.on("end", () => {
        const value = parse(Buffer.concat(pieces).toString());
        if (value) resolve(value);
        else fail("its answer is no JSON object");
      });
    });
    call.end();
  });
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
