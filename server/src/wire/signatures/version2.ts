// S3's Signature Version 2, which boto3 still uses for presigned URLs by default: HMAC-SHA1 over a short text.
// Amazon S3 developer guide, "Signing and authenticating REST requests".
import { createHmac } from "node:crypto";
import { queryValue, type WireRequest } from "../request.ts";
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
  const fields = amazonFields(request);
  const field = (name: string): string => request.headers[name] ?? queryValue(request, name) ?? "";
  const date = form.presigned ? String(form.expiresAt) : fields.has("x-amz-date") ? "" : field("date");
  const amazon = [...fields]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}:${value.replace(/\s+/g, " ").trim()}\n`)
    .join("");
  const query = request.query
    .filter(({ name }) => SUBRESOURCES.has(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, value, raw }) => (raw.includes("=") ? `${name}=${value}` : name))
    .join("&");
  const resource = query === "" ? path : `${path}?${query}`;
  return `${request.method}\n${field("content-md5")}\n${field("content-type")}\n${date}\n${amazon}${resource}`;
}

/** `x-amz-` fields from the headers and, as clients move them there when presigning, from the query. */
function amazonFields(request: WireRequest): Map<string, string> {
  const fields = new Map<string, string>();
  for (const { name, value } of request.query) if (/^x-amz-/i.test(name)) fields.set(name.toLowerCase(), value);
  for (const [name, value] of Object.entries(request.headers)) if (name.startsWith("x-amz-")) fields.set(name, value);
  return fields;
}

export const signature2 = (secret: string, text: string): string =>
  createHmac("sha1", secret).update(text, "utf8").digest("base64");
