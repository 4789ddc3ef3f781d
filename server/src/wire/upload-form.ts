// S3's upload from a browser's form: multipart/form-data with a signed policy, turned into a PutObject.
// Amazon S3 API Reference, "POST Object".
import type { IncomingMessage } from "node:http";
import { PassThrough, type Readable, Transform, type TransformCallback } from "node:stream";
import { Busboy } from "@fastify/busboy";
import type { StreamedBody } from "../core/body.ts";
import { NOBODY, type Principal } from "../core/call.ts";
import { ApiError, errors } from "../core/errors.ts";
import type { Checks, Payload } from "./payload.ts";
import type { Answer } from "./protocols/codec.ts";
import { children, parseXml, textOf, type XmlNode } from "./protocols/xml-read.ts";
import { escapeXml } from "./protocols/xml-write.ts";
import type { WireRequest } from "./request.ts";
import { ALGORITHM, readCredential } from "./signatures/form.ts";
import { checkPolicy, readPolicy } from "./signatures/post-policy.ts";
import { signature2 } from "./signatures/version2.ts";
import { encode, hmacHex, isSame } from "./signatures/version4.ts";

/** Limits of a form besides its file. S3: 20 KB for all fields. */
const LIMITS = { fieldNameSize: 256, fieldSize: 20_480, fields: 100, files: 1, parts: 102, headerPairs: 50 };

interface UploadForm {
  /** Fields before the file, names in lower case. */
  readonly fields: Readonly<Record<string, string>>;
  readonly file: Readable;
  readonly filename: string;
  readonly mimeType: string;
}

/** @throws ApiError AccessDenied, SignatureDoesNotMatch, InvalidPolicyDocument, MalformedPOSTRequest */
export async function receiveUpload(
  request: WireRequest,
  bucket: string,
  checks: Checks,
  found: (principal: Principal) => void,
): Promise<Payload> {
  const form = await readFields(request.incoming);
  const key = (form.fields["key"] ?? "").replaceAll("$" + "{filename}", form.filename);
  if (key === "") throw new ApiError("InvalidArgument", 400, "Bucket POST must contain a field named 'key'.");
  const principal = await authenticateForm(form.fields, checks);
  found(principal);
  const range =
    principal === NOBODY
      ? { least: 0, most: Number.POSITIVE_INFINITY }
      : checkPolicy(readPolicy(form.fields["policy"] ?? ""), { ...form.fields, key, bucket }, checks.now);
  return {
    principal,
    headers: headersOf(request, form),
    body: new FormFile(form.file, request.incoming, range),
    form: [],
    labels: { Bucket: bucket, Key: key },
    finish: (answer) => finishUpload(answer, form.fields, { bucket, key, origin: originOf(request) }),
  };
}

const originOf = (request: WireRequest): string => `${request.secure ? "https" : "http"}://${request.host}`;

function readFields(incoming: IncomingMessage): Promise<UploadForm> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, string> = Object.create(null);
    const refuse = (text: string): void => reject(malformed(text));
    let parser: InstanceType<typeof Busboy>;
    try {
      parser = new Busboy({
        headers: { ...incoming.headers, "content-type": incoming.headers["content-type"] ?? "" },
        limits: LIMITS,
        isPartAFile: (name) => name === "file",
      });
    } catch (cause) {
      refuse(`The body of your POST request is not well-formed multipart/form-data: ${(cause as Error).message}`);
      return;
    }
    parser.on("field", (name: string | undefined, value, nameTruncated, valueTruncated) => {
      if (name === undefined) refuse("A part of the form has no name.");
      else if (nameTruncated || valueTruncated)
        refuse(`The form field ${name} has more than ${LIMITS.fieldSize} bytes.`);
      else fields[name.toLowerCase()] = value;
    });
    parser.on("file", (_name, file, filename, _encoding, mimeType) => {
      resolve({ fields, file: kept(file, parser), filename: filename ?? "", mimeType });
    });
    parser.on("finish", () => refuse("POST requires exactly one file upload per request."));
    parser.on("error", (cause: unknown) => refuse(`The form is malformed: ${(cause as Error).message}`));
    incoming.once("close", () => refuse("The connection ended before the form did."));
    incoming.pipe(parser);
  });
}

/** The file with its error kept for whoever reads it: it may fail before, or be refused and never be read. */
function kept(file: Readable, parser: InstanceType<typeof Busboy>): Readable {
  const through = new PassThrough();
  const fail = (cause: unknown): void => {
    through.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  };
  through.on("error", () => {});
  file.on("error", fail);
  parser.once("error", fail);
  file.pipe(through);
  return through;
}

const malformed = (text: string): ApiError => new ApiError("MalformedPOSTRequest", 400, text);

/** Version 4 signs the policy's base64 with the signing key, Version 2 with the secret itself. */
async function authenticateForm(fields: Readonly<Record<string, string>>, checks: Checks): Promise<Principal> {
  const { policy, signature } = fields;
  const token = fields["x-amz-security-token"];
  const credential = fields["x-amz-credential"];
  const given4 = fields["x-amz-signature"];
  if (policy === undefined) {
    // A bucket may be open to everyone; a signature is one of a policy.
    if ((signature ?? given4) === undefined) return NOBODY;
    throw new ApiError("AccessDenied", 403, "Access Denied");
  }
  if (credential !== undefined && given4 !== undefined) {
    const { accessKeyId, date, region, service } = readScope(credential, fields);
    const { secretAccessKey, principal } = await checks.authenticator.credential(accessKeyId, token, checks.now);
    if (!isSame(hmacHex(checks.keys(secretAccessKey, { date, region, service }), policy), given4)) throw mismatch();
    return principal;
  }
  const oldKeyId = fields["awsaccesskeyid"];
  if (oldKeyId === undefined || signature === undefined)
    throw new ApiError(
      "InvalidArgument",
      400,
      "Bucket POST must contain a field named 'AWSAccessKeyId' or 'X-Amz-Credential'.",
    );
  const { secretAccessKey, principal } = await checks.authenticator.credential(oldKeyId, token, checks.now);
  if (!isSame(signature2(secretAccessKey, policy), signature)) throw mismatch();
  return principal;
}

