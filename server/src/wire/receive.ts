// Authenticates a request and receives its body, in the order the signature allows: a key nobody knows is refused
// before a byte is read, a signed hash is checked before the body, an unsigned one needs the body first.
import type { ServerResponse } from "node:http";
import type { StreamedBody } from "../core/body.ts";
import { NOBODY, type Principal } from "../core/call.ts";
import { ApiError, errors } from "../core/errors.ts";
import { flow, hasBody, PlainBody, readWhole, unzip, wrongHash } from "./body.ts";
import { DEFAULT_BODY_LIMIT_BYTES, type Plan } from "./catalogue.ts";
import type { Checks, Payload } from "./payload.ts";
import { isUploadForm, movedHeaders, type QueryParameter, queryValue, readQuery, type WireRequest } from "./request.ts";
import { isForms, type Route } from "./routing.ts";
import { type Caller, checkSignature, findCaller, type SignedFor } from "./signatures/authenticate.ts";
import { ChunkedBody } from "./signatures/chunked.ts";
import { readSignature, type SignatureForm } from "./signatures/form.ts";
import { EMPTY_SHA256, type SigningKeys, scopeOf, sha256Hex } from "./signatures/version4.ts";
import { receiveUpload } from "./upload-form.ts";

const UNSIGNED = "UNSIGNED-PAYLOAD";
/** Anybody may send it: more than the largest token and policy that an unsigned operation takes. */
const UNSIGNED_LIMIT_BYTES = 256 * 1024;
const CHUNKED = /^STREAMING-(?:(AWS4-HMAC-SHA256)-PAYLOAD(?:-TRAILER)?|UNSIGNED-PAYLOAD-TRAILER)$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** @throws ApiError every refusal of a signature, and RequestEntityTooLarge */
export async function receive(
  request: WireRequest,
  response: ServerResponse,
  route: Route,
  checks: Checks,
  found: (principal: Principal) => void,
): Promise<Payload> {
  const isS3 = route.service.dialect === "s3";
  const form = readSignature(request);
  if (form === undefined) {
    if (route.protocol === "query" && hasUnsigned(route)) return receiveUnsigned(request, response, route);
    if (!isS3) throw errors.missingAuthentication("Request is missing Authentication Token");
    const bucket = route.labels["Bucket"];
    // A form's policy is about one upload: it opens no other operation that is a POST, such as DeleteObjects.
    if (bucket === undefined || route.operation !== "PutObject" || !isUploadForm(request)) {
      found(NOBODY);
      return receiveFromNobody(request, response, route);
    }
    goOn(request, response);
    return receiveUpload(request, bucket, checks, found);
  }
  const caller = await findCaller(checks.authenticator, form, checks.now);
  found(caller.principal);

  const plan = route.operation === undefined ? undefined : route.service.plan(route.operation);
  const limitBytes = plan?.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES;
  const signedFor: SignedFor = { signingName: route.service.model.signingName, isS3, pathWithBucket: route.path };
  const verify = (payloadHash: string): void =>
    checkSignature(request, caller, signedFor, { keys: checks.keys, payloadHash, now: checks.now });
  const payload = (body: Buffer | StreamedBody): Payload => ({
    principal: caller.principal,
    headers: isS3 ? effectiveHeaders(request, form.presigned && form.kind) : request.headers,
    body: Buffer.isBuffer(body) ? plainText(request, plan, body, limitBytes) : body,
    form: isForms(route.protocol) ? readForm(request, body) : [],
  });

  const declared = declaredHash(request, form, isS3);
  if (declared === undefined) {
    goOn(request, response);
    const body = await readWhole(request.incoming, request.incoming, limitBytes);
    verify(body.length === 0 ? EMPTY_SHA256 : sha256Hex(body));
    return payload(body);
  }
  verify(declared);
  const streams = plan?.streamedMember !== undefined;
  const body = streams || CHUNKED.test(declared) ? checkedBody(request, caller, declared, checks.keys) : undefined;
  goOn(request, response);
  if (body !== undefined && streams) return payload(flow(request.incoming, body));
  const source = body === undefined ? request.incoming : flow(request.incoming, body);
  const whole = await readWhole(request.incoming, source, limitBytes);
  if (body === undefined && declared !== UNSIGNED && declared !== sha256Hex(whole)) throw wrongHash();
  return payload(whole);
}

/**
 * A request of S3 that nobody signed: buckets and objects may be open to everyone. Whether this one is, is decided like
 * any other permission; until then nothing is kept of what is sent but a body of a named size.
 */
async function receiveFromNobody(request: WireRequest, response: ServerResponse, route: Route): Promise<Payload> {
  const plan = route.operation === undefined ? undefined : route.service.plan(route.operation);
  const declared = request.headers["x-amz-content-sha256"] ?? UNSIGNED;
  const isSigned = CHUNKED.exec(declared)?.[1] !== undefined;
  if (isSigned) throw errors.missingAuthentication("Request is missing Authentication Token");
  const headers = effectiveHeaders(request, false);
  const { incoming } = request;
  const streams = plan?.streamedMember !== undefined;
  const body = streams || CHUNKED.test(declared) ? checkedBody(request, undefined, declared, undefined) : undefined;
  goOn(request, response);
  if (body !== undefined && streams) return { principal: NOBODY, headers, body: flow(incoming, body), form: [] };
  const source = body === undefined ? incoming : flow(incoming, body);
  const whole = await readWhole(incoming, source, UNSIGNED_LIMIT_BYTES);
  if (SHA256.test(declared) && declared !== sha256Hex(whole)) throw wrongHash();
  return { principal: NOBODY, headers, body: whole, form: [] };
}

