// Buckets as rows: finding one, changing its settings.
import { type Change, Conflict, type RowKey } from "../../../store/rows/rows.ts";
import { s3Errors } from "../errors.ts";
import { BUCKET_SCOPE, type Bucket, type BucketDocument, type BucketSettings, kinds, type S3Context } from "./model.ts";

export const bucketKey = (name: string): RowKey => ({ kind: kinds.bucket, scope: BUCKET_SCOPE, name });

/** Status of a bucket from the moment its deletion has begun; for callers it is gone. */
export const DELETING = "Deleting";

/** What most inputs of S3 say about their bucket. */
export interface OfBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** @throws ApiError NoSuchBucket; AccessDenied when its owner is not the one expected */
export async function findBucket(context: S3Context, input: OfBucket): Promise<Bucket> {
  const row = await context.rows.get<BucketDocument>(bucketKey(input.Bucket));
  if (row === undefined || row.status === DELETING) throw s3Errors.noSuchBucket({ BucketName: input.Bucket });
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== row.document.owner)
    throw s3Errors.accessDenied("Access Denied");
  return { name: row.name, row, ...row.document };
}

/** A condition of a change: the bucket is still as it was read, above all not being deleted. */
export const whileBucketStays = (bucket: Bucket): Change => ({
  expect: [{ key: bucketKey(bucket.name), version: bucket.row.version }],
});

/** Changes settings; those set to undefined are taken away. */
export async function changeSettings(
  context: S3Context,
  input: OfBucket,
  change: (bucket: Bucket) => { readonly [Setting in keyof BucketSettings]?: BucketSettings[Setting] | undefined },
): Promise<void> {
  await retryConflicts(async () => {
    const bucket = await findBucket(context, input);
    const settings = { ...bucket.settings, ...change(bucket) };
    const { version, ...row } = bucket.row;
    await context.rows.commit({
      expect: [{ key: bucketKey(bucket.name), version }],
      put: [{ ...row, modifiedAt: context.clock.now(), document: { ...row.document, settings } }],
    });
  });
}

/** More than any honest race needs; beyond it the caller is told to try again. */
const MOST_ATTEMPTS = 50;

/**
 * Runs a read-and-commit again when another commit came between. `isOurs` tells whether reading again can help.
 * @throws ApiError OperationAborted; Conflict when it is not ours
 */
export async function retryConflicts<Result>(
  attempt: () => Promise<Result>,
  isOurs: (kind: string) => boolean = () => true,
): Promise<Result> {
  for (let tried = 0; tried < MOST_ATTEMPTS; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Conflict && isOurs(error.expectation.key.kind))) throw error;
    }
  }
  throw s3Errors.operationAborted({});
}
