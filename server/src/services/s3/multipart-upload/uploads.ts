// Uploads and their parts as rows.
import type { Change, Row, RowKey } from "../../../store/rows/rows.ts";
import { s3Errors } from "../errors.ts";
import { onObject } from "../shared/access.ts";
import { findBucket, type OfBucket } from "../shared/buckets.ts";
import { together } from "../shared/changes.ts";
import { type Bucket, kinds, type S3Context, type StoredPart, type UploadDocument } from "../shared/model.ts";
import { nameUnderKey } from "../shared/names.ts";
import { encryptionConditions } from "../shared/writing.ts";

/** Parts of one upload (S3 user guide, "Amazon S3 multipart upload limits"). */
export const MOST_PARTS = 10_000;

export interface OfUpload extends OfBucket {
  readonly Key: string;
  readonly UploadId: string;
}

export type UploadRow = Row<UploadDocument>;
export type PartRow = Row<StoredPart>;

export const uploadKey = (bucket: Bucket, key: string, uploadId: string): RowKey => ({
  kind: kinds.upload,
  scope: bucket.name,
  name: nameUnderKey(key, uploadId),
});

const partScope = (bucket: Bucket, uploadId: string): string => `${bucket.name}/${uploadId}`;

export const partName = (number: number): string => String(number).padStart(5, "0");

export const partKey = (bucket: Bucket, uploadId: string, number: number): RowKey => ({
  kind: kinds.part,
  scope: partScope(bucket, uploadId),
  name: partName(number),
});

async function lookForUpload(context: S3Context, bucket: Bucket, input: OfUpload): Promise<UploadRow | undefined> {
  return /^[0-9a-v]{1,64}$/.test(input.UploadId)
    ? context.rows.get<UploadDocument>(uploadKey(bucket, input.Key, input.UploadId))
    : undefined;
}

/** @throws ApiError NoSuchUpload */
export async function findUpload(context: S3Context, bucket: Bucket, input: OfUpload): Promise<UploadRow> {
  const row = await lookForUpload(context, bucket, input);
  if (row === undefined) throw s3Errors.noSuchUpload({ UploadId: input.UploadId });
  return row;
}

/** Parts of an upload in order, those with numbers above `after`. */
export const scanParts = (
  context: S3Context,
  bucket: Bucket,
  uploadId: string,
  range: { readonly after?: string; readonly limit: number },
): Promise<readonly PartRow[]> =>
  context.rows.scan<StoredPart>({ kind: kinds.part, scope: partScope(bucket, uploadId), ...range });

/** The row writes that end an upload: it, its parts, and the bytes of parts that no object keeps. */
export function endUpload(
  context: S3Context,
  upload: UploadRow,
  parts: readonly PartRow[],
  isKept: (part: StoredPart) => boolean,
): Change {
  return together([
    { expect: [{ key: upload, version: upload.version }], remove: [upload] },
    // A part that is being replaced right now makes the commit fail, and it is tried again with the new part.
    { expect: parts.map((part) => ({ key: part, version: part.version })), remove: parts },
    ...parts.flatMap(({ document }) =>
      document.blob === undefined || isKept(document) ? [] : [context.blobs.disowns(document.blob.id)],
    ),
  ]);
}

/** Whoever began an upload may look at it and end it (S3 user guide, "Multipart upload API and permissions"). */
export const uploadAction = (context: S3Context, action: string) => async (input: OfUpload) => {
  const bucket = await findBucket(context, input);
  const resourceGrants = async () => {
    const initiator = (await lookForUpload(context, bucket, input))?.document.initiator;
    return initiator === undefined ? undefined : allowing(initiator, action);
  };
  return [{ ...onObject(bucket, action, input.Key), resourceGrants }];
};

const allowing = (principal: string, action: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: principal }, Action: `s3:${action}`, Resource: "*" }],
  });

/** To write parts, or the whole of them: policies see the encryption that the upload began with. */
export const writeAction = (context: S3Context) => async (input: OfUpload) => {
  const bucket = await findBucket(context, input);
  const upload = await lookForUpload(context, bucket, input);
  return [onObject(bucket, "PutObject", input.Key, encryptionConditions(upload?.document.face.encryption ?? {}))];
};
