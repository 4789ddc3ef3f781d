// Finding the version that a read names, with the answers S3 gives when there is none.
import type { Call } from "../../../core/call.ts";
import { s3Errors } from "../errors.ts";
import { checkStillOpen, mayKnowKeys, type ObjectNeed } from "./access.ts";
import { wholeSeconds } from "./conditions.ts";
import type { Bucket, S3Context } from "./model.ts";
import { isVersionId } from "./names.ts";
import { findVersion, type ObjectRow, shownVersion } from "./objects.ts";

export interface ObjectName {
  readonly Key: string;
  readonly VersionId?: string | undefined;
}

/** @throws ApiError InvalidArgument */
export function checkVersionId(versionId: string | undefined): void {
  if (versionId === undefined || isVersionId(versionId)) return;
  throw s3Errors.invalidArgument("Invalid version id specified", {
    ArgumentName: "versionId",
    ArgumentValue: versionId,
  });
}

/** The method that a refusal names, where it is not GET. */
const METHODS: Readonly<Record<string, string>> = {
  DeleteObjectTagging: "DELETE",
  HeadObject: "HEAD",
  PutObjectAcl: "PUT",
  PutObjectLegalHold: "PUT",
  PutObjectRetention: "PUT",
  PutObjectTagging: "PUT",
};

/** For whoever gives out the object itself. @throws ApiError as `permittedVersion` */
export const readableObject = (context: S3Context, bucket: Bucket, input: ObjectName, call: Call): Promise<ObjectRow> =>
  permittedVersion(context, bucket, call, { ...input, action: "GetObject", versionAction: "GetObjectVersion" });

/** The version, if what is needed is permitted on exactly that one. @throws ApiError AccessDenied, and as `readableVersion` */
export async function permittedVersion(
  context: S3Context,
  bucket: Bucket,
  call: Call,
  need: ObjectNeed & ObjectName,
): Promise<ObjectRow> {
  const found = await readableVersion(context, bucket, need, call);
  await checkStillOpen(call, bucket, need, found);
  return found;
}

/** @throws ApiError NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker), AccessDenied */
export async function readableVersion(
  context: S3Context,
  bucket: Bucket,
  input: ObjectName,
  call: Call,
): Promise<ObjectRow> {
  checkVersionId(input.VersionId);
  const found = await findVersion(context, bucket, input.Key, input.VersionId);
  if (found !== undefined && !found.document.deleteMarker) return found;
  await mayKnowKeys(call, bucket);
  if (found === undefined) {
    if (input.VersionId === undefined) throw s3Errors.noSuchKey({ Key: input.Key });
    throw s3Errors.noSuchVersion({ Key: input.Key, VersionId: input.VersionId });
  }
  const headers = { "x-amz-delete-marker": "true", "x-amz-version-id": shownVersion(found.document) };
  if (input.VersionId === undefined) throw s3Errors.noSuchKey({ Key: input.Key }, headers);
  throw s3Errors.methodNotAllowed(
    "The specified method is not allowed against this resource.",
    { Method: METHODS[call.operation] ?? "GET", ResourceType: "DeleteMarker" },
    {
      ...headers,
      allow: "DELETE",
      "last-modified": new Date(wholeSeconds(found.document.modifiedAt) * 1000).toUTCString(),
    },
  );
}
