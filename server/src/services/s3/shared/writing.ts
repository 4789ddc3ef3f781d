// Permissions of everything that writes an object.
import type { Permission } from "../../../core/call.ts";
import { onObject } from "./access.ts";
import type { FaceInput } from "./face.ts";
import type { Bucket, KeptEncryption } from "./model.ts";

/** How an object is to be encrypted, as policies see it. */
export const encryptionConditions = (asked: KeptEncryption) => ({
  "x-amz-server-side-encryption": asked.ServerSideEncryption,
  "x-amz-server-side-encryption-aws-kms-key-id": asked.SSEKMSKeyId,
  "x-amz-server-side-encryption-customer-algorithm": asked.SSECustomerAlgorithm,
});

/** What writing an object with this face needs. */
export function writePermissions(
  bucket: Bucket,
  input: FaceInput,
  more: Readonly<Record<string, string>> = {},
): readonly Permission[] {
  const conditions = {
    "x-amz-acl": input.ACL,
    ...encryptionConditions(input),
    "x-amz-storage-class": input.StorageClass,
    "object-lock-mode": input.ObjectLockMode,
    "object-lock-legal-hold": input.ObjectLockLegalHoldStatus,
    ...requestTags(input.Tagging),
    ...more,
  };
  const actions = ["PutObject"];
  if (input.Tagging) actions.push("PutObjectTagging");
  if (input.ACL !== undefined) actions.push("PutObjectAcl");
  if (input.ObjectLockMode !== undefined) actions.push("PutObjectRetention");
  if (input.ObjectLockLegalHoldStatus !== undefined) actions.push("PutObjectLegalHold");
  return actions.map((action) => onObject(bucket, action, input.Key, conditions));
}

function requestTags(tagging: string | undefined): Record<string, string> {
  if (!tagging) return {};
  return Object.fromEntries(
    [...new URLSearchParams(tagging)].map(([key, value]) => [`RequestObjectTag/${key}`, value]),
  );
}
