// Which IAM action and ARN an operation needs, with the policy of its bucket.
// Actions per operation: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
import type { Tag } from "../../../../../contract/s3/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { findBucket, type OfBucket } from "./buckets.ts";
import type { Bucket, S3Context } from "./model.ts";
import { bucketArn } from "./names.ts";
import { currentObject, findVersion } from "./objects.ts";

type ConditionValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Condition keys without the prefix `s3:`; those undefined are left out. */
function conditionKeys(values: ConditionValues): Record<string, string | readonly string[]> {
  const keys: Record<string, string | readonly string[]> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) keys[`s3:${key}`] = typeof value === "object" ? value : String(value);
  }
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

export const onBucket = (bucket: Bucket, action: string, values: ConditionValues = {}): Permission =>
  permission(bucket, action, bucketArn(bucket.name), values);

export const onObject = (bucket: Bucket, action: string, key: string, values: ConditionValues = {}): Permission =>
  permission(bucket, action, `${bucketArn(bucket.name)}/${key}`, values);

/** Permissions of an operation on a bucket as a whole; `asked`: condition keys that the request fills. */
export const bucketAction =
  <Input extends OfBucket>(context: S3Context, action: string, asked: (input: Input) => ConditionValues = none) =>
  async (input: Input): Promise<readonly Permission[]> => [
    onBucket(await findBucket(context, input), action, asked(input)),
  ];

type OfObject = OfBucket & { readonly Key: string; readonly VersionId?: string | undefined };

/** Permissions of an operation on one object; `versionAction` when a version is named. */
export const objectAction =
  <Input extends OfObject>(
    context: S3Context,
    action: string,
    versionAction = action,
    asked: (input: Input) => ConditionValues = none,
  ) =>
  async (input: Input): Promise<readonly Permission[]> => {
    const bucket = await findBucket(context, input);
    const named = input.VersionId === undefined ? action : versionAction;
    const needed = onObject(bucket, named, input.Key, { VersionId: input.VersionId, ...asked(input) });
    return [{ ...needed, resourceTags: () => objectTags(context, bucket, input.Key, input.VersionId) }];
  };

const none = (): ConditionValues => ({});

/** Condition keys of tags that a request brings. */
export const tagsAsked = (tags: readonly Tag[]): ConditionValues =>
  tags.length === 0
    ? {}
    : {
        ...Object.fromEntries(tags.map(({ Key, Value }) => [`RequestObjectTag/${Key}`, Value])),
        RequestObjectTagKeys: tags.map(({ Key = "" }) => Key),
      };

/** Condition keys of the access control list that a request brings. */
export const aclAsked = (input: {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWrite?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
}): ConditionValues => ({
  "x-amz-acl": input.ACL,
  "x-amz-grant-full-control": input.GrantFullControl,
  "x-amz-grant-read": input.GrantRead,
  "x-amz-grant-read-acp": input.GrantReadACP,
  "x-amz-grant-write": input.GrantWrite,
  "x-amz-grant-write-acp": input.GrantWriteACP,
});

/** For s3:ExistingObjectTag/…; an object that is not there has no tags. */
async function objectTags(context: S3Context, bucket: Bucket, key: string, versionId: string | undefined) {
  const row = await (versionId === undefined
    ? currentObject(context, bucket, key)
    : findVersion(context, bucket, key, versionId));
  return Object.fromEntries((row?.document.tags ?? []).map((tag) => [tag.Key, tag.Value]));
}

/**
 * To be called before saying that a key does not exist: who may not list the bucket is told "denied" instead.
 * @throws ApiError AccessDenied
 */
export const mayKnowKeys = (call: Call, bucket: Bucket): Promise<void> =>
  call.authorize([onBucket(bucket, "ListBucket")]);
