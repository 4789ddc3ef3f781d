// ListMultipartUploads: uploads under way, by key and then by the time they began.
import type {
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  MultipartUpload,
  StorageClass,
} from "../../../../../contract/s3/types.ts";
import type { Operation } from "../../../core/service.ts";
import { onBucket } from "../shared/access.ts";
import { ownerOf } from "../shared/acl.ts";
import { findBucket } from "../shared/buckets.ts";
import { wholeSeconds } from "../shared/conditions.ts";
import { kinds, type S3Context, type UploadDocument } from "../shared/model.ts";
import { afterPrefix, encodeKey, nameUnderKey, splitUnderKey, startUnderKey } from "../shared/names.ts";
import { encoderOf, limitOf } from "./paging.ts";
import { commonPrefix, startAfter, walk } from "./walk.ts";

export const listMultipartUploads = (
  context: S3Context,
): Operation<ListMultipartUploadsRequest, ListMultipartUploadsOutput> => ({
  permissions: async (input) => [onBucket(await findBucket(context, input), "ListBucketMultipartUploads")],
  run: async (input) => {
    const bucket = await findBucket(context, input);
    const limit = limitOf(input.MaxUploads, "max-uploads");
    const encode = encoderOf(input.EncodingType);
    const prefix = input.Prefix ?? "";
    const { entries, truncated } = await walk<UploadDocument>({
      source: (seek) =>
        context.rows.scan<UploadDocument>({
          kind: kinds.upload,
          scope: bucket.name,
          prefix: encodeKey(prefix),
          ...seek,
        }),
      keyOf: (name) => splitUnderKey(name).key,
      prefix,
      delimiter: input.Delimiter,
      start: startOf(input),
      limit: limit.used,
    });
    const last = entries.at(-1);
    const next = last && ("prefix" in last ? { key: last.prefix, id: "" } : splitUnderKey(last.row.name));
    return {
      Bucket: bucket.name,
      Prefix: encode(prefix),
      KeyMarker: encode(input.KeyMarker ?? ""),
      UploadIdMarker: input.UploadIdMarker ?? "",
      MaxUploads: limit.asked,
      Delimiter: input.Delimiter ? encode(input.Delimiter) : undefined,
      EncodingType: input.EncodingType,
      IsTruncated: truncated,
      NextKeyMarker: next && encode(next.key),
      NextUploadIdMarker: next?.id,
      Uploads: entries.flatMap((entry) =>
        "prefix" in entry ? [] : [uploadEntry(encode(entry.key), entry.row.name, entry.row.document)],
      ),
      CommonPrefixes: entries.flatMap((entry) => ("prefix" in entry ? [{ Prefix: encode(entry.prefix) }] : [])),
    };
  },
});

function startOf(input: ListMultipartUploadsRequest) {
  const { KeyMarker: key, UploadIdMarker: id } = input;
  if (!key) return {};
  const prefix = input.Prefix ?? "";
  if (commonPrefix(key, prefix, input.Delimiter) !== undefined) return startAfter(key, prefix, input.Delimiter);
  return id ? { after: nameUnderKey(key, id) } : { from: afterPrefix(startUnderKey(key)) };
}

const uploadEntry = (key: string, name: string, document: UploadDocument): MultipartUpload => ({
  UploadId: splitUnderKey(name).id,
  Key: key,
  Initiated: wholeSeconds(document.startedAt),
  StorageClass: document.face.storageClass as StorageClass,
  Owner: ownerOf(document.owner),
  Initiator: { ID: document.initiator },
  ...(document.checksum === undefined
    ? {}
    : { ChecksumAlgorithm: document.checksum.algorithm, ChecksumType: document.checksum.type }),
});
