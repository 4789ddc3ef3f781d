// Bytes of objects: written through hashes into a blob, checked before anything is committed, read back by range.
import { Readable } from "node:stream";
import type { ChecksumAlgorithm } from "../../../../../contract/s3/types.ts";
import type { StreamedBody } from "../../../core/body.ts";
import { ApiError } from "../../../core/errors.ts";
import type { HeldPiece } from "../../../core/ports.ts";
import { type Blob, type HeldBlob, NoSpace } from "../../../store/blobs/blobs.ts";
import type { Change, RowKey } from "../../../store/rows/rows.ts";
import { s3Errors } from "../errors.ts";
import { together } from "./changes.ts";
import {
  type ChecksumMembers,
  checksumAlgorithms,
  checksumMember,
  digestBytes,
  type RunningChecksum,
} from "./checksums.ts";
import { type BodyPlace, type Bucket, kinds, type S3Context, type StoredPart } from "./model.ts";

/** Largest body of one PutObject or UploadPart: 5 GiB (S3 user guide, "Uploading objects"). */
export const LARGEST_BODY_BYTES = 5 * 2 ** 30;

/** What a caller said about the bytes that follow. */
export interface Announced extends ChecksumMembers {
  readonly ContentMD5?: string | undefined;
  readonly ChecksumAlgorithm?: ChecksumAlgorithm | undefined;
}

export interface WrittenBody {
  /** Absent when there are no bytes. */
  readonly blob?: Blob;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly md5: string;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  /** Whether the caller sent the checksum. */
  readonly checksumGiven: boolean;
}

interface Expected {
  readonly algorithm: ChecksumAlgorithm;
  readonly value?: string;
  /** The value comes behind the body. */
  readonly trailer?: string;
}

