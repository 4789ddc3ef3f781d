// CopyObject: new bytes unless the object is copied onto itself, which only changes what is said about it.
import type { CopyObjectOutput, CopyObjectRequest } from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operation } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { readBody } from "../shared/bodies.ts";
import { type BodyKeys, newKeys } from "../shared/body-keys.ts";
import { findBucket } from "../shared/buckets.ts";
import { checkWrite, wholeSeconds } from "../shared/conditions.ts";
import { type CopiedObject, findSource, sourcePermissions } from "../shared/copy-source.ts";
import { checksumAnswer, encryptionAnswer, faceOf, type Writing } from "../shared/face.ts";
import type { Bucket, KeptEncryption, ObjectDocument, ObjectFace, S3Context } from "../shared/model.ts";
import { answeredVersion, placeVersion } from "../shared/objects.ts";
import { telling } from "../shared/telling.ts";
import { LARGEST_BODY_BYTES, orDiscard, writeBody } from "../shared/write-body.ts";
import { writePermissions } from "../shared/writing.ts";

export const copyObject = (context: S3Context): Operation<CopyObjectRequest, CopyObjectOutput> => ({
  permissions: async (input) => [
    ...(await sourcePermissions(context, input)),
    ...writePermissions(await findBucket(context, input), input, {
      "x-amz-copy-source": input.CopySource,
      ...(input.MetadataDirective === undefined ? {} : { "x-amz-metadata-directive": input.MetadataDirective }),
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
    const copied = copiedFace(input, bucket, source.document, { now: context.clock.now(), call });
    if (toItself) checkSomethingChanges(input, source.document.encryption, copied.encryption);
    const { face, keys } = await newKeys(context, call, { bucket, key: input.Key }, { face: copied, input });
    const isKept = toItself && keys === undefined && canKeepBytes(input, bucket, source.document);
    const document = isKept
      ? await copyFaceOnly(context, bucket, input, { source: source.document, face, call })
      : await copyBytes(context, bucket, input, { from: source, face, keys, call });
    return {
      CopyObjectResult: {
        ETag: `"${document.etag}"`,
        LastModified: wholeSeconds(document.modifiedAt),
        ...checksumAnswer(context, document),
      },
      CopySourceVersionId: answeredVersion(source.bucket, source.document),
      VersionId: bucket.settings.versioning === "Enabled" ? answeredVersion(bucket, document) : undefined,
      ...encryptionAnswer(document, input),
    };
  },
});

function checkSomethingChanges(input: CopyObjectRequest, before: KeptEncryption, after: KeptEncryption): void {
  const changes =
    // A bucket's default encryption counts as asked for, and so does the end of what the object had.
    before.ServerSideEncryption !== undefined ||
    before.SSECustomerAlgorithm !== undefined ||
    after.ServerSideEncryption !== undefined ||
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

function copiedFace(input: CopyObjectRequest, bucket: Bucket, source: ObjectDocument, writing: Writing): ObjectFace {
  checkDirective("x-amz-metadata-directive", "metadata", input.MetadataDirective);
  checkDirective("x-amz-tagging-directive", "tagging", input.TaggingDirective);
  const given = faceOf(input, bucket, writing);
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

/** The blob can stay when its null version is replaced, and neither encryption nor another sum over the bytes is asked for. */
function canKeepBytes(input: CopyObjectRequest, bucket: Bucket, source: ObjectDocument): boolean {
  const sameSums = input.ChecksumAlgorithm === undefined || input.ChecksumAlgorithm === source.checksum?.algorithm;
  const isOne = source.body === undefined || "blob" in source.body;
  const isPlain = source.keySource === undefined;
  return bucket.settings.versioning !== "Enabled" && source.isNull && isOne && isPlain && sameSums;
}

const copyFaceOnly = (
  context: S3Context,
  bucket: Bucket,
  input: CopyObjectRequest,
  { source, face, call }: { readonly source: ObjectDocument; readonly face: ObjectFace; readonly call: Call },
): Promise<ObjectDocument> =>
  placeVersion(
    context,
    bucket,
    input.Key,
    { ...source, ...face },
    {
      keepsBody: true,
      tells: telling(context, call, input.Key, "ObjectCreated:Copy"),
      check: (current) => {
        checkWrite(input, current);
        if (current?.id !== source.id) throw s3Errors.conditionalConflict({ Key: input.Key });
      },
    },
  );

interface Copying {
  readonly from: CopiedObject;
  readonly face: ObjectFace;
  readonly keys: BodyKeys | undefined;
  readonly call: Call;
}

async function copyBytes(
  context: S3Context,
  bucket: Bucket,
  input: CopyObjectRequest,
  { from, face, keys, call }: Copying,
): Promise<ObjectDocument> {
  const { body: place, sizeBytes, checksum: before } = from.document;
  const written = await writeBody(context, {
    body: await readBody(context, { bucket: from.bucket, key: from.name.Key, place, sizeBytes, keys: from.keys }),
    announced: {},
    headers: {},
    fallback: input.ChecksumAlgorithm ?? before?.algorithm ?? "CRC64NVME",
    signal: call.signal,
    keys,
  });
  const { body, etag, keptChecksum } = written;
  return orDiscard(context, body, () =>
    placeVersion(
      context,
      bucket,
      input.Key,
      {
        ...face,
        sizeBytes,
        etag,
        body,
        checksum: { ...keptChecksum, type: "FULL_OBJECT" },
      },
      {
        check: (current) => checkWrite(input, current),
        tells: telling(context, call, input.Key, "ObjectCreated:Copy"),
        also: () => (body === undefined ? {} : context.blobs.owns(body.blob)),
      },
    ),
  );
}
