// Who signed this request: each check in the order in which AWS fails.
import type { Principal } from "../../core/call.ts";
import { ApiError, errors } from "../../core/errors.ts";
import type { Authenticator, Credential } from "../../core/ports.ts";
import type { WireRequest } from "../request.ts";
import { fromBasicTime, type SignatureForm, toBasicTime, type Version2, type Version4 } from "./form.ts";
import { signature2, stringToSign2 } from "./version2.ts";
import { type Computed, canonicalPaths, computeSignature, isSame, type SigningKeys } from "./version4.ts";

/** A signed request is good for this long before and after its time. AWS: 15 minutes, 5 into the future. */
const SKEW_MS = 15 * 60_000;
/** Longest life of a presigned URL, seven days. */
const LONGEST_PRESIGNED_SECONDS = 604_800;

/** What the signature of the head is checked against. */
export interface SignedFor {
  /** Signing names that the service answers to; the scope must carry one of them. */
  readonly signingName: string;
  readonly isS3: boolean;
  /** Path with the bucket in it, for Version 2. */
  readonly pathWithBucket: string;
}

export interface Caller {
  readonly principal: Principal;
  readonly credential: Credential;
  readonly form: SignatureForm;
}

/** Finds the key's secret, so that an unknown caller costs nothing more. @throws ApiError InvalidClientToken, ExpiredToken */
export async function findCaller(authenticator: Authenticator, form: SignatureForm, now: number): Promise<Caller> {
  const found = authenticator.credential(form.accessKeyId, form.sessionToken, now);
  const credential = found instanceof Promise ? await found : found;
  return { principal: credential.principal, credential, form };
}

/**
 * Checks time, scope, signed headers and signature.
 * @throws ApiError SignatureDoesNotMatch and the other refusals of AWS
 */
export function checkSignature(
  request: WireRequest,
  caller: Caller,
  signedFor: SignedFor,
  check: { readonly keys: SigningKeys; readonly payloadHash: string; readonly now: number },
): void {
  const { form, credential } = caller;
  if (form.kind === "v2") {
    checkVersion2(request, form, credential, signedFor, check.now);
    return;
  }
  checkTime(form, signedFor.isS3, check.now);
  checkScope(form, signedFor);
  checkSignedHeaders(request, form, signedFor.isS3);
  const key = check.keys(credential.secretAccessKey, form);
  let computed: Computed | undefined;
  for (const path of canonicalPaths(request.rawPath, form.service)) {
    computed = computeSignature(request, form, key, path, check.payloadHash);
    if (isSame(computed.signature, form.signature)) return;
  }
  throw mismatch(form, signedFor.isS3, computed?.stringToSign ?? "", computed?.canonicalRequest);
}

function checkTime(form: Version4, isS3: boolean, now: number): void {
  const signedAt = fromBasicTime(form.time);
  if (Number.isNaN(signedAt) || form.time.slice(0, 8) !== form.date)
    throw errors.signatureDoesNotMatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${form.date}' != '${form.time.slice(0, 8)}', from '${form.time}'.`,
    );
  if (form.presigned) {
    checkExpiry(form, isS3, signedAt, now);
    return;
  }
  if (Math.abs(now - signedAt) <= SKEW_MS) return;
  if (isS3) throw tooSkewed(form.time, now);
  throw errors.signatureDoesNotMatch(
    signedAt < now
      ? `Signature expired: ${form.time} is now earlier than ${toBasicTime(now - SKEW_MS)} (${toBasicTime(now)} - 15 min.)`
      : `Signature not yet current: ${form.time} is still later than ${toBasicTime(now + SKEW_MS)} (${toBasicTime(now)} + 15 min.)`,
  );
}

function tooSkewed(requestTime: string, now: number): ApiError {
  return new ApiError(
    "RequestTimeTooSkewed",
    403,
    "The difference between the request time and the current time is too large.",
    {
      fields: { RequestTime: requestTime, ServerTime: isoSeconds(now), MaxAllowedSkewMilliseconds: SKEW_MS },
    },
  );
}

