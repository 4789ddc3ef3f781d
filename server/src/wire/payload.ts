// Authenticates a request and receives its body, in the order the signature allows: a key nobody knows is refused
// before a byte is read, a signed hash is checked before the body, an unsigned one needs the body first.
import type { ServerResponse } from "node:http";
import type { StreamedBody } from "../core/body.ts";
import type { Principal } from "../core/call.ts";
import { errors } from "../core/errors.ts";
import type { Authenticator } from "../core/ports.ts";
import { flow, hasBody, PlainBody, readWhole, unzip, wrongHash } from "./body.ts";
import { DEFAULT_BODY_LIMIT_BYTES, type Plan } from "./catalogue.ts";
import { type QueryParameter, readQuery, type WireRequest } from "./request.ts";
import type { Route } from "./routing.ts";
import { checkSignature, findCaller, type SignedFor } from "./signatures/authenticate.ts";
import { readSignature } from "./signatures/form.ts";
import { EMPTY_SHA256, type SigningKeys, sha256Hex } from "./signatures/version4.ts";

export interface Payload {
  readonly principal: Principal;
  /** Headers as the operation reads them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | StreamedBody;
  /** Form of the query protocol. */
  readonly form: readonly QueryParameter[];
}

export interface Checks {
  readonly authenticator: Authenticator;
  readonly keys: SigningKeys;
  readonly now: number;
}

const UNSIGNED = "UNSIGNED-PAYLOAD";

/** @throws ApiError every refusal of a signature, and RequestEntityTooLarge */
export async function receive(
  request: WireRequest,
  response: ServerResponse,
  route: Route,
  checks: Checks,
  found: (principal: Principal) => void,
): Promise<Payload> {
  const form = readSignature(request);
  if (form === undefined) throw errors.missingAuthentication("Request is missing Authentication Token");
  const caller = await findCaller(checks.authenticator, form, checks.now);
  found(caller.principal);
  const plan = route.operation === undefined ? undefined : route.service.plan(route.operation);
  const isS3 = route.service.dialect === "s3";
  const signedFor: SignedFor = { signingName: route.service.model.signingName, isS3, pathWithBucket: route.path };
  const verify = (payloadHash: string): void =>
    checkSignature(request, caller, signedFor, { keys: checks.keys, payloadHash, now: checks.now });

  const declared = form.presigned && isS3 ? UNSIGNED : request.headers["x-amz-content-sha256"];
  const limit = plan?.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES;
  const done = (body: Buffer | StreamedBody): Payload => ({
    principal: caller.principal,
    headers: request.headers,
    body,
    form: route.protocol === "query" ? readForm(request, body) : [],
  });

  if (declared === undefined && form.kind === "v4") {
    goOn(request, response);
    const body = await readWhole(request.incoming, request.incoming, limit);
    verify(body.length === 0 ? EMPTY_SHA256 : sha256Hex(body));
    return done(plainText(request, plan, body, limit));
  }
  verify(declared ?? UNSIGNED);
  goOn(request, response);
  const sha256 = declared === undefined || declared === UNSIGNED ? undefined : declared;
  if (plan?.streamedMember !== undefined) {
    const length = request.headers["content-length"];
    const lengthBytes = length === undefined ? undefined : Number(length);
    return done(flow(request.incoming, new PlainBody({ lengthBytes, sha256 })));
  }
  const body = await readWhole(request.incoming, request.incoming, limit);
  if (sha256 !== undefined && sha256 !== sha256Hex(body)) throw wrongHash();
  return done(plainText(request, plan, body, limit));
}

/** Tells a client that waits with `Expect: 100-continue` to send its body. */
function goOn(request: WireRequest, response: ServerResponse): void {
  if (/100-continue/i.test(request.headers["expect"] ?? "") && hasBody(request.incoming)) response.writeContinue();
}

/** Only operations whose model says so take compressed bodies; for others the encoding is the body's own business. */
function plainText(request: WireRequest, plan: Plan | undefined, body: Buffer, limitBytes: number): Buffer {
  const gzip = plan?.model.compression?.includes("gzip") && request.headers["content-encoding"] === "gzip";
  return gzip ? unzip(body, limitBytes) : body;
}

function readForm(request: WireRequest, body: Buffer | StreamedBody): readonly QueryParameter[] {
  if (request.method === "GET" || !Buffer.isBuffer(body)) return request.query;
  return [...request.query, ...readQuery(body.toString("utf8"))];
}
