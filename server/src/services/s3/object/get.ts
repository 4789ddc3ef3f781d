// GetObject and HeadObject: conditions, ranges and parts, overrides of headers.
import type { Readable } from "node:stream";
import type {
  GetObjectOutput,
  GetObjectRequest,
  HeadObjectOutput,
  HeadObjectRequest,
} from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operation } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { objectAction } from "../shared/access.ts";
import { type ByteRange, partsOf, readBody, readSmallBody } from "../shared/bodies.ts";
import { keysForRead, mayDecrypt } from "../shared/body-keys.ts";
import { findBucket } from "../shared/buckets.ts";
import { checkRead, parseRange } from "../shared/conditions.ts";
import { customerKeyForRead } from "../shared/customer-key.ts";
import { checksumAnswer, describe } from "../shared/face.ts";
import type { Bucket, ObjectDocument, S3Context, StoredPart } from "../shared/model.ts";
import { readableObject } from "../shared/reading.ts";

interface Reading {
  readonly bucket: Bucket;
  readonly document: ObjectDocument;
  /** Absent for the whole object. */
  readonly range: ByteRange | undefined;
  readonly answer: GetObjectOutput;
}

const status = (output: { readonly ContentRange?: string | undefined }): number | undefined =>
  output.ContentRange === undefined ? undefined : 206;

export const headObject = (context: S3Context): Operation<HeadObjectRequest, HeadObjectOutput> => ({
  permissions: objectAction(context, "GetObject", "GetObjectVersion"),
  status,
  run: async (input, call) => {
    const { bucket, document, answer } = await prepare(context, input, call);
    if (input.ChecksumMode === "ENABLED") await mayDecrypt(context, call, { bucket, key: input.Key }, document);
    return answer;
  },
});

export const getObject = (context: S3Context): Operation<GetObjectRequest, GetObjectOutput> => ({
  permissions: objectAction(context, "GetObject", "GetObjectVersion"),
  status,
  run: async (input, call) => {
    const { bucket, document, range, answer } = await prepare(context, input, call);
    const keys = await keysForRead(context, call, { bucket, key: input.Key }, { object: document, input });
    const { body: place, sizeBytes } = document;
    const from = { bucket, key: input.Key, place, sizeBytes, keys, range };
    // The wire takes bytes as well as streams; the model knows only streams.
    const small = (await readSmallBody(context, from)) as unknown as Readable | undefined;
    return { ...answer, Body: small ?? (await readBody(context, from)) };
  },
});

/** For writes only: a read needs no more than the key of SSE-C. */
const ENCRYPTION_HEADER = "x-amz-server-side-encryption";

async function prepare(context: S3Context, input: GetObjectRequest | HeadObjectRequest, call: Call): Promise<Reading> {
  if (input.Range !== undefined && input.PartNumber !== undefined)
    throw s3Errors.invalidRequest("Cannot specify both Range header and partNumber query parameter");
  if (call.headers[ENCRYPTION_HEADER] !== undefined)
    throw s3Errors.invalidArgument(`${ENCRYPTION_HEADER} header is not supported for this operation.`, {
      ArgumentName: ENCRYPTION_HEADER,
      ArgumentValue: call.headers[ENCRYPTION_HEADER],
    });
  const bucket = await findBucket(context, input);
  const { document } = await readableObject(context, bucket, input, call);
  customerKeyForRead(input, document);
  checkRead(input, document);
  const { range, partsCount, part } = await rangeOf(context, bucket, document, input);
  return {
    bucket,
    document,
    range,
    answer: {
      ...describe(document, bucket, input),
      PartsCount: partsCount,
      ContentLength: range === undefined ? document.sizeBytes : range.end - range.start + 1,
      ContentRange: range && `bytes ${range.start}-${range.end}/${document.sizeBytes}`,
      ...(input.ChecksumMode === "ENABLED" ? checksumOf(context, document, range, part) : {}),
      ...overrides(input),
    },
  };
}

/** That of the bytes which are read, where there is one: clients check it. */
function checksumOf(
  context: S3Context,
  document: ObjectDocument,
  range: ByteRange | undefined,
  part: StoredPart | undefined,
) {
  if (part !== undefined && document.checksum?.type === "COMPOSITE")
    return checksumAnswer(context, { checksum: { ...part.checksum, type: "COMPOSITE" } });
  const isWhole = range === undefined || range.end - range.start + 1 === document.sizeBytes;
  return isWhole ? checksumAnswer(context, document) : {};
}

interface Selection {
  readonly range: ByteRange | undefined;
  readonly partsCount?: number;
  /** The one asked for by number, of an object that was uploaded in parts. */
  readonly part?: StoredPart | undefined;
}

async function rangeOf(
  context: S3Context,
  bucket: Bucket,
  document: ObjectDocument,
  input: GetObjectRequest | HeadObjectRequest,
): Promise<Selection> {
  if (input.PartNumber !== undefined) return partRange(context, bucket, document, input.PartNumber);
  const range = parseRange(input.Range, document.sizeBytes);
  if (range === "unsatisfiable")
    throw s3Errors.invalidRange(
      { RangeRequested: input.Range, ActualObjectSize: String(document.sizeBytes) },
      { "content-range": `bytes */${document.sizeBytes}` },
    );
  return { range: range === "whole" ? undefined : range };
}

async function partRange(
  context: S3Context,
  bucket: Bucket,
  document: ObjectDocument,
  wanted: number,
): Promise<Selection> {
  const parts = await partsOf(context, bucket.name, document.body);
  const sizes = parts?.map((part) => part.sizeBytes) ?? [document.sizeBytes];
  const sizeBytes = sizes[wanted - 1];
  if (sizeBytes === undefined)
    throw s3Errors.invalidPartNumber({ PartNumberRequested: String(wanted), ActualPartCount: String(sizes.length) });
  const start = sizes.slice(0, wanted - 1).reduce((sum, size) => sum + size, 0);
  const count = parts === undefined ? {} : { partsCount: sizes.length, part: parts[wanted - 1] };
  return { range: sizeBytes === 0 ? undefined : { start, end: start + sizeBytes - 1 }, ...count };
}

/** Headers that a (presigned) address asks for in place of the object's own. */
function overrides(input: GetObjectRequest | HeadObjectRequest): Partial<GetObjectOutput> {
  const wanted = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: input.ResponseExpires === undefined ? undefined : new Date(input.ResponseExpires * 1000).toUTCString(),
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}
