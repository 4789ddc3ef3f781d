// AWS Signature Version 4: canonical request, string to sign, key. Client side described in AWS General Reference,
// "Signature Version 4 signing process"; botocore's auth.py shows what clients send.
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { percentDecode, type WireRequest } from "../request.ts";
import type { Version4 } from "./form.ts";

export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex");

/** Keys kept; one for each access key, day, region and service. */
const KEY_CACHE_SIZE = 4096;

type KeyScope = Pick<Version4, "date" | "region" | "service">;

export const signingKey = (secret: string, { date, region, service }: KeyScope): Buffer =>
  [region, service, "aws4_request"].reduce(hmac, hmac(Buffer.from(`AWS4${secret}`), date));

/** Signing keys, each derived once: derivation is four HMACs, a third of the work of a check. */
export type SigningKeys = (secret: string, scope: KeyScope) => Buffer;

export function createSigningKeys(): SigningKeys {
  const known = new Map<string, Buffer>();
  return (secret, scope) => {
    const { date, region, service } = scope;
    const name = `${secret}/${date}/${region}/${service}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= KEY_CACHE_SIZE) known.clear();
    const key = signingKey(secret, scope);
    known.set(name, key);
    return key;
  };
}

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

export const hmacHex = (key: Buffer, text: string): string => createHmac("sha256", key).update(text).digest("hex");

/** Compares in a time that does not depend on where the texts differ. */
export function isSame(expected: string, given: string): boolean {
  const left = Buffer.from(expected);
  const right = Buffer.from(given);
  return left.length === right.length && timingSafeEqual(left, right);
}

export interface Computed {
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signature: string;
}

/** What the signature has to be. `path` is the canonical one, from `canonicalPaths`. */
export function computeSignature(
  request: WireRequest,
  form: Version4,
  key: Buffer,
  path: string,
  payloadHash: string,
): Computed {
  const headers = form.signedHeaders.map((name) => `${name}:${trimAll(request.headers[name] ?? "")}\n`).join("");
  const query = canonicalQuery(request, form.presigned);
  const canonicalRequest = `${request.method}\n${path}\n${query}\n${headers}\n${form.signedHeaders.join(";")}\n${payloadHash}`;
  const stringToSign = `AWS4-HMAC-SHA256\n${form.time}\n${scopeOf(form)}\n${sha256Hex(canonicalRequest)}`;
  return { canonicalRequest, stringToSign, signature: hmacHex(key, stringToSign) };
}

export const scopeOf = (form: Pick<Version4, "date" | "region" | "service">): string =>
  `${form.date}/${form.region}/${form.service}/aws4_request`;

/**
 * The canonical path, and a second one if clients disagree. S3 encodes the path once, so both the path as it came and
 * its normal encoding stand for the same key. Other services encode what came once more. Clients remove dot segments
 * before; here the path is signed that is routed, and no operation has dot segments in its path.
 */
export function canonicalPaths(rawPath: string, service: string): readonly string[] {
  if (rawPath === "/") return ["/"];
  if (service !== "s3") return [rawPath.split("/").map(encode).join("/")];
  const encoded = rawPath
    .split("/")
    .map((part) => encode(percentDecode(part)))
    .join("/");
  return encoded === rawPath ? [encoded] : [encoded, rawPath];
}

/** RFC 3986: everything but unreserved characters is encoded. */
export const encode = (text: string): string =>
  /^[\w.~-]*$/.test(text)
    ? text
    : encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function canonicalQuery(request: WireRequest, presigned: boolean): string {
  if (request.query.length === 0) return "";
  const signature = presigned ? request.query.find(({ name }) => name === "X-Amz-Signature") : undefined;
  const pairs = request.query
    .filter((parameter) => parameter !== signature)
    .map((parameter) => [encode(parameter.name), encode(parameter.value)] as const);
  pairs.sort(([a, x], [b, y]) => byCode(a, b) || byCode(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

const byCode = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Spaces and tabs only: `trim` would take away a no-break space, which is part of the value. */
function trimAll(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  const trimmed = value.slice(start, end);
  return trimmed.includes("  ") ? trimmed.replace(/ +/g, " ") : trimmed;
}

const isBlank = (code: number): boolean => code === 32 || code === 9;
