// CopyObject: new bytes unless the object is copied onto itself, which only changes what is said about it.
import type { CopyObjectOutput, CopyObjectRequest } from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operation } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { LARGEST_BODY_BYTES, orDiscard, readBody, type WrittenBody, writeBody } from "../shared/bodies.ts";
import { findBucket } from "../shared/buckets.ts";
import { checkWrite, wholeSeconds } from "../shared/conditions.ts";
import { findSource, type SourceName, sourcePermissions } from "../shared/copy-source.ts";
import { underKey } from "../shared/data-keys.ts";
import { checksumAnswer, encryptionAnswer, faceOf } from "../shared/face.ts";
import type { Bucket, ObjectDocument, ObjectFace, S3Context } from "../shared/model.ts";
import { answeredVersion, placeVersion } from "../shared/objects.ts";
import { writePermissions } from "../shared/writing.ts";

export const copyObject = (context: S3Context): Operation<CopyObjectRequest, CopyObjectOutput> => ({
  permissions: async (input) => [
    ...(await sourcePermissions(context, input)),
    ...writePermissions(await findBucket(context, input), input, {
      "x-amz-copy-source": input.CopySource,
      "x-amz-metadata-directive": input.MetadataDirective ?? "COPY",
    }),
  ],
  run: async (input, call) => {
    const bucket = await findBucket(context, input);
    const source = await findSource(context, input, call);
    if (source.document.sizeBytes > LARGEST_BODY_BYTES)
      throw s3Errors.invalidRequest(
        `The specified copy source is larger than the maximum allowable size for a copy source: ${LARGEST_BODY_BYTES}`,
      );
    const toItself =
      source.bucket.name === bucket.name && source.name.Key === input.Key && source.name.VersionId === undefined;
    if (toItself) checkSomethingChanges(input);
    const place = { bucket, key: input.Key };
    const copied = copiedFace(input, bucket, source.document, context.clock.now());
    const face = await underKey(context, call, place, copied);
    const document = canKeepBytes(input, bucket, source.document, toItself)
      ? await copyFaceOnly(context, bucket, input, { source: source.document, face })
      : await copyBytes(context, bucket, input, { from: source, face, call });
    return {
      CopyObjectResult: {
        ETag: `"${document.etag}"`,
        LastModified: wholeSeconds(document.modifiedAt),
        ...checksumAnswer(document),
      },
      CopySourceVersionId: answeredVersion(source.bucket, source.document),
      VersionId: bucket.settings.versioning === "Enabled" ? answeredVersion(bucket, document) : undefined,
      ...encryptionAnswer(document),
    };
  },
});

function checkSomethingChanges(input: CopyObjectRequest): void {
  const changes =
    input.MetadataDirective === "REPLACE" ||
    input.TaggingDirective === "REPLACE" ||
    (input.StorageClass ??
      input.WebsiteRedirectLocation ??
      input.ServerSideEncryption ??
      input.SSECustomerAlgorithm) !== undefined;
  if (!changes)
    throw s3Errors.invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
}

function copiedFace(input: CopyObjectRequest, bucket: Bucket, source: ObjectDocument, now: number): ObjectFace {
  checkDirective("x-amz-metadata-directive", "metadata", input.MetadataDirective);
  checkDirective("x-amz-tagging-directive", "tagging", input.TaggingDirective);
  const given = faceOf(input, bucket, now);
  const replaced = input.MetadataDirective === "REPLACE";
  return {
    ...given,
    headers: replaced
      ? given.headers
      : { ...source.headers, WebsiteRedirectLocation: given.headers.WebsiteRedirectLocation },
    metadata: replaced ? given.metadata : source.metadata,
    tags: input.TaggingDirective === "REPLACE" ? given.tags : source.tags,
  };
}

function checkDirective(header: string, word: string, directive: string | undefined): void {
  if (directive === undefined || directive === "COPY" || directive === "REPLACE") return;
  throw s3Errors.invalidArgument(`Unknown ${word} directive.`, { ArgumentName: header, ArgumentValue: directive });
}

/** The blob can stay when its null version is replaced and no other sum over the bytes is asked for. */
function canKeepBytes(input: CopyObjectRequest, bucket: Bucket, source: ObjectDocument, toItself: boolean): boolean {
  const sameSums = input.ChecksumAlgorithm === undefined || input.ChecksumAlgorithm === source.checksum?.algorithm;
  const isPlain = source.body === undefined || "blob" in source.body;
  return toItself && bucket.settings.versioning !== "Enabled" && source.isNull && isPlain && sameSums;
}

const copyFaceOnly = (
  context: S3Context,
  bucket: Bucket,
  input: CopyObjectRequest,
  { source, face }: { readonly source: ObjectDocument; readonly face: ObjectFace },
): Promise<ObjectDocument> =>
  placeVersion(
    context,
    bucket,
    input.Key,
    { ...source, ...face },
    {
      keepsBody: true,
      check: (current) => {
        checkWrite(input, current);
        if (current?.id !== source.id) throw s3Errors.conditionalConflict({ Key: input.Key });
      },
    },
  );

async function copyBytes(
  context: S3Context,
  bucket: Bucket,
  input: CopyObjectRequest,
  {
    from,
    face,
    call,
  }: {
    readonly from: { readonly bucket: Bucket; readonly name: SourceName; readonly document: ObjectDocument };
    readonly face: ObjectFace;
    readonly call: Call;
  },
): Promise<ObjectDocument> {
  const written: WrittenBody = await writeBody(context, {
    body: await readBody(context, { bucket: from.bucket, key: from.name.Key, place: from.document.body }),
    announced: {},
    headers: {},
    fallback: input.ChecksumAlgorithm ?? from.document.checksum?.algorithm ?? "CRC64NVME",
    signal: call.signal,
  });
  const { blob } = written;
  return orDiscard(context, blob, () =>
    placeVersion(
      context,
      bucket,
      input.Key,
      {
        ...face,
        owner: bucket.owner,
        sizeBytes: written.sizeBytes,
        etag: written.md5,
        body: blob && { blob },
        checksum: { ...written.checksum, type: "FULL_OBJECT" },
      },
      {
        check: (current) => checkWrite(input, current),
        also: () => (blob === undefined ? {} : context.blobs.owns(blob)),
      },
    ),
  );
}
