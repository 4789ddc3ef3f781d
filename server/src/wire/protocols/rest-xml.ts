// REST with XML bodies, which is S3. Smithy: restXml, and S3's own documents where they differ.
import { Readable } from "node:stream";
import type { Member, ServiceModel, StructureShape } from "../../../../contract/model.ts";
import { ApiError, errors } from "../../core/errors.ts";
import { shapeOf } from "../compile.ts";
import type { Answer, Codec, CodecOperation, Source } from "./codec.ts";
import { errorNames } from "./error-names.ts";
import { EVENT_STREAM_TYPE, type EventPayloads, eventStream } from "./event-stream.ts";
import { bindingReader, bindingWriter } from "./rest-bindings.ts";
import { malformed, parseXml, xmlReaders } from "./xml-read.ts";
import { escapeText, escapeXml, type XmlWriters, xmlWriters } from "./xml-write.ts";

type Values = Record<string, unknown>;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Names of S3's answer documents that are not the operation's name with `Result`. Amazon S3 API Reference. */
const roots: Readonly<Record<string, string>> = {
  CreateMultipartUpload: "InitiateMultipartUploadResult",
  DeleteObjects: "DeleteResult",
  GetBucketAccelerateConfiguration: "AccelerateConfiguration",
  GetBucketAcl: "AccessControlPolicy",
  GetBucketCors: "CORSConfiguration",
  GetBucketLifecycleConfiguration: "LifecycleConfiguration",
  GetBucketNotificationConfiguration: "NotificationConfiguration",
  GetBucketRequestPayment: "RequestPaymentConfiguration",
  GetBucketTagging: "Tagging",
  GetBucketVersioning: "VersioningConfiguration",
  GetBucketWebsite: "WebsiteConfiguration",
  GetObjectAcl: "AccessControlPolicy",
  GetObjectAttributes: "GetObjectAttributesResponse",
  GetObjectTagging: "Tagging",
  ListBuckets: "ListAllMyBucketsResult",
  ListObjectVersions: "ListVersionsResult",
  ListObjects: "ListBucketResult",
  ListObjectsV2: "ListBucketResult",
};