const hasUnsigned = ({ service: { model } }: Route): boolean =>
  [...Object.values(model.operations), ...Object.values(model.unserved)].some(({ unsigned }) => unsigned);

/**
 * A form that nobody signed, for the operations that take such: the operation is named in it.
 * @throws ApiError MissingAuthenticationToken for every other operation
 */
async function receiveUnsigned(request: WireRequest, response: ServerResponse, { service }: Route): Promise<Payload> {
  goOn(request, response);
  const body = await readWhole(request.incoming, request.incoming, UNSIGNED_LIMIT_BYTES);
  const form = readForm(request, body);
  const name = form.find((parameter) => parameter.name === "Action")?.value ?? "";
  const { operations, unserved } = service.model;
  const found = [operations, unserved].find((table) => Object.hasOwn(table, name))?.[name];
  if (!found?.unsigned) throw errors.missingAuthentication("Request is missing Authentication Token");
  return { principal: NOBODY, headers: request.headers, body, form };
}

/** The hash that was signed with the head; undefined when it is that of the body, which has to be read first. */
function declaredHash(request: WireRequest, form: SignatureForm, isS3: boolean): string | undefined {
  if (form.kind === "v2") return UNSIGNED;
  const declared = request.headers["x-amz-content-sha256"];
  // Only S3 takes bodies that nobody signed.
  if (!isS3) return declared !== undefined && SHA256.test(declared) ? declared : undefined;
  if (form.presigned) return declared ?? queryValue(request, "X-Amz-Content-Sha256") ?? UNSIGNED;
  if (declared === undefined)
    throw new ApiError("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256");
  if (declared !== UNSIGNED && !CHUNKED.test(declared) && !SHA256.test(declared))
    throw new ApiError(
      "InvalidArgument",
      400,
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    );
  return declared;
}

/** A body that checks itself while it passes. @throws ApiError MissingContentLength */
function checkedBody(
  request: WireRequest,
  caller: Caller | undefined,
  declared: string,
  keys: SigningKeys | undefined,
): PlainBody | ChunkedBody {
  const chunked = CHUNKED.exec(declared);
  const length = request.headers[chunked ? "x-amz-decoded-content-length" : "content-length"];
  if (length === undefined || !/^\d+$/.test(length))
    throw new ApiError("MissingContentLength", 411, "You must provide the Content-Length HTTP header.");
  const lengthBytes = Number(length);
  if (!chunked) return new PlainBody({ lengthBytes, sha256: declared === UNSIGNED ? undefined : declared });
  const trailers = request.headers["x-amz-trailer"] ?? "";
  const { form, credential } = caller ?? {};
  return new ChunkedBody({
    lengthBytes,
    trailerNames: trailers
      .split(",")
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ""),
    signing:
      chunked[1] !== undefined && keys && credential && form?.kind === "v4"
        ? { key: keys(credential.secretAccessKey, form), time: form.time, scope: scopeOf(form), seed: form.signature }
        : undefined,
  });
}

/**
 * Parameters of a presigned query that are no headers moved there: the signature's own, and sums of a body that nobody
 * knew when the address was signed. The SDK for JavaScript v3 gives that of no bytes at all; S3 heeds none of them
 * (aws-sdk-go-v2 issue 2610, localstack pull request 12164).
 */
const unmovedParameters =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|sdk-checksum-algorithm|checksum-(crc|sha|md5|xxhash)\w*)$/;

/**
 * S3's headers as its operations read them: without the transfer's own encoding and length, and with those that a
 * presigned URL carries in its query.
 */
function effectiveHeaders(
  request: WireRequest,
  presigned: SignatureForm["kind"] | false,
): Readonly<Record<string, string>> {
  const decodedLength = request.headers["x-amz-decoded-content-length"];
  const encoding = request.headers["content-encoding"];
  if (decodedLength === undefined && !presigned && !encoding?.includes("aws-chunked")) return request.headers;
  const headers: Record<string, string> = { ...request.headers };
  if (decodedLength !== undefined) headers["content-length"] = decodedLength;
  if (encoding !== undefined) {
    const kept = encoding
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && name !== "aws-chunked");
    if (kept.length > 0) headers["content-encoding"] = kept.join(",");
    else delete headers["content-encoding"];
  }
  if (presigned)
    for (const [name, value] of Object.entries(movedHeaders(request.query))) {
      const isMoved = name.startsWith("x-amz-") ? !unmovedParameters.test(name) : presigned === "v2";
      if (isMoved) headers[name] ??= value;
    }
  return headers;
}

/** Tells a client that waits with `Expect: 100-continue` to send its body. */
function goOn(request: WireRequest, response: ServerResponse): void {
  if (/100-continue/i.test(request.headers["expect"] ?? "") && hasBody(request.incoming)) response.writeContinue();
}

/** Only operations whose model says so take compressed bodies; for others the encoding is the body's own business. */
function plainText(request: WireRequest, plan: Plan | undefined, body: Buffer, limitBytes: number): Buffer {
  const gzip =
    plan?.model.compression?.includes("gzip") && request.headers["content-encoding"]?.toLowerCase() === "gzip";
  return gzip ? unzip(body, limitBytes) : body;
}

function readForm(request: WireRequest, body: Buffer | StreamedBody): readonly QueryParameter[] {
  if (request.method === "GET" || !Buffer.isBuffer(body)) return request.query;
  return [...request.query, ...readQuery(body.toString("utf8"))];
}
