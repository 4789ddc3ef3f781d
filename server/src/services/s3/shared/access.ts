// Which IAM action and ARN an operation needs, with the policy of its bucket.
// Actions per operation: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
import type { Tag } from "../../../../../contract/s3/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import type { AskedAcl } from "./acl.ts";
import { findBucket, type OfBucket } from "./buckets.ts";
import { grantedPolicy, isOwnerEnforced } from "./grants.ts";
import type { Bucket, S3Context } from "./model.ts";
import { bucketArn } from "./names.ts";
import { currentObject, findVersion, type ObjectRow } from "./objects.ts";
import { deniesOf, policyInForce } from "./policies.ts";

export type ConditionValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Condition keys without the prefix `s3:`; those undefined are left out. */
export function conditionKeys(values: ConditionValues): Record<string, string | readonly string[]> {
  const keys: Record<string, string | readonly string[]> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) keys[`s3:${key}`] = typeof value === "object" ? value : String(value);
  }
  return keys;
}

function permission(bucket: Bucket, action: string, resource: string, values: ConditionValues): Permission {
  const conditions = conditionKeys(values);
  const { policy, acl } = bucket.settings;
  return {
    action: `s3:${action}`,
    resource,
    resourceAccount: bucket.owner,
    ...(Object.keys(conditions).length === 0 ? {} : { conditions }),
    ...(policy === undefined ? {} : { resourcePolicy: policyInForce(bucket, policy) }),
    // A bucket that nobody gave a list has its owner's: nothing that its account's policies do not say.
    ...(acl === undefined ? {} : { resourceGrants: () => Promise.resolve(grantedPolicy(bucket, acl, "bucket")) }),
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
    const named = input.VersionId === undefined ? action : versionAction;
    return [await onVersion(context, await findBucket(context, input), named, { ...input, asked: asked(input) })];
  };

interface VersionName {
  readonly Key: string;
  readonly VersionId?: string | undefined;
  readonly asked?: ConditionValues;
}

/** A permission on a version that is there: its tags, its own access control list and its owner count. */
export async function onVersion(
  context: S3Context,
  bucket: Bucket,
  action: string,
  { Key, VersionId, asked = {} }: VersionName,
): Promise<Permission> {
  const needed = onObject(bucket, action, Key, { VersionId, ...asked });
  const read = () =>
    VersionId === undefined ? currentObject(context, bucket, Key) : findVersion(context, bucket, Key, VersionId);
  const onFound = onRow(needed, bucket, read);
  if (bucket.mixedOwners === undefined || isOwnerEnforced(bucket)) return onFound;
  const owner = (await read())?.document.owner ?? bucket.owner;
  return owner === bucket.owner ? onFound : ofAnotherOwner(onFound, owner);
}

/** What a call does with an object: its action, and that on a version which is named where it is another. */
export interface ObjectNeed {
  readonly action: string;
  readonly versionAction?: string;
  readonly asked?: ConditionValues;
}

/**
 * To be called with what is about to be given out or changed, for it may have taken the place of what the call was let in for:
 * rights on one version are none on the next. Those whom the bucket's own account lets in by its policies are let in to every version.
 * @throws ApiError AccessDenied
 */
export async function checkStillOpen(
  call: Call,
  bucket: Bucket,
  { action, versionAction = action, asked = {}, Key, VersionId }: ObjectNeed & VersionName,
  row: ObjectRow,
): Promise<void> {
  const isOwners = isOwnerEnforced(bucket) || row.document.owner === bucket.owner;
  if (isOwners && call.account === bucket.owner) return;
  const needed = onObject(bucket, VersionId === undefined ? action : versionAction, Key, { VersionId, ...asked });
  const onFound = onRow(needed, bucket, async () => row);
  await call.authorize([isOwners ? onFound : ofAnotherOwner(onFound, row.document.owner)]);
}

/** The permission with what the version says of itself, read only if it comes to that. */
const onRow = (needed: Permission, bucket: Bucket, read: () => Promise<ObjectRow | undefined>): Permission => ({
  ...needed,
  resourceTags: async () => tagValues(await read()),
  resourceGrants: async () => grantsOf(bucket, await read()),
});

/** What another account owns is open by its own list alone; the bucket's policy only denies. */
function ofAnotherOwner({ resourcePolicy, ...needed }: Permission, owner: string): Permission {
  const denies = resourcePolicy === undefined ? undefined : deniesOf(resourcePolicy);
  return { ...needed, resourceAccount: owner, ...(denies === undefined ? {} : { resourcePolicy: denies }) };
}

const grantsOf = (bucket: Bucket, row: ObjectRow | undefined): string | undefined =>
  row === undefined || row.document.deleteMarker
    ? grantedPolicy(bucket, bucket.settings.acl, "missing")
    : grantedPolicy(bucket, row.document.acl, "object");

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
export const aclAsked = (input: AskedAcl): ConditionValues => ({
  "x-amz-acl": input.ACL,
  "x-amz-grant-full-control": input.GrantFullControl,
  "x-amz-grant-read": input.GrantRead,
  "x-amz-grant-read-acp": input.GrantReadACP,
  "x-amz-grant-write": input.GrantWrite,
  "x-amz-grant-write-acp": input.GrantWriteACP,
});

/** For s3:ExistingObjectTag/…; an object that is not there has no tags. */
const tagValues = (row: ObjectRow | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries((row?.document.tags ?? []).map((tag) => [tag.Key, tag.Value]));

/**
 * To be called before saying that a key does not exist: who may not list the bucket is told "denied" instead.
 * @throws ApiError AccessDenied
 */
export const mayKnowKeys = (call: Call, bucket: Bucket): Promise<void> =>
  call.authorize([onBucket(bucket, "ListBucket")]);