export function restXmlCodec(model: ServiceModel): Codec {
  const readers = xmlReaders(model);
  const writers = xmlWriters(model, { listMember: "member", timestamp: "iso8601" });
  const eventPayloads = eventPayloadsOf(writers);
  const names = errorNames(model);
  const namespace = model.xmlNamespace === undefined ? "" : ` xmlns="${model.xmlNamespace}"`;
  const bindings = bindingsOf(model);
  return {
    decode(operation, source) {
      const name = operation.model.input;
      const shape = operation.input;
      if (name === undefined || shape === undefined) return {};
      const input: Values = readBody(shape, name, source.body);
      bindings(name, shape).read(source, input);
      checkLocated(operation.name, shape, input);
      return input;
    },
    encode(operation, output, requestId) {
      const name = operation.model.output;
      const shape = operation.output;
      const headers = requestHeaders(requestId);
      if (name === undefined || shape === undefined)
        return { status: operation.model.status ?? 200, headers, body: undefined };
      const body = writeBody(operation, name, shape, output as Values, headers);
      // The one answer without a body that S3 gives a type.
      if (operation.name === "HeadBucket") headers["Content-Type"] = "application/xml";
      const status = bindings(name, shape).write(output as Values, headers);
      return { status: status ?? operation.model.status ?? 200, headers, body };
    },
    encodeError(error, { requestId, resource }) {
      const { code } = names(error);
      const fields = { Resource: resource, ...error.fields, RequestId: requestId, HostId: hostId(requestId) };
      const more = Object.entries(fields)
        .map(([name, value]) => `<${name}>${escapeText(String(value))}</${name}>`)
        .join("");
      return {
        status: error.status,
        headers: { ...requestHeaders(requestId), "Content-Type": "application/xml", ...error.headers },
        body: `${DECLARATION}<Error><Code>${escapeText(code)}</Code><Message>${escapeText(error.message)}</Message>${more}</Error>`,
      };
    },
  };

  function readBody(shape: StructureShape, name: string, body: Source["body"]): Values {
    if (shape.payload !== undefined) {
      const member = shape.members[shape.payload];
      const value = member === undefined ? undefined : readPayload(member, body);
      checkPayload(shape, value);
      return value === undefined ? {} : { [shape.payload]: value };
    }
    const inBody = Object.values(shape.members).some((member) => member.location === undefined);
    if (!inBody || !Buffer.isBuffer(body) || body.length === 0) return {};
    return readers(name)(parseXml(body).node) as Values;
  }

  function readPayload(member: Member, body: Source["body"]): unknown {
    if (!Buffer.isBuffer(body)) return body;
    const { type } = shapeOf(model, member.shape);
    if (type === "blob") return body;
    if (body.length === 0) return undefined;
    if (type === "string") return body.toString("utf8");
    const { root, node } = parseXml(body);
    // Clients of S3 have sent both the model's name and the older one of a root; a wrong document has neither's members.
    if (root.toLowerCase() === "error") throw malformed();
    return readers(member.shape)(node);
  }

  function writeBody(
    operation: CodecOperation,
    name: string,
    shape: StructureShape,
    output: Values,
    headers: Record<string, string>,
  ): Answer["body"] {
    const payload = shape.payload;
    const member = payload === undefined ? undefined : shape.members[payload];
    if (payload !== undefined && member !== undefined) {
      const value = output[payload];
      if (value === undefined || value === null) return undefined;
      if (value instanceof Readable || value instanceof Uint8Array || typeof value === "string") return value;
      const events = eventStream(model, member.shape, value, eventPayloads);
      if (events !== undefined) {
        headers["Content-Type"] = EVENT_STREAM_TYPE;
        return events;
      }
      headers["Content-Type"] = "application/xml";
      return DECLARATION + writers.element(member.shape, value, member.locationName ?? member.shape, namespace);
    }
    if (operation.name === "GetBucketLocation") {
      headers["Content-Type"] = "application/xml";
      return `${DECLARATION}<LocationConstraint${namespace}>${escapeXml(String(output["LocationConstraint"] ?? ""))}</LocationConstraint>`;
    }
    if (!Object.values(shape.members).some((one) => one.location === undefined)) return undefined;
    headers["Content-Type"] = "application/xml";
    const root = roots[operation.name] ?? `${operation.name}Result`;
    return `${DECLARATION}<${root}${namespace}>${writers.members(name, output)}</${root}>`;
  }
}

/** Readers and writers of what is outside the body, made once for a structure. */
function bindingsOf(model: ServiceModel) {
  const cache = new Map<
    string,
    { readonly read: ReturnType<typeof bindingReader>; readonly write: ReturnType<typeof bindingWriter> }
  >();
  return (name: string, shape: StructureShape) => {
    const known = cache.get(name) ?? { read: bindingReader(model, shape), write: bindingWriter(model, shape) };
    cache.set(name, known);
    return known;
  };
}

const eventPayloadsOf = (writers: XmlWriters): EventPayloads => ({
  contentType: "text/xml",
  write: (shape, value) => DECLARATION + writers.element(shape, value, shape, ""),
});

/**
 * A header may be there without a value, and a signed form has its key in a field that nobody reads.
 * @throws ApiError Validation naming what is missing outside the body
 */
function checkLocated(operation: string, shape: StructureShape, input: Values): void {
  for (const name of shape.required ?? []) {
    const member = shape.members[name];
    if (input[name] === undefined && member?.location !== undefined)
      throw errors.validation(`${operation} needs a value for ${member.locationName ?? name}.`);
  }
}

function checkPayload(shape: StructureShape, value: unknown): void {
  if (value === undefined && shape.payload !== undefined && shape.required?.includes(shape.payload))
    throw new ApiError("MissingRequestBodyError", 400, "Request Body is empty");
}

const requestHeaders = (requestId: string): Record<string, string> => ({
  "x-amz-request-id": requestId,
  "x-amz-id-2": hostId(requestId),
});

/** S3's second id says which host answered; ours follows from the first. */
export const hostId = (requestId: string): string => Buffer.from(requestId).toString("base64");
