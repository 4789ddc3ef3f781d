// DeleteObject and DeleteObjects: markers in versioned buckets, locks, conditions.
import type {
  DeletedObject,
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  ObjectIdentifier,
} from "../../../../../contract/s3/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operation } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { onObject } from "../shared/access.ts";
import { findBucket } from "../shared/buckets.ts";
import { namesTag, wholeSeconds } from "../shared/conditions.ts";
import { checkUnlocked } from "../shared/locks.ts";
import type { Bucket, ObjectDocument, S3Context } from "../shared/model.ts";
import { placeVersion, removeVersion, shownVersion } from "../shared/objects.ts";
import { checkVersionId } from "../shared/reading.ts";
import { telling } from "../shared/telling.ts";

/** Keys in one DeleteObjects (API reference). */
const MOST_KEYS = 1000;
/** Deletions under way at once in one DeleteObjects; the store commits those that meet together. */
const AT_ONCE = 50;

interface Deletion {
  readonly Key: string;
  readonly VersionId?: string | undefined;
  readonly bypass: boolean;
  readonly condition: (current: ObjectDocument | undefined) => void;
  readonly call: Call;
}

function deletePermissions(bucket: Bucket, key: string, versionId: string | undefined, bypass: boolean) {
  const action = versionId === undefined ? "DeleteObject" : "DeleteObjectVersion";
  const permissions: Permission[] = [onObject(bucket, action, key, { VersionId: versionId })];
  if (bypass) permissions.push(onObject(bucket, "BypassGovernanceRetention", key));
  return permissions;
}

export const deleteObject = (context: S3Context): Operation<DeleteObjectRequest, DeleteObjectOutput> => ({
  permissions: async (input) =>
    deletePermissions(
      await findBucket(context, input),
      input.Key,
      input.VersionId,
      input.BypassGovernanceRetention === true,
    ),
  run: async (input, call) => {
    const bucket = await findBucket(context, input);
    const { DeleteMarker, VersionId, DeleteMarkerVersionId } = await deleteOne(context, bucket, {
      Key: input.Key,
      VersionId: input.VersionId,
      bypass: input.BypassGovernanceRetention === true,
      condition: conditionOf(input.Key, {
        ETag: input.IfMatch,
        LastModifiedTime: input.IfMatchLastModifiedTime,
        Size: input.IfMatchSize,
      }),
      call,
    });
    return { DeleteMarker, VersionId: VersionId ?? DeleteMarkerVersionId };
  },
});

export const deleteObjects = (context: S3Context): Operation<DeleteObjectsRequest, DeleteObjectsOutput> => ({
  // Each key is authorised by itself: those denied are errors among the answers.
  permissions: async (input) => {
    await findBucket(context, input);
    return [];
  },
  run: async (input, call) => {
    const bucket = await findBucket(context, input);
    const objects = input.Delete?.Objects ?? [];
    if (objects.length === 0 || objects.length > MOST_KEYS) throw s3Errors.malformedXml({});
    const bypass = input.BypassGovernanceRetention === true;
    const answers: (DeletedObject | ApiError)[] = [];
    for (let start = 0; start < objects.length; start += AT_ONCE)
      answers.push(
        ...(await Promise.all(
          objects
            .slice(start, start + AT_ONCE)
            .map((object) => deleteListed(context, bucket, { object, bypass, call })),
        )),
      );
    const errors = answers.flatMap((answer, index) =>
      answer instanceof ApiError
        ? [
            {
              Key: objects[index]?.Key,
              VersionId: objects[index]?.VersionId,
              Code: shownCode(answer),
              Message: answer.message,
            },
          ]
        : [],
    );
    const deleted = answers.flatMap((answer) => (answer instanceof ApiError ? [] : [answer]));
    return {
      ...(input.Delete?.Quiet === true ? {} : { Deleted: deleted }),
      ...(errors.length === 0 ? {} : { Errors: errors }),
    };
  },
});

const shownCode = (error: ApiError): string => (error.code === "AccessDeniedException" ? "AccessDenied" : error.code);

async function deleteListed(
  context: S3Context,
  bucket: Bucket,
  { object, bypass, call }: { readonly object: ObjectIdentifier; readonly bypass: boolean; readonly call: Call },
): Promise<DeletedObject | ApiError> {
  try {
    const VersionId = object.VersionId === "" ? undefined : object.VersionId;
    await call.authorize(deletePermissions(bucket, object.Key, VersionId, bypass));
    return await deleteOne(context, bucket, {
      Key: object.Key,
      VersionId,
      bypass,
      condition: conditionOf(object.Key, object),
      call,
    });
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function conditionOf(
  key: string,
  wanted: Pick<ObjectIdentifier, "ETag" | "LastModifiedTime" | "Size">,
): (current: ObjectDocument | undefined) => void {
  const { ETag, LastModifiedTime, Size } = wanted;
  return (current) => {
    if ((ETag ?? LastModifiedTime ?? Size) === undefined) return;
    if (current === undefined || current.deleteMarker) throw s3Errors.noSuchKey({ Key: key });
    const holds =
      (ETag === undefined || namesTag(ETag, current.etag)) &&
      (LastModifiedTime === undefined || LastModifiedTime === wholeSeconds(current.modifiedAt)) &&
      (Size === undefined || Size === current.sizeBytes);
    if (!holds) throw s3Errors.preconditionFailed("If-Match");
  };
}

async function deleteOne(context: S3Context, bucket: Bucket, deletion: Deletion): Promise<DeletedObject> {
  const { Key, VersionId, call } = deletion;
  checkVersionId(VersionId);
  if (VersionId === undefined && bucket.settings.versioning !== undefined) {
    const marker = await placeVersion(context, bucket, Key, aDeleteMarker(bucket), {
      check: deletion.condition,
      tells: telling(context, call, Key, "ObjectRemoved:DeleteMarkerCreated"),
    });
    return { Key, DeleteMarker: true, DeleteMarkerVersionId: shownVersion(marker) };
  }
  const removed = await removeVersion(context, bucket, Key, {
    versionId: VersionId,
    check: (found) => {
      deletion.condition(found);
      checkUnlocked(found, context.clock.now(), deletion.bypass);
    },
    tells: telling(context, call, Key, "ObjectRemoved:Delete"),
  });
  if (removed?.deleteMarker) return { Key, VersionId, DeleteMarker: true, DeleteMarkerVersionId: VersionId };
  return { Key, VersionId };
}

const aDeleteMarker = (bucket: Bucket) => ({
  deleteMarker: true as const,
  owner: bucket.owner,
  sizeBytes: 0,
  etag: "",
  headers: {},
  metadata: {},
  tags: [],
  encryption: {},
  storageClass: "STANDARD",
  lock: {},
});
