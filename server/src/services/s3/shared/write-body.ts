// Bytes of objects on their way in: through hashes, and sealed where their object is, into a blob, and checked before anything
// is committed.
import { createHmac, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { ChecksumAlgorithm } from "../../../../../contract/s3/types.ts";
import type { StreamedBody } from "../../../core/body.ts";
import { ApiError } from "../../../core/errors.ts";
import { SALT_BYTES, sealFrames } from "../../../core/sealed-frames.ts";
import { type Blob, NoSpace } from "../../../store/blobs/blobs.ts";
import { s3Errors } from "../errors.ts";
import { type BodyKeys, keyOf } from "./body-keys.ts";
import {
  type ChecksumMembers,
  checksumAlgorithms,
  checksumMember,
  digestBytes,
  type RunningChecksum,
} from "./checksums.ts";
import { hidden } from "./hidden-checksums.ts";
import type { S3Context, StoredBody } from "./model.ts";

/** Largest body of one PutObject or UploadPart: 5 GiB (S3 user guide, "Uploading objects"). */
export const LARGEST_BODY_BYTES = 5 * 2 ** 30;

/** What a caller said about the bytes that follow. */
export interface Announced extends ChecksumMembers {
  readonly ContentMD5?: string | undefined;
  readonly ChecksumAlgorithm?: ChecksumAlgorithm | undefined;
}

interface WrittenChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

export interface WrittenBody {
  /** Absent when there are no bytes. */
  readonly body?: StoredBody;
  readonly sizeBytes: number;
  /** 32 hexadecimal digits: the MD5, but of bytes sealed by a key of the caller's a value that says nothing of them. */
  readonly etag: string;
  readonly checksum: WrittenChecksum;
  /** As it is kept, which tells nothing of bytes that `etag` tells nothing of. */
  readonly keptChecksum: WrittenChecksum;
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
    /** Absent for bytes that are kept as they come. */
    readonly keys: BodyKeys | undefined;
    /** Number of the part that the bytes are, in a multipart upload. */
    readonly part?: number;
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

  const seal = request.keys && sealOf(request.keys, request.part);
  const source = seal ? sealFrames(seal.key, throughHashes()) : throughHashes();
  const blob = await storeBlob(context, source, request.signal);
  const checksum = { algorithm: expected.algorithm, value: seen.value };
  const hides = request.keys?.hidesMd5 === true;
  return {
    ...(blob === undefined ? {} : { body: seal ? { blob, salt: seal.salt } : { blob } }),
    sizeBytes: seen.sizeBytes,
    etag: seal && hides ? etagOf(seal.key, seen.md5) : seen.md5,
    checksum,
    keptChecksum: hides ? hidden(context, checksum) : checksum,
    checksumGiven: (expected.value ?? expected.trailer) !== undefined,
  };
}

/** A new key for these bytes alone. */
function sealOf(keys: BodyKeys, part: number | undefined) {
  const salt = randomBytes(SALT_BYTES).toString("base64");
  return { salt, key: keyOf(keys, salt, part) };
}

/** In place of an MD5, by which bytes that are few could be guessed (S3 API reference, "Object", ETag). */
const etagOf = (key: Uint8Array, md5: string): string =>
  createHmac("sha256", key).update(md5).digest("hex").slice(0, md5.length);

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
  body: StoredBody | undefined,
  commit: () => Promise<Result>,
): Promise<Result> {
  try {
    return await commit();
  } catch (error) {
    if (body !== undefined) await context.blobs.discard(body.blob);
    throw error;
  }
}