const headerOf = (algorithm: ChecksumAlgorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** Which checksum the body has to have. `fallback` is computed when the caller names none. */
function expectedChecksum(
  announced: Announced,
  headers: Readonly<Record<string, string>>,
  fallback: ChecksumAlgorithm,
): Expected {
  const given = checksumAlgorithms.filter((algorithm) => announced[checksumMember(algorithm)] !== undefined);
  const [algorithm] = given;
  if (given.length > 1)
    throw s3Errors.invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  const named = announced.ChecksumAlgorithm;
  if (named !== undefined && !checksumAlgorithms.includes(named))
    throw s3Errors.invalidRequest(
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    );
  if (algorithm !== undefined) {
    const value = announced[checksumMember(algorithm)] ?? "";
    if (Buffer.from(value, "base64").length !== digestBytes[algorithm])
      throw s3Errors.invalidRequest(`Value for ${headerOf(algorithm)} header is invalid.`);
    if (named !== undefined && named !== algorithm)
      throw s3Errors.invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
    return { algorithm, value };
  }
  const trailer = headers["x-amz-trailer"]?.trim().toLowerCase();
  const trailing = checksumAlgorithms.find((candidate) => headerOf(candidate) === trailer);
  if (trailing !== undefined) return { algorithm: trailing, trailer: headerOf(trailing) };
  if (trailer !== undefined)
    throw s3Errors.invalidRequest("The value specified in the x-amz-trailer header is not supported");
  if (named !== undefined && headers["x-amz-sdk-checksum-algorithm"] !== undefined)
    throw s3Errors.invalidRequest(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  return { algorithm: fallback };
}

/** MD5 as the caller gave it, in hexadecimal. @throws ApiError InvalidDigest */
function expectedMd5(announced: Announced): string | undefined {
  if (announced.ContentMD5 === undefined) return undefined;
  const bytes = Buffer.from(announced.ContentMD5, "base64");
  if (bytes.length !== digestBytes.MD5 || bytes.toString("base64") !== announced.ContentMD5)
    throw s3Errors.invalidDigest({ "Content-MD5": announced.ContentMD5 });
  return bytes.toString("hex");
}

const isStreamed = (body: Readable): body is StreamedBody => "trailers" in body;

/**
 * Writes a body into a blob that nobody owns yet. @throws ApiError BadDigest, InvalidDigest, InvalidRequest,
 * EntityTooLarge, and whatever the body fails with; nothing is left behind then
 */
export async function writeBody(
  context: S3Context,
  request: {
    readonly body: Readable | undefined;
    readonly announced: Announced;
    readonly headers: Readonly<Record<string, string>>;
    readonly fallback: ChecksumAlgorithm;
    readonly signal: AbortSignal;
  },
): Promise<WrittenBody> {
  const body = request.body ?? Readable.from([]);
  const expected = expectedChecksum(request.announced, request.headers, request.fallback);
  const expectedHex = expectedMd5(request.announced);
  if (isStreamed(body) && (body.lengthBytes ?? 0) > LARGEST_BODY_BYTES) throw tooLarge(body.lengthBytes ?? 0);
  const md5 = await context.checksums.start("MD5");
  const running: RunningChecksum =
    expected.algorithm === "MD5" ? md5 : await context.checksums.start(expected.algorithm);
  const seen = { sizeBytes: 0, md5: "", value: "" };

  async function* throughHashes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      seen.sizeBytes += chunk.length;
      if (seen.sizeBytes > LARGEST_BODY_BYTES) throw tooLarge(seen.sizeBytes);
      md5.update(chunk);
      if (running !== md5) running.update(chunk);
      yield chunk;
    }
    const md5Bytes = md5.digest();
    seen.md5 = md5Bytes.toString("hex");
    seen.value = (running === md5 ? md5Bytes : running.digest()).toString("base64");
    if (expectedHex !== undefined && expectedHex !== seen.md5)
      throw s3Errors.badDigest("The Content-MD5 you specified did not match what we received.", {
        ExpectedDigest: expectedHex,
        CalculatedDigest: md5Bytes.toString("base64"),
      });
    const value = expected.trailer === undefined ? expected.value : trailing(body, expected.trailer);
    if (value !== undefined && value !== seen.value)
      throw s3Errors.badDigest(`The ${expected.algorithm} you specified did not match the calculated checksum.`);
  }

  const blob = await storeBlob(context, throughHashes(), request.signal);
  return {
    ...(blob === undefined ? {} : { blob }),
    sizeBytes: seen.sizeBytes,
    md5: seen.md5,
    checksum: { algorithm: expected.algorithm, value: seen.value },
    checksumGiven: (expected.value ?? expected.trailer) !== undefined,
  };
}

function trailing(body: Readable, header: string): string {
  const value = isStreamed(body) ? body.trailers()[header] : undefined;
  if (value === undefined)
    throw new ApiError(
      "MalformedTrailerError",
      400,
      `The request announced the trailer ${header} and did not send it.`,
    );
  return value;
}

const tooLarge = (sizeBytes: number): ApiError =>
  s3Errors.entityTooLarge("Your proposed upload exceeds the maximum allowed object size.", {
    ProposedSize: String(sizeBytes),
    MaxSizeAllowed: String(LARGEST_BODY_BYTES),
  });

