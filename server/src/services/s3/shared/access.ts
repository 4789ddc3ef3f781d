// Which IAM action and ARN an operation needs, with the policy of its bucket.
// Actions per operation: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
import type { Call, Permission } from "../../../core/call.ts";
import { findBucket, type OfBucket } from "./buckets.ts";
import type { Bucket, S3Context } from "./model.ts";

type ConditionValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** Condition keys without the prefix `s3:`; those undefined are left out. */
function conditionKeys(values: ConditionValues): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) if (value !== undefined) keys[`s3:${key}`] = String(value);
  return keys;
}

function permission(bucket: Bucket, action: string, resource: string, values: ConditionValues): Permission {
  const conditions = conditionKeys(values);
  return {
    action: `s3:${action}`,
    resource,
    resourceAccount: bucket.owner,
    ...(Object.keys(conditions).length === 0 ? {} : { conditions }),
    ...(bucket.settings.policy === undefined ? {} : { resourcePolicy: bucket.settings.policy }),
  };
}

export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;

export const onBucket = (bucket: Bucket, action: string, values: ConditionValues = {}): Permission =>
  permission(bucket, action, bucketArn(bucket.name), values);

export const onObject = (bucket: Bucket, action: string, key: string, values: ConditionValues = {}): Permission =>
  permission(bucket, action, `${bucketArn(bucket.name)}/${key}`, values);

/** Permissions of an operation on a bucket as a whole. */
export const bucketAction =
  (context: S3Context, action: string) =>
  async (input: OfBucket): Promise<readonly Permission[]> => [onBucket(await findBucket(context, input), action)];

/** Permissions of an operation on one object; `versionAction` when a version is named. */
export const objectAction =
  (context: S3Context, action: string, versionAction = action) =>
  async (input: OfBucket & { readonly Key: string; readonly VersionId?: string | undefined }) => {
    const bucket = await findBucket(context, input);
    const named = input.VersionId === undefined ? action : versionAction;
    return [onObject(bucket, named, input.Key, { VersionId: input.VersionId })];
  };

/**
 * To be called before saying that a key does not exist: who may not list the bucket is told "denied" instead.
 * @throws ApiError AccessDenied
 */
export const mayKnowKeys = (call: Call, bucket: Bucket): Promise<void> =>
  call.authorize([onBucket(bucket, "ListBucket")]);
