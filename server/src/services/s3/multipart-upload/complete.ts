// CompleteMultipartUpload: the object takes over the parts' blobs in one commit.
import { createHash } from "node:crypto";
import type {
  CompletedPart,
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
} from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operation } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { partListKey } from "../shared/bodies.ts";
import { mayDecrypt } from "../shared/body-keys.ts";
import { findBucket, retryConflicts } from "../shared/buckets.ts";
import { together } from "../shared/changes.ts";
import {
  checksumAlgorithms,
  checksumMember,
  compositeChecksum,
  fullObjectChecksum,
  isCrc,
} from "../shared/checksums.ts";
import { checkWrite } from "../shared/conditions.ts";
import { customerKeyForPart, isGiven } from "../shared/customer-key.ts";
import { checksumAnswer, encryptionAnswer } from "../shared/face.ts";
import { hidden, shown } from "../shared/hidden-checksums.ts";
import type { Bucket, ObjectDocument, S3Context, StoredChecksum, StoredPart, UploadDocument } from "../shared/model.ts";
import { answeredVersion, currentObject, placeVersion } from "../shared/objects.ts";
import { telling } from "../shared/telling.ts";
import { endUpload, findUpload, MOST_PARTS, scanParts, writeAction } from "./uploads.ts";

/** Of every part but the last (S3 user guide, "Amazon S3 multipart upload limits"). */
const SMALLEST_PART_BYTES = 5 * 2 ** 20;

export const completeMultipartUpload = (
  context: S3Context,
): Operation<CompleteMultipartUploadRequest, CompleteMultipartUploadOutput> => ({
  permissions: writeAction(context),
  run: async (input, call) => {
    const bucket = await findBucket(context, input);
    const document =
      (await completedBefore(context, bucket, input)) ??
      (await retryConflicts(() => complete(context, bucket, input, call)));
    const key = input.Key.split("/").map(encodeURIComponent).join("/");
    return {
      Location: `${call.origin}/${bucket.name}/${key}`,
      Bucket: bucket.name,
      Key: input.Key,
      ETag: `"${document.etag}"`,
      VersionId: bucket.settings.versioning === "Enabled" ? answeredVersion(bucket, document) : undefined,
      ...checksumAnswer(context, document),
      ...encryptionAnswer(document, input),
    };
  },
});

/** A repeated request, whose first answer may have been lost, is answered as the first while the object is current. */
async function completedBefore(
  context: S3Context,
  bucket: Bucket,
  input: CompleteMultipartUploadRequest,
): Promise<ObjectDocument | undefined> {
  const current = (await currentObject(context, bucket, input.Key))?.document;
  const isOurs = current?.body !== undefined && "partList" in current.body && current.body.partList === input.UploadId;
  return isOurs ? current : undefined;
}

async function complete(context: S3Context, bucket: Bucket, input: CompleteMultipartUploadRequest, call: Call) {
  const upload = await findUpload(context, bucket, input);
  // A customer's key need not come with the end of an upload; one that comes has to be its key.
  if (isGiven(input)) customerKeyForPart(input, upload.document.face);
  await mayDecrypt(context, call, { bucket, key: input.Key }, upload.document.face);
  const rows = await scanParts(context, bucket, input.UploadId, { limit: MOST_PARTS });
  checkWrite(input, (await currentObject(context, bucket, input.Key))?.document);
  const parts = chosenParts(
    input,
    upload.document,
    rows.map(({ document }) => ({ ...document, checksum: shown(context, document.checksum) })),
  );
  const checksum = await wholeChecksum(context, upload.document, parts);
  checkWhole(input, upload.document, { parts, checksum });
  const md5 = createHash("md5");
  for (const part of parts) md5.update(Buffer.from(part.md5, "hex"));
  const kept = new Set(parts.map((part) => part.number));
  // One list of parts for each upload: its id says which upload made the object.
  const id = input.UploadId;
  const now = context.clock.now();
  const keptParts = rows.map(({ document }) => document).filter(({ number }) => kept.has(number));
  const list = { ...partListKey(bucket.name, id), status: "", createdAt: now, modifiedAt: now, document: keptParts };
  const { face } = upload.document;
  const hides = face.keySource !== undefined && face.keySource.from !== "master";
  return placeVersion(
    context,
    bucket,
    input.Key,
    {
      ...face,
      owner: upload.document.owner,
      sizeBytes: sizeOf(parts),
      etag: `${md5.digest("hex")}-${parts.length}`,
      body: { partList: id, parts: parts.length },
      checksum: checksum && hides ? hidden(context, checksum) : checksum,
    },
    {
      check: (current) => checkWrite(input, current),
      tells: telling(context, call, input.Key, "ObjectCreated:CompleteMultipartUpload"),
      also: () => together([{ put: [list] }, endUpload(context, upload, rows, (part) => kept.has(part.number))]),
    },
  );
}

