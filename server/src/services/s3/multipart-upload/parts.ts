// UploadPart and UploadPartCopy: a part is a blob of its own; a part sent again replaces the one before.
import type {
  UploadPartCopyOutput,
  UploadPartCopyRequest,
  UploadPartOutput,
  UploadPartRequest,
} from "../../../../../contract/s3/types.ts";
import type { Operation } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { type ByteRange, readBody } from "../shared/bodies.ts";
import { keysForPart } from "../shared/body-keys.ts";
import { findBucket, retryConflicts } from "../shared/buckets.ts";
import { together } from "../shared/changes.ts";
import { checksumMember } from "../shared/checksums.ts";
import { parseRange, wholeSeconds } from "../shared/conditions.ts";
import { findSource, sourcePermissions } from "../shared/copy-source.ts";
import { encryptionAnswer } from "../shared/face.ts";
import type { Bucket, S3Context, StoredPart, UploadDocument } from "../shared/model.ts";
import { answeredVersion } from "../shared/objects.ts";
import { LARGEST_BODY_BYTES, orDiscard, type WrittenBody, writeBody } from "../shared/write-body.ts";
import { findUpload, MOST_PARTS, type OfUpload, partKey, writeAction } from "./uploads.ts";

type PartInput = OfUpload & { readonly PartNumber: number };

/** @throws ApiError InvalidArgument */
function checkPartNumber(number: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= MOST_PARTS) return;
  throw s3Errors.invalidArgument(`Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`, {
    ArgumentName: "partNumber",
    ArgumentValue: String(number),
  });
}

export const uploadPart = (context: S3Context): Operation<UploadPartRequest, UploadPartOutput> => ({
  permissions: writeAction(context),
  run: async (input, call) => {
    checkPartNumber(input.PartNumber);
    const bucket = await findBucket(context, input);
    const { document: upload } = await findUpload(context, bucket, input);
    const keys = await keysForPart(context, call, { bucket, key: input.Key }, { face: upload.face, input });
    const written = await writeBody(context, {
      body: input.Body,
      announced: input,
      headers: call.headers,
      fallback: upload.checksum?.algorithm ?? "CRC64NVME",
      signal: call.signal,
      keys,
      part: input.PartNumber,
    });
    await orDiscard(context, written.body, async () => {
      checkAlgorithm(upload, written);
      await keepPart(context, bucket, input, written);
    });
    const { algorithm, value } = written.checksum;
    return {
      ETag: `"${written.etag}"`,
      ...(written.checksumGiven || upload.checksum !== undefined ? { [checksumMember(algorithm)]: value } : {}),
      ...encryptionAnswer(upload.face, input),
    };
  },
});

function checkAlgorithm(upload: UploadDocument, written: WrittenBody): void {
  const expected = upload.checksum?.algorithm;
  if (expected === undefined || expected === written.checksum.algorithm) return;
  throw s3Errors.invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${written.checksum.algorithm.toLowerCase()}`,
  );
}

async function keepPart(
  context: S3Context,
  bucket: Bucket,
  input: PartInput,
  { body, sizeBytes, etag, keptChecksum: checksum }: WrittenBody,
): Promise<number> {
  const key = partKey(bucket, input.UploadId, input.PartNumber);
  const modifiedAt = context.clock.now();
  const part: StoredPart = {
    number: input.PartNumber,
    sizeBytes,
    md5: etag,
    checksum,
    modifiedAt,
    ...body,
  };
  await retryConflicts(async () => {
    const upload = await findUpload(context, bucket, input);
    const before = await context.rows.get<StoredPart>(key);
    const old = before?.document.blob;
    await context.rows.commit(
      together([
        { expect: [{ key: upload, version: "present" }] },
        { expect: [{ key, version: before?.version ?? "absent" }] },
        { put: [{ ...key, status: "", createdAt: modifiedAt, modifiedAt, document: part }] },
        body === undefined ? {} : context.blobs.owns(body.blob),
        old === undefined ? {} : context.blobs.disowns(old.id),
      ]),
    );
  });
  return modifiedAt;
}

export const uploadPartCopy = (context: S3Context): Operation<UploadPartCopyRequest, UploadPartCopyOutput> => ({
  permissions: async (input) => [...(await sourcePermissions(context, input)), ...(await writeAction(context)(input))],
  run: async (input, call) => {
    checkPartNumber(input.PartNumber);
    const bucket = await findBucket(context, input);
    const { document: upload } = await findUpload(context, bucket, input);
    const source = await findSource(context, input, call);
    const { body: place, sizeBytes } = source.document;
    const range = copyRange(input.CopySourceRange, sizeBytes);
    const keys = await keysForPart(context, call, { bucket, key: input.Key }, { face: upload.face, input });
    const written = await writeBody(context, {
      body: await readBody(context, {
        bucket: source.bucket,
        key: source.name.Key,
        place,
        sizeBytes,
        keys: source.keys,
        range,
      }),
      announced: {},
      headers: {},
      fallback: upload.checksum?.algorithm ?? "CRC64NVME",
      signal: call.signal,
      keys,
      part: input.PartNumber,
    });
    const modifiedAt = await orDiscard(context, written.body, () => keepPart(context, bucket, input, written));
    const { algorithm, value } = written.checksum;
    return {
      CopySourceVersionId: answeredVersion(source.bucket, source.document),
      CopyPartResult: {
        ETag: `"${written.etag}"`,
        LastModified: wholeSeconds(modifiedAt),
        ...(upload.checksum === undefined ? {} : { [checksumMember(algorithm)]: value }),
      },
      ...encryptionAnswer(upload.face, input),
    };
  },
});

/** Unlike Range, a range to be copied has to lie within the source. @throws ApiError InvalidArgument, InvalidRequest */
function copyRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  if (header === undefined) {
    if (sizeBytes <= LARGEST_BODY_BYTES) return undefined;
    throw s3Errors.invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${LARGEST_BODY_BYTES}`,
    );
  }
  const range = /^bytes=\d+-\d+$/.test(header) ? parseRange(header, sizeBytes) : "whole";
  const said = { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header };
  if (range === "whole")
    throw s3Errors.invalidArgument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      said,
    );
  if (range === "unsatisfiable" || Number(header.split("-").at(-1)) >= sizeBytes)
    throw s3Errors.invalidArgument(`Range specified is not valid for source object of size: ${sizeBytes}`, said);
  return range;
}