/** The policy names these fields, or it would refuse them; their values have to be those of the one way to sign. */
function readScope(credential: string, fields: Readonly<Record<string, string>>) {
  const scope = readCredential(credential, fields["x-amz-date"] ?? "");
  if (scope.service !== "s3") throw errors.incompleteSignature(`incorrect service "${scope.service}"; expected "s3".`);
  if (fields["x-amz-algorithm"] !== ALGORITHM)
    throw errors.incompleteSignature(`x-amz-algorithm must be ${ALGORITHM}, got ${fields["x-amz-algorithm"]}.`);
  if (scope.time.slice(0, 8) !== scope.date)
    throw errors.incompleteSignature(`x-amz-date must be on the day of the scope, ${scope.date}, got ${scope.time}.`);
  return scope;
}

const mismatch = (): ApiError =>
  errors.signatureDoesNotMatch(
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  );

/** A form's fields stand for the headers of a PUT. */
function headersOf(request: WireRequest, form: UploadForm): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  const unfit = Object.keys(form.fields).find(
    (name) => name.startsWith("x-amz-meta-") && !/^[\w!#$%&'*+.^`|~-]+$/.test(name),
  );
  if (unfit !== undefined) throw malformed(`The form field ${JSON.stringify(unfit)} cannot be the name of a header.`);
  for (const [name, value] of Object.entries(form.fields))
    if (/^(x-amz-(?!signature|credential|date|algorithm)|cache-control|content-|expires$)/.test(name))
      headers[name] = value;
  if (form.fields["acl"] !== undefined) headers["x-amz-acl"] = form.fields["acl"];
  if (form.fields["tagging"] !== undefined) headers["x-amz-tagging"] = tagQuery(form.fields["tagging"]);
  headers["content-type"] ??= form.mimeType;
  headers["user-agent"] = request.headers["user-agent"] ?? "";
  return headers;
}

/** Tags are an XML document in a form and a query string in a header. */
function tagQuery(xml: string): string {
  const { node } = parseXml(Buffer.from(xml));
  const tags = children(node, "TagSet").flatMap((set) => children(set, "Tag"));
  const text = (tag: XmlNode, name: string): string => children(tag, name).map(textOf).join("");
  return tags.map((tag) => `${encode(text(tag, "Key"))}=${encode(text(tag, "Value"))}`).join("&");
}

/** The file's bytes, held to the policy's range. */
class FormFile extends Transform implements StreamedBody {
  readonly #range: { readonly least: number; readonly most: number };
  #size = 0;

  constructor(file: Readable, incoming: IncomingMessage, range: { readonly least: number; readonly most: number }) {
    super();
    this.#range = range;
    // Whoever reads the file gets its error; one that is never read must not bring the process down.
    this.on("error", () => {});
    const fail = (cause: Error): void => {
      this.destroy(malformed(cause.message));
    };
    if (file.errored) fail(file.errored);
    file.pipe(this);
    file.once("error", fail);
    incoming.once("close", () => {
      if (!incoming.complete)
        this.destroy(new ApiError("RequestTimeout", 400, "The connection ended before the form did."));
    });
  }

  trailers(): Readonly<Record<string, string>> {
    return {};
  }

  override _transform(part: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += part.length;
    if (this.#size > this.#range.most)
      done(
        new ApiError("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size", {
          fields: { MaxSizeAllowed: this.#range.most },
        }),
      );
    else done(null, part);
  }

  override _flush(done: TransformCallback): void {
    if (this.#size >= this.#range.least) done();
    else
      done(
        new ApiError("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size", {
          fields: { ProposedSize: this.#size, MinSizeAllowed: this.#range.least },
        }),
      );
  }
}

/** success_action_redirect, success_action_status, or 204. */
function finishUpload(
  answer: Answer,
  fields: Readonly<Record<string, string>>,
  at: { readonly bucket: string; readonly key: string; readonly origin: string },
): Answer {
  const etag = answer.headers["ETag"] ?? "";
  const location = `${at.origin}/${at.bucket}/${at.key.split("/").map(encode).join("/")}`;
  const headers = { ...answer.headers, Location: location };
  const redirect = redirectTarget(fields["success_action_redirect"] ?? fields["redirect"]);
  if (redirect !== undefined) {
    for (const [name, value] of Object.entries({ bucket: at.bucket, key: at.key, etag }))
      redirect.searchParams.set(name, value);
    return { status: 303, headers: { ...headers, Location: redirect.href }, body: undefined };
  }
  const status = fields["success_action_status"];
  if (status === "200") return { status: 200, headers, body: undefined };
  if (status !== "201") return { status: 204, headers, body: undefined };
  const parts = { Location: location, Bucket: at.bucket, Key: at.key, ETag: etag };
  const inner = Object.entries(parts).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return {
    status: 201,
    headers: { ...headers, "Content-Type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${inner.join("")}</PostResponse>`,
  };
}

/** An address that is none is ignored, as S3 does. */
function redirectTarget(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}
