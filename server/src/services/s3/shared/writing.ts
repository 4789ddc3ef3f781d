// Permissions of everything that writes an object.
import type { Permission } from "../../../core/call.ts";
import { aclAsked, type ConditionValues, onObject, tagsAsked } from "./access.ts";
import { asksForAcl } from "./acl.ts";
import type { FaceInput } from "./face.ts";
import { grantedPolicy } from "./grants.ts";
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
    ...aclAsked(input),
    ...encryptionConditions(input),
    "x-amz-storage-class": input.StorageClass,
    "x-amz-website-redirect-location": input.WebsiteRedirectLocation,
    "object-lock-mode": input.ObjectLockMode,
    "object-lock-legal-hold": input.ObjectLockLegalHoldStatus,
    "object-lock-retain-until-date": timeOf(input.ObjectLockRetainUntilDate),
    ...tagsAsked([...new URLSearchParams(input.Tagging ?? "")].map(([Key, Value]) => ({ Key, Value }))),
    ...more,
  };
  const actions = ["PutObject"];
  if (input.Tagging) actions.push("PutObjectTagging");
  if (input.ObjectLockMode !== undefined) actions.push("PutObjectRetention");
  if (input.ObjectLockLegalHoldStatus !== undefined) actions.push("PutObjectLegalHold");
  const needed = actions.map((action) => onObject(bucket, action, input.Key, conditions));
  return asksForAcl(input) ? [...needed, withAcl(bucket, input.Key, conditions)] : needed;
}

/** Who may write an object by the bucket's list may say with it who else may read it. */
function withAcl(bucket: Bucket, key: string, conditions: ConditionValues): Permission {
  const needed = onObject(bucket, "PutObjectAcl", key, conditions);
  const { acl } = bucket.settings;
  return acl === undefined
    ? needed
    : { ...needed, resourceGrants: () => Promise.resolve(grantedPolicy(bucket, acl, "writing")) };
}

const timeOf = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
