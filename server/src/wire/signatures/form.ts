// How a request is signed: reads Authorization header or presigned query into a value, without checking anything.
// AWS Signature Version 4 (header, query) and, for S3, Version 2 (header `AWS key:signature`, query `AWSAccessKeyId`).
import { errors } from "../../core/errors.ts";
import { queryValue, type WireRequest } from "../request.ts";

export interface Version4 {
  readonly kind: "v4";
  readonly presigned: boolean;
  readonly accessKeyId: string;
  /** `20201001`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Lower case, in the order given. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20201001T120000Z`. */
  readonly time: string;
  /** Lifetime of a presigned request. */
  readonly expiresSeconds?: number;
  readonly sessionToken: string | undefined;
}

export interface Version2 {
  readonly kind: "v2";
  readonly presigned: boolean;
  readonly accessKeyId: string;
  readonly signature: string;
  /** Seconds since 1970, of a presigned request. */
  readonly expiresAt?: number;
  readonly sessionToken: string | undefined;
}

export type SignatureForm = Version4 | Version2;

export const ALGORITHM = "AWS4-HMAC-SHA256";
const TIME = /^\d{8}T\d{6}Z$/;

/** Region and service of the credential scope, read leniently: routing needs them also when the rest is malformed. */
export function credentialScope(
  request: WireRequest,
): { readonly region: string; readonly service: string } | undefined {
  const credential = request.headers["authorization"] ?? queryValue(request, "X-Amz-Credential") ?? "";
  const parts = /(?:^|Credential=)[^/\s,=]+\/\d{8}\/([^/\s,]+)\/([^/\s,]+)\/aws4_request/.exec(credential);
  return parts?.[1] && parts[2] ? { region: parts[1], service: parts[2] } : undefined;
}

/** Undefined when the request is not signed at all. @throws ApiError IncompleteSignature */
export function readSignature(request: WireRequest): SignatureForm | undefined {
  const authorization = request.headers["authorization"];
  if (authorization !== undefined) {
    if (authorization.startsWith(`${ALGORITHM} `)) return readHeader(request, authorization);
    if (authorization.startsWith("AWS ")) return readOldHeader(request, authorization);
    throw errors.incompleteSignature(`Unsupported AWS 'algorithm': '${authorization.split(" ")[0]}'.`);
  }
  if (queryValue(request, "X-Amz-Algorithm") !== undefined) return readQuerySignature(request);
  const accessKeyId = queryValue(request, "AWSAccessKeyId");
  const signature = queryValue(request, "Signature");
  const expires = queryValue(request, "Expires") ?? "";
  if (accessKeyId === undefined || signature === undefined) return undefined;
  return {
    kind: "v2",
    presigned: true,
    accessKeyId,
    signature,
    // Other spellings of the number would be signed alike.
    expiresAt: /^[1-9]\d{0,14}$/.test(expires) ? Number(expires) : Number.NaN,
    sessionToken: queryValue(request, "x-amz-security-token"),
  };
}

function readHeader(request: WireRequest, authorization: string): Version4 {
  const { Credential, SignedHeaders, Signature, ...others } = readFields(authorization.slice(ALGORITHM.length));
  if (!Credential || !SignedHeaders || !Signature) {
    const given = { Credential, Signature, SignedHeaders };
    const missing = Object.entries(given).flatMap(([name, value]) => (value ? [] : [name]));
    throw errors.incompleteSignature(
      `${missing.map((name) => `Authorization header requires '${name}' parameter.`).join(" ")} Authorization=${ALGORITHM}`,
    );
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw errors.incompleteSignature(`Authorization header has no parameter '${unknown}'.`);
  const time = request.headers["x-amz-date"] ?? basicTime(request.headers["date"]);
  if (time === undefined)
    throw errors.incompleteSignature(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  return {
    kind: "v4",
    presigned: false,
    ...readCredential(Credential, time),
    signedHeaders: SignedHeaders.toLowerCase().split(";"),
    signature: Signature,
    sessionToken: request.headers["x-amz-security-token"],
  };
}

/** Of a parameter given twice, routing would read one and the check of the signature the other. */
function readFields(text: string): Partial<Record<string, string>> {
  const fields: Partial<Record<string, string>> = Object.create(null);
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(0, equals)).trim();
    if (fields[name] !== undefined)
      throw errors.incompleteSignature(`Authorization header must have '${name}' once, got it twice.`);
    fields[name] = part.slice(equals + 1).trim();
  }
  return fields;
}

function readQuerySignature(request: WireRequest): Version4 {
  const required = (name: string): string => {
    const value = queryValue(request, name);
    if (value) return value;
    throw errors.incompleteSignature(
      `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`,
    );
  };
  if (required("X-Amz-Algorithm") !== ALGORITHM)
    throw errors.incompleteSignature(`Unsupported AWS 'algorithm': '${queryValue(request, "X-Amz-Algorithm")}'.`);
  const expires = queryValue(request, "X-Amz-Expires");
  const form = readCredential(required("X-Amz-Credential"), required("X-Amz-Date"));
  return {
    kind: "v4",
    presigned: true,
    ...form,
    signedHeaders: required("X-Amz-SignedHeaders").toLowerCase().split(";"),
    signature: required("X-Amz-Signature"),
    ...(expires === undefined ? {} : { expiresSeconds: Number(expires) }),
    sessionToken: queryValue(request, "X-Amz-Security-Token"),
  };
}

export function readCredential(
  credential: string,
  time: string,
): Pick<Version4, "accessKeyId" | "date" | "region" | "service" | "time"> {
  const [accessKeyId, date, region, service, terminator, ...rest] = credential.split("/");
  if (!accessKeyId || !date || !region || !service || terminator !== "aws4_request" || rest.length > 0)
    throw errors.incompleteSignature(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'.`,
    );
  if (!TIME.test(time))
    throw errors.incompleteSignature(
      `Date must be in ISO-8601 'basic format'. Got '${time}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  return { accessKeyId, date, region, service, time };
}

function readOldHeader(request: WireRequest, authorization: string): Version2 {
  const colon = authorization.lastIndexOf(":");
  if (colon < 5) throw errors.incompleteSignature("Authorization header must be 'AWS KEY:SIGNATURE'.");
  return {
    kind: "v2",
    presigned: false,
    accessKeyId: authorization.slice(4, colon).trim(),
    signature: authorization.slice(colon + 1).trim(),
    sessionToken: request.headers["x-amz-security-token"],
  };
}

/** An HTTP date as `20201001T120000Z`; undefined when there is none or it is no date. */
function basicTime(date: string | undefined): string | undefined {
  if (date === undefined || TIME.test(date)) return date;
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? undefined : toBasicTime(time.getTime());
}

/** Milliseconds since 1970 as `20201001T120000Z`. */
export function toBasicTime(at: number): string {
  const text = new Date(at).toISOString();
  return `${text.slice(0, 4)}${text.slice(5, 7)}${text.slice(8, 13)}${text.slice(14, 16)}${text.slice(17, 19)}Z`;
}

/** Milliseconds since 1970 of `20201001T120000Z`; NaN when it is not of that form. */
export function fromBasicTime(time: string): number {
  if (!TIME.test(time)) return Number.NaN;
  const part = (from: number, to: number): number => Number(time.slice(from, to));
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(9, 11), part(11, 13), part(13, 15));
}
