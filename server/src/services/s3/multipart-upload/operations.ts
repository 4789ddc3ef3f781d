// Multipart uploads: begin, add parts, complete without copying bytes, abort. Follows the S3 user guide,
// "Uploading and copying objects using multipart upload".
// Gap: a completion asked for again is answered as the first time while the object is the current one, then NoSuchUpload.
// Gap: parts of a completed upload are numbered 1, 2, 3 … by GetObjectAttributes and PartNumber, whatever their numbers.
import type {
  AbortMultipartUploadOutput,
  AbortMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  ListPartsOutput,
  ListPartsRequest,
  Operations as S3Contract,
  StorageClass,
} from "../../../../../contract/s3/types.ts";
import type { Operation, Operations } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { ownerOf } from "../shared/acl.ts";
import { newKeys } from "../shared/body-keys.ts";
import { findBucket, retryConflicts, whileBucketStays } from "../shared/buckets.ts";
import { together } from "../shared/changes.ts";
import { allowsType, checksumAlgorithms, checksumMember, defaultType } from "../shared/checksums.ts";
import { wholeSeconds } from "../shared/conditions.ts";
import { encryptionAnswer, faceOf } from "../shared/face.ts";
import { shown } from "../shared/hidden-checksums.ts";
import type { S3Context, UploadDocument } from "../shared/model.ts";
import { newUploadId } from "../shared/names.ts";
import { writePermissions } from "../shared/writing.ts";
import { completeMultipartUpload } from "./complete.ts";
import { uploadPart, uploadPartCopy } from "./parts.ts";
import { endUpload, findUpload, MOST_PARTS, partName, scanParts, uploadAction, uploadKey } from "./uploads.ts";

export const multipartOperations = (context: S3Context) =>
  ({
    AbortMultipartUpload: abortMultipartUpload(context),
    CompleteMultipartUpload: completeMultipartUpload(context),
    CreateMultipartUpload: createMultipartUpload(context),
    ListParts: listParts(context),
    UploadPart: uploadPart(context),
    UploadPartCopy: uploadPartCopy(context),
  }) satisfies Operations<S3Contract>;

const createMultipartUpload = (
  context: S3Context,
): Operation<CreateMultipartUploadRequest, CreateMultipartUploadOutput> => ({
  permissions: async (input) => writePermissions(await findBucket(context, input), input),
  run: async (input, call) => {
    // Nobody could be told from others when the upload goes on.
    if (call.principal.kind === "anonymous")
      throw s3Errors.accessDenied("Anonymous users cannot initiate multipart uploads. Please authenticate.");
    const now = context.clock.now();
    const checksum = checksumOf(input);
    const UploadId = newUploadId(now);
    const { bucket, document } = await retryConflicts(async () => {
      const bucket = await findBucket(context, input);
      const asked = faceOf(input, bucket, { now, call });
      const { face } = await newKeys(context, call, { bucket, key: input.Key }, { face: asked, input });
      const document: UploadDocument = {
        startedAt: now,
        owner: asked.owner,
        initiator: call.principal.arn,
        face,
        ...(checksum === undefined ? {} : { checksum }),
      };
      const row = { status: "", createdAt: now, modifiedAt: now, document };
      await context.rows.commit(
        together([whileBucketStays(bucket), { put: [{ ...uploadKey(bucket, input.Key, UploadId), ...row }] }]),
      );
      return { bucket, document };
    });
    return {
      Bucket: bucket.name,
      Key: input.Key,
      UploadId,
      ChecksumAlgorithm: checksum?.algorithm,
      ChecksumType: checksum?.type,
      ...encryptionAnswer(document.face, input),
    };
  },
});

/** @throws ApiError InvalidRequest when type and algorithm do not go together */
function checksumOf(input: CreateMultipartUploadRequest): UploadDocument["checksum"] {
  const { ChecksumAlgorithm: algorithm, ChecksumType: type } = input;
  if (algorithm === undefined) {
    if (type === undefined) return undefined;
    throw s3Errors.invalidRequest(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    );
  }
  if (!checksumAlgorithms.includes(algorithm))
    throw s3Errors.invalidRequest(
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    );
  if (type !== undefined && type !== "COMPOSITE" && type !== "FULL_OBJECT")
    throw s3Errors.invalidRequest("Value for x-amz-checksum-type header is invalid.");
  if (type !== undefined && !allowsType(algorithm, type))
    throw s3Errors.invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  return { algorithm, type: type ?? defaultType(algorithm) };
}

const abortMultipartUpload = (
  context: S3Context,
): Operation<AbortMultipartUploadRequest, AbortMultipartUploadOutput> => ({
  permissions: uploadAction(context, "AbortMultipartUpload"),
  run: async (input) => {
    const bucket = await findBucket(context, input);
    await retryConflicts(async () => {
      const upload = await findUpload(context, bucket, input);
      const parts = await scanParts(context, bucket, input.UploadId, { limit: MOST_PARTS });
      await context.rows.commit(endUpload(context, upload, parts, () => false));
    });
    return {};
  },
});

/** Parts in one answer (API reference). */
const MOST_LISTED = 1000;

const listParts = (context: S3Context): Operation<ListPartsRequest, ListPartsOutput> => ({
  permissions: uploadAction(context, "ListMultipartUploadParts"),
  run: async (input) => {
    const bucket = await findBucket(context, input);
    const { document: upload } = await findUpload(context, bucket, input);
    const most = Math.min(input.MaxParts ?? MOST_LISTED, MOST_LISTED);
    const marker = Number(input.PartNumberMarker ?? 0);
    const rows = await scanParts(context, bucket, input.UploadId, { after: partName(marker), limit: most + 1 });
    const page = rows.slice(0, most);
    return {
      Bucket: bucket.name,
      Key: input.Key,
      UploadId: input.UploadId,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.document.number ?? 0,
      MaxParts: most,
      IsTruncated: rows.length > page.length,
      StorageClass: upload.face.storageClass as StorageClass,
      Owner: ownerOf(upload.owner),
      Initiator: { ID: upload.initiator },
      ChecksumAlgorithm: upload.checksum?.algorithm,
      ChecksumType: upload.checksum?.type,
      Parts: page.map(({ document: part }) => ({
        PartNumber: part.number,
        LastModified: wholeSeconds(part.modifiedAt),
        ETag: `"${part.md5}"`,
        Size: part.sizeBytes,
        ...(upload.checksum === undefined
          ? {}
          : { [checksumMember(part.checksum.algorithm)]: shown(context, part.checksum).value }),
      })),
    };
  },
});
