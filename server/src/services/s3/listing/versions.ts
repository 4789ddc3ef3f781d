// ListObjectVersions: current objects and older versions merged, by key and then newest first.
import type {
  DeleteMarkerEntry,
  ListObjectVersionsOutput,
  ListObjectVersionsRequest,
  ObjectVersion,
  ObjectVersionStorageClass,
} from "../../../../../contract/s3/types.ts";
import type { Operation } from "../../../core/service.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { s3Errors } from "../errors.ts";
import { onBucket } from "../shared/access.ts";
import { ownerOf } from "../shared/acl.ts";
import { findBucket } from "../shared/buckets.ts";
import { wholeSeconds } from "../shared/conditions.ts";
import { ownerNow } from "../shared/grants.ts";
import { type Bucket, kinds, type ObjectDocument, type S3Context } from "../shared/model.ts";
import {
  afterPrefix,
  compareNames,
  decodeKey,
  encodeKey,
  nameUnderKey,
  splitUnderKey,
  startUnderKey,
} from "../shared/names.ts";
import { findVersion, shownVersion } from "../shared/objects.ts";
import { checkVersionId } from "../shared/reading.ts";
import { encoderOf, limitOf } from "./paging.ts";
import { commonPrefix, type Entry, type Seek, startAfter, walk } from "./walk.ts";

export const listObjectVersions = (
  context: S3Context,
): Operation<ListObjectVersionsRequest, ListObjectVersionsOutput> => ({
  permissions: async (input) => [
    onBucket(await findBucket(context, input), "ListBucketVersions", {
      prefix: input.Prefix ?? "",
      delimiter: input.Delimiter,
      "max-keys": input.MaxKeys,
    }),
  ],
  run: async (input) => {
    const bucket = await findBucket(context, input);
    const limit = limitOf(input.MaxKeys, "max-keys");
    const encode = encoderOf(input.EncodingType);
    const prefix = input.Prefix ?? "";
    const { entries, truncated } = await walk<ObjectDocument>({
      source: (seek) => allVersions(context, bucket, encodeKey(prefix), seek),
      keyOf: (name) => splitUnderKey(name).key,
      prefix,
      delimiter: input.Delimiter,
      start: await startOf(context, bucket, input),
      limit: limit.used,
    });
    const last = entries.at(-1);
    return {
      Name: bucket.name,
      Prefix: encode(prefix),
      KeyMarker: encode(input.KeyMarker ?? ""),
      VersionIdMarker: input.VersionIdMarker ?? "",
      MaxKeys: limit.asked,
      Delimiter: input.Delimiter ? encode(input.Delimiter) : undefined,
      EncodingType: input.EncodingType,
      IsTruncated: truncated,
      ...(truncated && last !== undefined ? nextMarkers(last, encode) : {}),
      ...shown(entries, input, { encode, bucket }),
    };
  },
});

/** Where the list goes on: after a version of the marker's key, or after all of them. */
async function startOf(context: S3Context, bucket: Bucket, input: ListObjectVersionsRequest) {
  const { KeyMarker: key, VersionIdMarker: versionId } = input;
  if (versionId === "")
    throw s3Errors.invalidArgument("A version-id marker cannot be empty.", {
      ArgumentName: "version-id-marker",
      ArgumentValue: "",
    });
  if (!key) {
    if (versionId !== undefined)
      throw s3Errors.invalidArgument("A version-id marker cannot be specified without a key marker.", {
        ArgumentName: "version-id-marker",
        ArgumentValue: versionId,
      });
    return {};
  }
  const prefix = input.Prefix ?? "";
  if (commonPrefix(key, prefix, input.Delimiter) !== undefined) return startAfter(key, prefix, input.Delimiter);
  if (versionId === undefined) return { from: afterPrefix(startUnderKey(key)) };
  checkVersionId(versionId);
  const id = versionId === "null" ? (await findVersion(context, bucket, key, versionId))?.document.id : versionId;
  return id === undefined ? { from: afterPrefix(startUnderKey(key)) } : { after: nameUnderKey(key, id) };
}

/** Rows of both kinds in one order: a current object stands before the other versions of its key. */
async function allVersions(context: S3Context, bucket: Bucket, prefix: string, seek: Seek) {
  const { after, from, limit } = seek;
  const scope = bucket.name;
  // A position among versions lies behind the current object of its own key, unless it is the key's very start.
  const behind = after === undefined ? undefined : encodeKey(splitUnderKey(after).key);
  const [current, others] = await Promise.all([
    context.rows.scan<ObjectDocument>({ kind: kinds.object, scope, prefix, from, after: behind, limit }),
    context.rows.scan<ObjectDocument>({ kind: kinds.version, scope, prefix, from, after, limit }),
  ]);
  const named = current.map((row): Row<ObjectDocument> => ({ ...row, name: startUnderKey(decodeKey(row.name)) }));
  return [...named, ...others].sort((one, other) => compareNames(one.name, other.name)).slice(0, limit);
}

function nextMarkers(last: Entry<ObjectDocument>, encode: (text: string) => string) {
  if ("prefix" in last) return { NextKeyMarker: encode(last.prefix) };
  return { NextKeyMarker: encode(last.key), NextVersionIdMarker: shownVersion(last.row.document) };
}

function shown(
  entries: readonly Entry<ObjectDocument>[],
  input: ListObjectVersionsRequest,
  { encode, bucket }: { readonly encode: (text: string) => string; readonly bucket: Bucket },
) {
  const Versions: ObjectVersion[] = [];
  const DeleteMarkers: DeleteMarkerEntry[] = [];
  const CommonPrefixes: { Prefix: string }[] = [];
  let previous = input.VersionIdMarker === undefined ? undefined : input.KeyMarker;
  for (const entry of entries) {
    if ("prefix" in entry) {
      CommonPrefixes.push({ Prefix: encode(entry.prefix) });
      continue;
    }
    const { document } = entry.row;
    const common = {
      Key: encode(entry.key),
      VersionId: shownVersion(document),
      IsLatest: entry.key !== previous,
      LastModified: wholeSeconds(document.modifiedAt),
      Owner: ownerOf(ownerNow(bucket, document)),
    };
    previous = entry.key;
    if (document.deleteMarker) DeleteMarkers.push(common);
    else Versions.push({ ...common, ...versionFacts(document) });
  }
  return { Versions, DeleteMarkers, CommonPrefixes };
}

const versionFacts = (document: ObjectDocument): ObjectVersion => ({
  ETag: `"${document.etag}"`,
  Size: document.sizeBytes,
  StorageClass: document.storageClass as ObjectVersionStorageClass,
  ...(document.checksum === undefined
    ? {}
    : { ChecksumAlgorithm: [document.checksum.algorithm], ChecksumType: document.checksum.type }),
});
