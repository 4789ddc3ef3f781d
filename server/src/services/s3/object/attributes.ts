// GetObjectAttributes: facts of an object and of its parts without its bytes.
import type {
  GetObjectAttributesOutput,
  GetObjectAttributesParts,
  GetObjectAttributesRequest,
  StorageClass,
} from "../../../../../contract/s3/types.ts";
import type { Operation } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { objectAction } from "../shared/access.ts";
import { partsOf } from "../shared/bodies.ts";
import { mayDecrypt } from "../shared/body-keys.ts";
import { findBucket } from "../shared/buckets.ts";
import { checksumMember } from "../shared/checksums.ts";
import { wholeSeconds } from "../shared/conditions.ts";
import { customerKeyForRead } from "../shared/customer-key.ts";
import { checksumAnswer } from "../shared/face.ts";
import { shown } from "../shared/hidden-checksums.ts";
import type { ObjectDocument, S3Context, StoredPart } from "../shared/model.ts";
import { answeredVersion } from "../shared/objects.ts";
import { readableObject } from "../shared/reading.ts";

/** Parts in one answer, also when none is asked for (API reference). */
const MOST_PARTS = 1000;
const known = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

export const getObjectAttributes = (
  context: S3Context,
): Operation<GetObjectAttributesRequest, GetObjectAttributesOutput> => ({
  permissions: async (input) => [
    ...(await objectAction(context, "GetObject", "GetObjectVersion")(input)),
    ...(await objectAction(context, "GetObjectAttributes", "GetObjectVersionAttributes")(input)),
  ],
  run: async (input, call) => {
    const wanted: readonly string[] = input.ObjectAttributes ?? [];
    if (wanted.length === 0 || !wanted.every((name) => known.includes(name)))
      throw s3Errors.invalidArgument("Invalid attribute name specified.", {
        ArgumentName: "x-amz-object-attributes",
        ArgumentValue: wanted.join(","),
      });
    const bucket = await findBucket(context, input);
    const { document } = await readableObject(context, bucket, input, call);
    customerKeyForRead(input, document);
    if (wanted.includes("Checksum")) await mayDecrypt(context, call, { bucket, key: input.Key }, document);
    const parts = wanted.includes("ObjectParts") ? await partsOf(context, bucket.name, document.body) : undefined;
    return {
      LastModified: wholeSeconds(document.modifiedAt),
      VersionId: answeredVersion(bucket, document),
      ETag: wanted.includes("ETag") ? document.etag : undefined,
      Checksum: wanted.includes("Checksum") && document.checksum ? wholeChecksum(context, document) : undefined,
      ObjectParts: parts && partsAnswer(input, document, shownParts(context, parts)),
      StorageClass: wanted.includes("StorageClass") ? (document.storageClass as StorageClass) : undefined,
      ObjectSize: wanted.includes("ObjectSize") ? document.sizeBytes : undefined,
    };
  },
});

/** A composite checksum stands here without its `-N`. */
function wholeChecksum(context: S3Context, document: ObjectDocument) {
  const { ChecksumType, ...value } = checksumAnswer(context, document);
  const plain = Object.fromEntries(Object.entries(value).map(([member, text]) => [member, text.replace(/-\d+$/, "")]));
  return { ...plain, ChecksumType: document.checksum?.type };
}

const shownParts = (context: S3Context, parts: readonly StoredPart[]): readonly StoredPart[] =>
  parts.map((part) => ({ ...part, checksum: shown(context, part.checksum) }));

function partsAnswer(
  input: GetObjectAttributesRequest,
  document: ObjectDocument,
  parts: readonly StoredPart[],
): GetObjectAttributesParts {
  const numbered = parts.map((part, index) => ({ ...part, shown: index + 1 }));
  const marker = Number(input.PartNumberMarker ?? 0);
  const most = Math.min(input.MaxParts ?? MOST_PARTS, MOST_PARTS);
  const left = numbered.filter((part) => part.shown > marker);
  const page = left.slice(0, most);
  // The parts are listed only for uploads with composite checksums; else there is just their count.
  if (document.checksum?.type !== "COMPOSITE") return { TotalPartsCount: parts.length };
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.shown ?? 0,
    MaxParts: most,
    IsTruncated: left.length > page.length,
    Parts: page.map((part) => ({
      PartNumber: part.shown,
      Size: part.sizeBytes,
      [checksumMember(part.checksum.algorithm)]: part.checksum.value,
    })),
  };
}
