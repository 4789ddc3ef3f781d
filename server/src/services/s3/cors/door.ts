// Requests of browsers from other origins: preflights are answered here, unsigned as they are, and answers of other
// requests get the headers that the bucket's rules give. Refusals as recorded from AWS (LocalStack, test_s3_cors).
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { CORSRule } from "../../../../../contract/s3/types.ts";
import { ApiError } from "../../../core/errors.ts";
import { newRequestId } from "../../../core/ids.ts";
import { escapeText } from "../../../wire/protocols/xml-write.ts";
import { readRequest } from "../../../wire/request.ts";
import { s3PlaceOf } from "../../../wire/routing.ts";
import { findBucket } from "../shared/buckets.ts";
import type { S3Context } from "../shared/model.ts";
import { allowance } from "./rules.ts";

/** Whatever else answers requests, with CORS in front of it. */
export const withCors =
  (context: S3Context, next: RequestListener): RequestListener =>
  (request, response) => {
    if (request.headers.origin === undefined && request.method !== "OPTIONS") next(request, response);
    else void answerOrigin(context, request, response, next);
  };

/** Never rejects. */
async function answerOrigin(
  context: S3Context,
  request: IncomingMessage,
  response: ServerResponse,
  next: RequestListener,
): Promise<void> {
  try {
    const refused = await prepare(context, request, response);
    if (request.method !== "OPTIONS") next(request, response);
    else if (refused === undefined) response.writeHead(200, { "Content-Length": 0 }).end();
    else refuse(response, refused);
  } catch (cause) {
    if (!(cause instanceof ApiError)) context.log.error("CORS rules could not be read.", { cause });
    // What cannot be read as a request is told by whoever reads requests.
    next(request, response);
  }
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly method: string;
  readonly kind: "BUCKET" | "OBJECT";
}

/** Sets the headers of the answer; gives the reason when no rule lets the request in. */
async function prepare(
  context: S3Context,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<Refusal | undefined> {
  const request = readRequest(incoming);
  const { origin } = request.headers;
  const place = s3PlaceOf(request);
  const asksFor = request.headers["access-control-request-method"];
  const method = asksFor ?? request.method;
  const about = { method, kind: place?.key ? ("OBJECT" as const) : ("BUCKET" as const) };
  if (origin === undefined) {
    return {
      ...about,
      status: 400,
      code: "BadRequest",
      message: "Insufficient information. Origin request header needed.",
    };
  }
  if (request.method === "OPTIONS" && asksFor === undefined) {
    return { ...about, status: 400, code: "BadRequest", message: "Invalid Access-Control-Request-Method: null" };
  }
  const forbidden = { ...about, status: 403, code: "AccessForbidden" };
  const rules = place && (await rulesOf(context, place.bucket));
  if (rules === undefined) return { ...forbidden, kind: "BUCKET", message: "CORSResponse: Bucket not found" };
  if (rules.length === 0) {
    return { ...forbidden, kind: "BUCKET", message: "CORSResponse: CORS is not enabled for this bucket." };
  }
  const asked = request.headers["access-control-request-headers"] ?? "";
  const headers = asked.split(",").flatMap((name) => name.trim().toLowerCase() || []);
  const allowed = allowance(rules, { origin, method, headers });
  if (allowed === undefined) return { ...forbidden, message: NOT_ALLOWED };
  for (const [name, value] of Object.entries(allowed)) response.setHeader(name, value);
  return undefined;
}

const NOT_ALLOWED =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / " +
  "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

/** Undefined when there is no such bucket. */
async function rulesOf(context: S3Context, bucket: string): Promise<readonly CORSRule[] | undefined> {
  try {
    const { settings } = await findBucket(context, { Bucket: bucket });
    return settings.cors?.CORSRules ?? [];
  } catch (cause) {
    if (cause instanceof ApiError && cause.code === "NoSuchBucket") return undefined;
    throw cause;
  }
}

function refuse(response: ServerResponse, { status, code, message, method, kind }: Refusal): void {
  const requestId = newRequestId();
  const about =
    code === "BadRequest" ? "" : `<Method>${escapeText(method)}</Method><ResourceType>${kind}</ResourceType>`;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escapeText(message)}</Message>${about}<RequestId>${requestId}</RequestId></Error>`;
  response.writeHead(status, { "Content-Type": "application/xml", "x-amz-request-id": requestId }).end(body);
}
