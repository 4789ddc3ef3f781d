// The x-amz-copy-source header: `/bucket/key` or `bucket/key`, percent-encoded, with `?versionId=` behind.
import type { Call, Permission } from "../../../core/call.ts";
import { s3Errors } from "../errors.ts";
import { onVersion } from "./access.ts";
import { type BodyKeys, keysForRead } from "./body-keys.ts";
import { findBucket } from "./buckets.ts";
import { checkCopySource } from "./conditions.ts";
import { customerKeyForRead } from "./customer-key.ts";
import type { Bucket, ObjectDocument, S3Context } from "./model.ts";
import { readableObject } from "./reading.ts";

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
  return [await onVersion(context, bucket, action, name)];
}

/** What is to be copied, open to the caller. */
export interface CopiedObject {
  readonly bucket: Bucket;
  readonly name: SourceName;
  readonly document: ObjectDocument;
  readonly keys: BodyKeys | undefined;
}

/** The version to be copied, its conditions checked. @throws ApiError NoSuchKey, PreconditionFailed … */
export async function findSource(context: S3Context, input: SourceInput, call: Call): Promise<CopiedObject> {
  const name = parseCopySource(input.CopySource);
  const bucket = await sourceBucket(context, input, name);
  const { document } = await readableObject(context, bucket, name, call);
  const customer = {
    SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
    SSECustomerKey: input.CopySourceSSECustomerKey,
    SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5,
  };
  customerKeyForRead(customer, document);
  checkCopySource(input, document);
  const keys = await keysForRead(context, call, { bucket, key: name.Key }, { object: document, input: customer });
  return { bucket, name, document, keys };
}
