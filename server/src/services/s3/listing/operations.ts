// Lists of objects, versions and uploads in a bucket. Follows the API reference; order is by UTF-8 bytes of the key.
// Gap: OptionalObjectAttributes (RestoreStatus) is accepted and adds nothing, since nothing is ever archived.
import type {
  Object as ListedObject,
  ListObjectsOutput,
  ListObjectsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
  ObjectStorageClass,
  Operations as S3Contract,
} from "../../../../../contract/s3/types.ts";
import type { Operation, Operations } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { onBucket } from "../shared/access.ts";
import { ownerOf } from "../shared/acl.ts";
import { findBucket, type OfBucket } from "../shared/buckets.ts";
import { wholeSeconds } from "../shared/conditions.ts";
import { ownerNow } from "../shared/grants.ts";
import { type Bucket, kinds, type ObjectDocument, type S3Context } from "../shared/model.ts";
import { decodeKey, encodeKey } from "../shared/names.ts";
import { encoderOf, limitOf } from "./paging.ts";
import { listMultipartUploads } from "./uploads.ts";
import { listObjectVersions } from "./versions.ts";
import { type Entry, startAfter, walk } from "./walk.ts";

export const listingOperations = (context: S3Context) =>
  ({
    ListMultipartUploads: listMultipartUploads(context),
    ListObjectVersions: listObjectVersions(context),
    ListObjects: listObjects(context),
    ListObjectsV2: listObjectsV2(context),
  }) satisfies Operations<S3Contract>;

interface ListInput extends OfBucket {
  readonly Prefix?: string | undefined;
  readonly Delimiter?: string | undefined;
  readonly MaxKeys?: number | undefined;
}

const listPermissions = (context: S3Context) => async (input: ListInput) => [
  onBucket(await findBucket(context, input), "ListBucket", {
    prefix: input.Prefix ?? "",
    delimiter: input.Delimiter,
    "max-keys": input.MaxKeys,
  }),
];

function walkObjects(context: S3Context, bucket: Bucket, input: ListInput, marker: string | undefined, limit: number) {
  const prefix = input.Prefix ?? "";
  return walk<ObjectDocument>({
    source: (seek) =>
      context.rows.scan<ObjectDocument>({
        kind: kinds.object,
        scope: bucket.name,
        prefix: encodeKey(prefix),
        ...seek,
      }),
    keyOf: decodeKey,
    prefix,
    delimiter: input.Delimiter,
    start: startAfter(marker, prefix, input.Delimiter),
    limit,
  });
}

const listObjects = (context: S3Context): Operation<ListObjectsRequest, ListObjectsOutput> => ({
  permissions: listPermissions(context),
  run: async (input) => {
    const bucket = await findBucket(context, input);
    const limit = limitOf(input.MaxKeys, "max-keys");
    const encode = encoderOf(input.EncodingType);
    const { entries, truncated } = await walkObjects(context, bucket, input, input.Marker, limit.used);
    return {
      Name: bucket.name,
      Prefix: encode(input.Prefix ?? ""),
      Marker: encode(input.Marker ?? ""),
      MaxKeys: limit.asked,
      Delimiter: input.Delimiter ? encode(input.Delimiter) : undefined,
      EncodingType: input.EncodingType,
      IsTruncated: truncated,
      NextMarker: truncated && input.Delimiter ? encode(placeOf(entries.at(-1))) : undefined,
      ...shown(entries, { encode, ownersOf: bucket }),
    };
  },
});

const listObjectsV2 = (context: S3Context): Operation<ListObjectsV2Request, ListObjectsV2Output> => ({
  permissions: listPermissions(context),
  run: async (input) => {
    const bucket = await findBucket(context, input);
    const limit = limitOf(input.MaxKeys, "max-keys");
    const encode = encoderOf(input.EncodingType);
    const marker = input.ContinuationToken ? placeOfToken(input.ContinuationToken) : input.StartAfter;
    const { entries, truncated } = await walkObjects(context, bucket, input, marker, limit.used);
    return {
      Name: bucket.name,
      Prefix: encode(input.Prefix ?? ""),
      MaxKeys: limit.asked,
      Delimiter: input.Delimiter ? encode(input.Delimiter) : undefined,
      EncodingType: input.EncodingType,
      KeyCount: entries.length,
      IsTruncated: truncated,
      StartAfter: input.StartAfter === undefined ? undefined : encode(input.StartAfter),
      ContinuationToken: input.ContinuationToken,
      NextContinuationToken: truncated ? tokenOf(placeOf(entries.at(-1))) : undefined,
      ...shown(entries, { encode, ownersOf: input.FetchOwner === true ? bucket : undefined }),
    };
  },
});

const placeOf = (entry: Entry<unknown> | undefined): string =>
  entry === undefined ? "" : "prefix" in entry ? entry.prefix : entry.key;

const TOKEN_START = "1";

const tokenOf = (place: string): string => TOKEN_START + Buffer.from(place).toString("base64url");

function placeOfToken(token: string): string {
  const place = Buffer.from(token.slice(TOKEN_START.length), "base64url").toString();
  if (place === "" || tokenOf(place) !== token)
    throw s3Errors.invalidArgument("The continuation token provided is incorrect", {
      ArgumentName: "continuation-token",
    });
  return place;
}

function shown(
  entries: readonly Entry<ObjectDocument>[],
  { encode, ownersOf }: { readonly encode: (text: string) => string; readonly ownersOf: Bucket | undefined },
) {
  const Contents = entries.flatMap((entry): ListedObject[] =>
    "prefix" in entry ? [] : [objectEntry(encode(entry.key), entry.row.document, ownersOf)],
  );
  const CommonPrefixes = entries.flatMap((entry) => ("prefix" in entry ? [{ Prefix: encode(entry.prefix) }] : []));
  return { Contents, CommonPrefixes };
}

const objectEntry = (key: string, document: ObjectDocument, bucket: Bucket | undefined): ListedObject => ({
  Key: key,
  LastModified: wholeSeconds(document.modifiedAt),
  ETag: `"${document.etag}"`,
  Size: document.sizeBytes,
  StorageClass: document.storageClass as ObjectStorageClass,
  ...(document.checksum === undefined
    ? {}
    : { ChecksumAlgorithm: [document.checksum.algorithm], ChecksumType: document.checksum.type }),
  ...(bucket ? { Owner: ownerOf(ownerNow(bucket, document)) } : {}),
});
