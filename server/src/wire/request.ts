// The head of an HTTP request as the wire reads it: path and query as they came (signatures need them) and decoded.
import type { IncomingMessage } from "node:http";
import { errors } from "../core/errors.ts";

export interface QueryParameter {
  readonly name: string;
  readonly value: string;
  /** `name=value` exactly as it came. */
  readonly raw: string;
}

export interface WireRequest {
  readonly method: string;
  /** Percent-encoded as it came, `/bucket/a%20b`. */
  readonly rawPath: string;
  readonly query: readonly QueryParameter[];
  /** Names in lower case, several values joined by commas, bytes read as UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
  readonly host: string;
  readonly secure: boolean;
  readonly sourceIp: string;
  readonly incoming: IncomingMessage;
}

/** @throws ApiError Validation when target or escapes are malformed */
export function readRequest(incoming: IncomingMessage): WireRequest {
  const target = originForm(incoming.url ?? "/");
  const mark = target.indexOf("?");
  const headers = readHeaders(incoming);
  const address = incoming.socket.remoteAddress ?? "";
  return {
    method: incoming.method ?? "GET",
    rawPath: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? [] : readQuery(target.slice(mark + 1)),
    headers,
    host: headers["host"] ?? "",
    secure: "encrypted" in incoming.socket,
    sourceIp: address.startsWith("::ffff:") ? address.slice(7) : address,
    incoming,
  };
}

/** First value of a query parameter; undefined when it is absent. */
export function queryValue(request: Pick<WireRequest, "query">, name: string): string | undefined {
  for (const parameter of request.query) if (parameter.name === name) return parameter.value;
  return undefined;
}

/**
 * Headers that a presigned address carries in its query, by lower-case name: `x-amz-…` and the two that Version 2
 * signs. Several values of one name are joined as those of headers are.
 * @throws ApiError Validation for a name that cannot be a header's
 */
export function movedHeaders(query: readonly QueryParameter[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const { name: given, value } of query) {
    const name = given.toLowerCase();
    if (!/^(x-amz-|content-(type|md5)$)/.test(name)) continue;
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw errors.validation(`The query parameter ${JSON.stringify(given)} cannot be the name of a header.`);
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before},${value}`;
  }
  return headers;
}

/** Whether it is an upload from a browser's form. */
export const isUploadForm = (request: WireRequest): boolean =>
  request.method === "POST" && /^multipart\/form-data\b/i.test(request.headers["content-type"] ?? "");

/** @throws ApiError Validation for a broken escape or bytes that are not UTF-8 */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw errors.validation(`Expected percent-encoded UTF-8, got ${JSON.stringify(text.slice(0, 200))}.`);
  }
}

/** Parses `a=1&b`; `+` is a space. */
export function readQuery(text: string): QueryParameter[] {
  const parameters: QueryParameter[] = [];
  for (const raw of text.split("&")) {
    if (raw === "") continue;
    const equals = raw.indexOf("=");
    const name = equals < 0 ? raw : raw.slice(0, equals);
    const value = equals < 0 ? "" : raw.slice(equals + 1);
    parameters.push({ name: formDecode(name), value: formDecode(value), raw });
  }
  return parameters;
}

const formDecode = (text: string): string => percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);

/** A proxy is sent the absolute form, `GET http://bucket.s3.amazonaws.com/key`. */
function originForm(url: string): string {
  if (url.startsWith("/")) return url;
  const slash = url.indexOf("/", url.indexOf("://") + 3);
  return url.includes("://") && slash > 0 ? url.slice(slash) : "/";
}

function readHeaders({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = asUtf8(rawHeaders[index + 1] ?? "");
    const before = headers[name];
    // Signatures join the values of one name with a bare comma, which node:http would not.
    headers[name] = before === undefined ? value : `${before},${value}`;
  }
  return headers;
}

/** Node gives header bytes as Latin-1; S3 clients put UTF-8 into metadata. Bytes that are not UTF-8 stay as they are. */
function asUtf8(value: string): string {
  for (let index = 0; index < value.length; index += 1) {
    if (value.charCodeAt(index) > 127) {
      const text = Buffer.from(value, "latin1").toString("utf8");
      return text.includes("\ufffd") ? value : text;
    }
  }
  return value;
}