/** Undefined when the source has no bytes. */
async function storeBlob(
  context: S3Context,
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Blob | undefined> {
  try {
    const blob = await context.blobs.write(source, signal);
    if (blob.sizeBytes > 0) return blob;
    await context.blobs.discard(blob);
    return undefined;
  } catch (error) {
    if (error instanceof NoSpace) throw new ApiError("InsufficientStorage", 507, error.message);
    throw error;
  }
}

/** Runs a commit that owns the body's blob; discards the blob when it fails. */
export async function orDiscard<Result>(
  context: S3Context,
  blob: Blob | undefined,
  commit: () => Promise<Result>,
): Promise<Result> {
  try {
    return await commit();
  } catch (error) {
    if (blob !== undefined) await context.blobs.discard(blob);
    throw error;
  }
}

export const partListKey = (bucket: string, id: string): RowKey => ({ kind: kinds.partList, scope: bucket, name: id });

/** Parts of an object made by a multipart upload, in order; undefined for other objects. */
export async function partsOf(
  context: S3Context,
  bucket: string,
  place: BodyPlace | undefined,
): Promise<readonly StoredPart[] | undefined> {
  if (place === undefined || !("partList" in place)) return undefined;
  const row = await context.rows.get<readonly StoredPart[]>(partListKey(bucket, place.partList));
  return row?.document;
}

/** The row writes that hand an object's bytes to the collector. */
export async function dropBody(context: S3Context, bucket: string, place: BodyPlace | undefined): Promise<Change> {
  if (place === undefined) return {};
  if ("blob" in place) return context.blobs.disowns(place.blob.id);
  const parts = (await partsOf(context, bucket, place)) ?? [];
  return together([
    { remove: [partListKey(bucket, place.partList)] },
    ...parts.flatMap((part) => (part.blob === undefined ? [] : [context.blobs.disowns(part.blob.id)])),
  ]);
}

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

export interface BodySource {
  readonly bucket: Bucket;
  /** For the text of a failure. */
  readonly key?: string;
  readonly place: BodyPlace | undefined;
  readonly range?: ByteRange | undefined;
}

const nameOf = ({ bucket, key }: BodySource): string | undefined =>
  key === undefined ? undefined : `s3://${bucket.name}/${key}`;

/** The bytes of a small object at once; undefined for one that has to be streamed. @throws BlobCorrupt */
export async function readSmallBody(context: S3Context, from: BodySource): Promise<Buffer | undefined> {
  if (from.place === undefined) return Buffer.alloc(0);
  return "blob" in from.place ? context.blobs.readSmall(from.place.blob, from.range, nameOf(from)) : undefined;
}

/** An object's bytes. @throws ApiError NoSuchKey when it was deleted meanwhile, BlobCorrupt */
export async function readBody(context: S3Context, from: BodySource): Promise<Readable> {
  if (from.place === undefined) return Readable.from([]);
  const name = nameOf(from);
  if ("blob" in from.place) return context.blobs.read(from.place.blob, from.range, name);
  const parts = (await partsOf(context, from.bucket.name, from.place)) ?? [];
  return Readable.from(readParts(context, parts, from.range, name), { objectMode: false });
}

/** Where an object's bytes lie, held there until released. @throws BlobCorrupt */
export async function holdBody(
  context: S3Context,
  from: BodySource,
): Promise<{ readonly pieces: readonly HeldPiece[]; release(): void }> {
  const blobs = await blobsOf(context, from);
  const held: HeldBlob[] = [];
  const release = () => {
    for (const one of held) one.release();
  };
  try {
    for (const blob of blobs) held.push(await context.blobs.hold(blob, nameOf(from)));
  } catch (error) {
    release();
    throw error;
  }
  const pieces = held.map((one, index): HeldPiece => {
    if ("bytes" in one) return { bytes: one.bytes };
    const { sizeBytes = 0, checksum = "" } = blobs[index] ?? {};
    return { path: one.path, sizeBytes, checksum };
  });
  return { pieces, release };
}

async function blobsOf(context: S3Context, { bucket, place }: BodySource): Promise<readonly Blob[]> {
  if (place === undefined) return [];
  if ("blob" in place) return [place.blob];
  const parts = (await partsOf(context, bucket.name, place)) ?? [];
  return parts.flatMap(({ blob }) => blob ?? []);
}

async function* readParts(
  context: S3Context,
  parts: readonly StoredPart[],
  range: ByteRange | undefined,
  name: string | undefined,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const part of parts) {
    const start = Math.max(0, (range?.start ?? 0) - offset);
    const end = Math.min(part.sizeBytes - 1, (range?.end ?? Number.MAX_SAFE_INTEGER) - offset);
    offset += part.sizeBytes;
    if (part.blob === undefined || start > end) continue;
    const whole = start === 0 && end === part.sizeBytes - 1;
    const bytes = await context.blobs.read(part.blob, whole ? undefined : { start, end }, name);
    yield* bytes as AsyncIterable<Uint8Array>;
  }
}
