// Keys of KMS that objects are written under: they have to be there, enabled, and open to whoever writes or reads.
// Source: S3 user guide, "Using server-side encryption with AWS KMS keys" (permissions, encryption context).
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { KeyUse } from "../../../core/ports.ts";
import { bucketArn } from "./access.ts";
import type { Bucket, KeptEncryption, ObjectDocument, S3Context } from "./model.ts";

interface Place {
  readonly bucket: Bucket;
  readonly key: string;
}

/** What is written, with the ARN of its key in place of the name that was given. @throws ApiError KMS.…, AccessDenied */
export async function underKey<Face extends { readonly encryption: KeptEncryption }>(
  context: S3Context,
  call: Call,
  place: Place,
  face: Face,
): Promise<Face> {
  const { encryption } = face;
  if (encryption.SSEKMSKeyId === undefined) return face;
  const SSEKMSKeyId = await usable(context, call, place, { encryption, operation: "GenerateDataKey" });
  return { ...face, encryption: { ...encryption, SSEKMSKeyId } };
}

/** To be called before bytes of an object are read. @throws ApiError KMS.…, AccessDenied */
export async function mayDecrypt(
  context: S3Context,
  call: Call,
  place: Place,
  { encryption }: Pick<ObjectDocument, "encryption">,
): Promise<void> {
  // What is no ARN was recorded before keys were looked at.
  if (encryption.SSEKMSKeyId?.startsWith("arn:"))
    await usable(context, call, place, { encryption, operation: "Decrypt" });
}

async function usable(
  context: S3Context,
  call: Call,
  { bucket, key }: Place,
  { encryption, operation }: { readonly encryption: KeptEncryption; readonly operation: KeyUse["operation"] },
): Promise<string> {
  const { region } = bucket;
  // A bucket key serves all objects of its bucket, and its context names no object.
  const arn = encryption.BucketKeyEnabled ? bucketArn(bucket.name) : `${bucketArn(bucket.name)}/${key}`;
  const use = { operation, encryptionContext: { "aws:s3:arn": arn }, viaService: `s3.${region}.amazonaws.com` };
  try {
    return await context.keys.usable({ ...call, region }, encryption.SSEKMSKeyId ?? "", use);
  } catch (cause) {
    throw cause instanceof ApiError ? inWordsOfS3(cause) : cause;
  }
}

/** Errors of KMS have its name before their own. */
const inWordsOfS3 = (error: ApiError): ApiError =>
  error.code.startsWith("AccessDenied") ? error : new ApiError(`KMS.${error.code}`, error.status, error.message);