/** Presigned URLs outside S3 without an age live 15 minutes, as a signed header does. */
function checkExpiry(form: Version4, isS3: boolean, signedAt: number, now: number): void {
  const seconds = form.expiresSeconds ?? (isS3 ? Number.NaN : SKEW_MS / 1000);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_PRESIGNED_SECONDS)
    throw new ApiError(
      isS3 ? "AuthorizationQueryParametersError" : "IncompleteSignature",
      400,
      `X-Amz-Expires must be a number of seconds from 1 to ${LONGEST_PRESIGNED_SECONDS} (a week), got ${form.expiresSeconds}.`,
    );
  if (signedAt > now + SKEW_MS) {
    if (isS3) throw new ApiError("AccessDenied", 403, "Request is not yet valid");
    throw errors.signatureDoesNotMatch(
      `Signature not yet current: ${form.time} is still later than ${toBasicTime(now + SKEW_MS)} (${toBasicTime(now)} + 15 min.)`,
    );
  }
  const end = signedAt + seconds * 1000;
  if (now <= end) return;
  if (isS3)
    throw new ApiError("AccessDenied", 403, "Request has expired", {
      fields: { "X-Amz-Expires": seconds, Expires: isoSeconds(end), ServerTime: isoSeconds(now) },
    });
  throw errors.signatureDoesNotMatch(`Signature expired: ${toBasicTime(end)} is now earlier than ${toBasicTime(now)}`);
}

function checkScope(form: Version4, signedFor: SignedFor): void {
  if (form.service === signedFor.signingName) return;
  if (signedFor.isS3)
    throw errors.incompleteSignature(
      `The authorization header is malformed; incorrect service "${form.service}". This endpoint belongs to "s3".`,
    );
  throw errors.signatureDoesNotMatch(`Credential should be scoped to correct service: '${signedFor.signingName}'.`);
}

/** The host and every `x-amz-` header must be signed, or someone between could change what is asked. */
function checkSignedHeaders(request: WireRequest, form: Version4, isS3: boolean): void {
  const signed = form.signedHeaders;
  const missing = signed.includes("host") ? [] : ["host"];
  for (const name in request.headers) if (name.startsWith("x-amz-") && !signed.includes(name)) missing.push(name);
  if (missing.length === 0) return;
  if (isS3)
    throw new ApiError("AccessDenied", 403, "There were headers present in the request which were not signed", {
      fields: { HeadersNotSigned: missing.join(", ") },
    });
  throw errors.signatureDoesNotMatch(
    missing.map((name) => `'${name}' must be a 'SignedHeader' in the AWS Authorization.`).join(" "),
  );
}

function checkVersion2(
  request: WireRequest,
  form: Version2,
  credential: Credential,
  signedFor: SignedFor,
  now: number,
): void {
  if (!signedFor.isS3)
    throw errors.incompleteSignature("Signature Version 2 is taken for S3 only; sign with AWS4-HMAC-SHA256.");
  if (form.presigned) {
    const expiresAt = form.expiresAt ?? Number.NaN;
    if (!Number.isFinite(expiresAt))
      throw new ApiError("AccessDenied", 403, "Invalid date (should be seconds since epoch): Expires");
    if (now > expiresAt * 1000)
      throw new ApiError("AccessDenied", 403, "Request has expired", {
        fields: { Expires: isoSeconds(expiresAt * 1000), ServerTime: isoSeconds(now) },
      });
  } else {
    const date = request.headers["x-amz-date"] ?? request.headers["date"] ?? "";
    const signedAt = Date.parse(date);
    if (Number.isNaN(signedAt))
      throw new ApiError("AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header");
    if (Math.abs(now - signedAt) > SKEW_MS) throw tooSkewed(date, now);
  }
  const path = signedFor.pathWithBucket;
  // A bucket's path may be signed with a slash at its end that the request lacks: botocore does so.
  const paths = /^\/[^/]+$/.test(path) ? [path, `${path}/`] : [path];
  const texts = paths.map((one) => stringToSign2(request, form, one));
  if (texts.some((text) => isSame(signature2(credential.secretAccessKey, text), form.signature))) return;
  throw mismatch(form, true, texts[0] ?? "", undefined);
}

function mismatch(
  form: SignatureForm,
  isS3: boolean,
  stringToSign: string,
  canonicalRequest: string | undefined,
): ApiError {
  if (!isS3)
    return errors.signatureDoesNotMatch(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  return errors.signatureDoesNotMatch(
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    {
      fields: {
        AWSAccessKeyId: form.accessKeyId,
        StringToSign: stringToSign,
        SignatureProvided: form.signature,
        StringToSignBytes: asBytes(stringToSign),
        ...(canonicalRequest === undefined
          ? {}
          : { CanonicalRequest: canonicalRequest, CanonicalRequestBytes: asBytes(canonicalRequest) }),
      },
    },
  );
}

const asBytes = (text: string): string =>
  [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

const isoSeconds = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;
