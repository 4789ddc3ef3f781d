// Removal of a bucket: it is marked first, so that no write that is under way can put something into it afterwards.

import { s3Errors } from "../errors.ts";
import { bucketKey, DELETING, findBucket, type OfBucket, retryConflicts } from "../shared/buckets.ts";
import { together } from "../shared/changes.ts";
import type { BucketDocument } from "../shared/model.ts";
import { type Bucket, kinds, type S3Context, type StoredPart } from "../shared/model.ts";
import { splitUnderKey } from "../shared/names.ts";

async function checkEmpty(context: S3Context, bucket: Bucket): Promise<void> {
  const scope = bucket.name;
  const [objects, versions] = await Promise.all([
    context.rows.scan({ kind: kinds.object, scope, limit: 1 }),
    context.rows.scan({ kind: kinds.version, scope, limit: 1 }),
  ]);
  if (versions.length > 0)
    throw s3Errors.bucketNotEmpty(
      "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
      { BucketName: bucket.name },
    );
  if (objects.length > 0)
    throw s3Errors.bucketNotEmpty("The bucket you tried to delete is not empty", { BucketName: bucket.name });
}

/** @throws ApiError NoSuchBucket, BucketNotEmpty */
export async function removeBucket(context: S3Context, input: OfBucket): Promise<void> {
  const key = bucketKey(input.Bucket);
  const bucket = await retryConflicts(async () => {
    const found = await findBucket(context, input);
    await checkEmpty(context, found);
    const { version, ...write } = found.row;
    await context.rows.commit({ expect: [{ key, version }], put: [{ ...write, status: DELETING }] });
    return found;
  });
  try {
    await checkEmpty(context, bucket);
  } catch (error) {
    const { version: _, ...write } = bucket.row;
    await context.rows.commit({ put: [write] });
    throw error;
  }
  await removeUploads(context, bucket);
  await context.rows.commit({ remove: [key], events: [{ ...key, type: "deleted" }] });
}

/** Sweeps what a server that stopped in the middle of a removal has left marked. */
export async function finishRemovals(context: S3Context): Promise<void> {
  for await (const row of context.rows.everywhere<BucketDocument>(kinds.bucket, [""])) {
    const { version: _, ...write } = row;
    await context.rows.commit({ put: [{ ...write, status: "" }] });
  }
}

const UPLOADS_AT_ONCE = 100;
const MOST_PARTS = 10_000;

async function removeUploads(context: S3Context, bucket: Bucket): Promise<void> {
  for (;;) {
    const uploads = await context.rows.scan({ kind: kinds.upload, scope: bucket.name, limit: UPLOADS_AT_ONCE });
    for (const upload of uploads) {
      const scope = `${bucket.name}/${splitUnderKey(upload.name).id}`;
      const parts = await context.rows.scan<StoredPart>({ kind: kinds.part, scope, limit: MOST_PARTS });
      await context.rows.commit(
        together([
          { remove: [upload, ...parts] },
          ...parts.flatMap(({ document }) =>
            document.blob === undefined ? [] : [context.blobs.disowns(document.blob.id)],
          ),
        ]),
      );
    }
    if (uploads.length < UPLOADS_AT_ONCE) return;
  }
}