const sizeOf = (parts: readonly StoredPart[]): number => parts.reduce((sum, part) => sum + part.sizeBytes, 0);

/** @throws ApiError MalformedXML, InvalidPartOrder, InvalidPart, EntityTooSmall, InvalidRequest */
function chosenParts(
  input: CompleteMultipartUploadRequest,
  upload: UploadDocument,
  stored: readonly StoredPart[],
): readonly StoredPart[] {
  const wanted = input.MultipartUpload?.Parts ?? [];
  if (wanted.length === 0) throw s3Errors.malformedXml({});
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  let before = 0;
  for (const { PartNumber = 0 } of wanted) {
    if (PartNumber <= before) throw s3Errors.invalidPartOrder({ UploadId: input.UploadId });
    before = PartNumber;
  }
  const chosen = wanted.map((part) => matchingPart(input, upload, part, byNumber.get(part.PartNumber ?? 0)));
  for (const part of chosen.slice(0, -1))
    if (part.sizeBytes < SMALLEST_PART_BYTES)
      throw s3Errors.entityTooSmall({
        ProposedSize: String(part.sizeBytes),
        MinSizeAllowed: String(SMALLEST_PART_BYTES),
        PartNumber: String(part.number),
        ETag: part.md5,
      });
  return chosen;
}

function matchingPart(
  input: CompleteMultipartUploadRequest,
  upload: UploadDocument,
  wanted: CompletedPart,
  stored: StoredPart | undefined,
): StoredPart {
  const etag = wanted.ETag?.replaceAll('"', "");
  const refused = s3Errors.invalidPart({
    UploadId: input.UploadId,
    PartNumber: String(wanted.PartNumber),
    ETag: etag,
  });
  if (stored === undefined || etag !== stored.md5) throw refused;
  const { algorithm, value } = stored.checksum;
  const given = wanted[checksumMember(algorithm)];
  if (given !== undefined && given !== value) throw refused;
  if (given === undefined && upload.checksum?.type === "COMPOSITE")
    throw s3Errors.invalidRequest(
      `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${wanted.PartNumber} in the request.`,
    );
  return stored;
}

async function wholeChecksum(
  context: S3Context,
  upload: UploadDocument,
  parts: readonly StoredPart[],
): Promise<StoredChecksum | undefined> {
  const values = parts.map((part) => ({ checksum: part.checksum.value, sizeBytes: part.sizeBytes }));
  if (upload.checksum?.type === "COMPOSITE") {
    const value = await compositeChecksum(
      context.checksums,
      upload.checksum.algorithm,
      values.map((part) => part.checksum),
    );
    return { ...upload.checksum, value: `${value}-${parts.length}` };
  }
  const algorithm = parts[0]?.checksum.algorithm;
  if (algorithm === undefined || !isCrc(algorithm) || parts.some((part) => part.checksum.algorithm !== algorithm))
    return undefined;
  return { algorithm, type: "FULL_OBJECT", value: fullObjectChecksum(algorithm, values) };
}

/** What the caller says about the whole has to hold. @throws ApiError BadDigest, InvalidRequest */
function checkWhole(
  input: CompleteMultipartUploadRequest,
  upload: UploadDocument,
  whole: { readonly parts: readonly StoredPart[]; readonly checksum: StoredChecksum | undefined },
): void {
  const type = input.ChecksumType;
  if (type !== undefined && upload.checksum !== undefined && type !== upload.checksum.type)
    throw s3Errors.invalidRequest(
      `The upload was created using the ${upload.checksum.type} checksum mode. The complete request must use the same checksum mode.`,
    );
  const sizeBytes = sizeOf(whole.parts);
  if (input.MpuObjectSize !== undefined && Number(input.MpuObjectSize) !== sizeBytes)
    throw s3Errors.invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${input.MpuObjectSize} does not match what was computed: ${sizeBytes}`,
    );
  const { checksum } = whole;
  for (const algorithm of checksumAlgorithms) {
    const given = input[checksumMember(algorithm)];
    if (given === undefined) continue;
    const plain = (text: string) => text.replace(/-\d+$/, "");
    if (checksum?.algorithm !== algorithm || plain(given) !== plain(checksum.value))
      throw s3Errors.badDigest(`The ${algorithm.toLowerCase()} you specified did not match the calculated checksum.`);
  }
}
