// S3's Signature Version 2, which boto3 still uses for presigned URLs by default: HMAC-SHA1 over a short text.
// Amazon S3 developer guide, "Signing and authenticating REST requests".
import { createHmac } from "node:crypto";
import { errors } from "../../core/errors.ts";
import { movedHeaders, type QueryParameter, type WireRequest } from "../request.ts";
import type { Version2 } from "./form.ts";

/** Query parameters that are part of the resource. */
const SUBRESOURCES = new Set(
  (
    "acl lifecycle location logging notification partNumber policy requestPayment torrent uploadId uploads versionId " +
    "versioning versions website cors delete tagging restore replication accelerate metrics inventory analytics " +
    "encryption object-lock retention legal-hold publicAccessBlock ownershipControls policyStatus select select-type " +
    "response-content-type response-content-language response-expires response-cache-control " +
    "response-content-disposition response-content-encoding"
  ).split(" "),
);

/** `path` is the path with the bucket in it, percent-encoded as it came. */
export function stringToSign2(request: WireRequest, form: Version2, path: string): string {
  const fields = form.presigned ? { ...movedHeaders(request.query), ...request.headers } : request.headers;
  const field = (name: string): string => fields[name] ?? "";
  const date = form.presigned ? String(form.expiresAt) : fields["x-amz-date"] === undefined ? field("date") : "";
  const amazon = Object.entries(fields)
    .filter(([name]) => name.startsWith("x-amz-"))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}:${value.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "")}\n`)
    .join("");
  const query = request.query
    .filter(isSubresource)
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, value, raw }) => (raw.includes("=") ? `${name}=${value}` : name))
    .join("&");
  const resource = query === "" ? path : `${path}?${query}`;
  return `${request.method}\n${field("content-md5")}\n${field("content-type")}\n${date}\n${amazon}${resource}`;
}

/**
 * Values are signed decoded, so that `a=1&versionId=2` and `a=1%26versionId=2` are one text.
 * @throws ApiError SignatureDoesNotMatch for the second, which could be made of the first
 */
function isSubresource({ name, value }: QueryParameter): boolean {
  if (!SUBRESOURCES.has(name)) return false;
  const swallowed = value.split("&").slice(1);
  if (!swallowed.some((part) => SUBRESOURCES.has(part.split("=")[0] ?? ""))) return true;
  throw errors.signatureDoesNotMatch(`The value of ${name} holds another parameter of the resource.`);
}

export const signature2 = (secret: string, text: string): string =>
  createHmac("sha1", secret).update(text, "utf8").digest("base64");
