// The x-amz-copy-source header: `/bucket/key` or `bucket/key`, percent-encoded, with `?versionId=` behind.
import type { Call, Permission } from "../../../core/call.ts";
import { s3Errors } from "../errors.ts";
import { onObject } from "./access.ts";
import { findBucket } from "./buckets.ts";
import { checkCopySource } from "./conditions.ts";
import { mayDecrypt } from "./data-keys.ts";
import { checkCustomerKeyForRead } from "./face.ts";
import type { Bucket, ObjectDocument, S3Context } from "./model.ts";
import { readableVersion } from "./reading.ts";

export interface SourceInput {
  readonly CopySource: string;
  readonly ExpectedSourceBucketOwner?: string | undefined;
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: number | undefined;
  readonly CopySourceIfUnmodifiedSince?: number | undefined;
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerKey?: string | undefined;
  readonly CopySourceSSECustomerKeyMD5?: string | undefined;
}

export interface SourceName {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
}

/** @throws ApiError InvalidArgument */
export function parseCopySource(header: string): SourceName {
  const [path = "", ...query] = header.split("?versionId=");
  const VersionId = query.at(-1);
  const decoded = decode(query.length > 1 ? [path, ...query.slice(0, -1)].join("?versionId=") : path);
  const match = /^\/?([^/]+)\/(.+)$/s.exec(decoded);
  if (match === null)
    throw s3Errors.invalidArgument("Invalid copy source object key", {
      ArgumentName: "x-amz-copy-source",
      ArgumentValue: header,
    });
  const [, Bucket = "", Key = ""] = match;
  return { Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Clients that do not encode: a lone % is part of the key.
    return text;
  }
}

const sourceBucket = (context: S3Context, input: SourceInput, name: SourceName): Promise<Bucket> =>
  findBucket(context, { Bucket: name.Bucket, ExpectedBucketOwner: input.ExpectedSourceBucketOwner });

export async function sourcePermissions(context: S3Context, input: SourceInput): Promise<readonly Permission[]> {
  const name = parseCopySource(input.CopySource);
  const bucket = await sourceBucket(context, input, name);
  const action = name.VersionId === undefined ? "GetObject" : "GetObjectVersion";
  return [onObject(bucket, action, name.Key, { VersionId: name.VersionId })];
}

/** The version to be copied, its conditions checked. @throws ApiError NoSuchKey, PreconditionFailed … */
export async function findSource(
  context: S3Context,
  input: SourceInput,
  call: Call,
): Promise<{ readonly bucket: Bucket; readonly name: SourceName; readonly document: ObjectDocument }> {
  const name = parseCopySource(input.CopySource);
  const bucket = await sourceBucket(context, input, name);
  const { document } = await readableVersion(context, bucket, name, call);
  checkCustomerKeyForRead(
    {
      SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
      SSECustomerKey: input.CopySourceSSECustomerKey,
      SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5,
    },
    document,
  );
  checkCopySource(input, document);
  await mayDecrypt(context, call, { bucket, key: name.Key }, document);
  return { bucket, name, document };
}
