// PutObject: the bytes go to a blob first; the object changes in one commit, or not at all.
import type { PutObjectOutput, PutObjectRequest } from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operation } from "../../../core/service.ts";
import { orDiscard, writeBody } from "../shared/bodies.ts";
import { findBucket } from "../shared/buckets.ts";
import { checkWrite } from "../shared/conditions.ts";
import { underKey } from "../shared/data-keys.ts";
import { checksumAnswer, encryptionAnswer, faceOf } from "../shared/face.ts";
import type { S3Context } from "../shared/model.ts";
import { answeredVersion, currentObject, placeVersion } from "../shared/objects.ts";
import { writePermissions } from "../shared/writing.ts";

export const putObject = (context: S3Context): Operation<PutObjectRequest, PutObjectOutput> => ({
  permissions: async (input) => writePermissions(await findBucket(context, input), input),
  run: async (input: PutObjectRequest, call: Call) => {
    const bucket = await findBucket(context, input);
    const place = { bucket, key: input.Key };
    const face = await underKey(context, call, place, faceOf(input, bucket, context.clock.now()));
    if (input.IfMatch !== undefined || input.IfNoneMatch !== undefined)
      checkWrite(input, (await currentObject(context, bucket, input.Key))?.document);
    const { blob, sizeBytes, md5, checksum } = await writeBody(context, {
      body: input.Body,
      announced: input,
      headers: call.headers,
      fallback: "CRC64NVME",
      signal: call.signal,
    });
    const document = await orDiscard(context, blob, () =>
      placeVersion(
        context,
        bucket,
        input.Key,
        {
          ...face,
          owner: bucket.owner,
          sizeBytes,
          etag: md5,
          body: blob && { blob },
          checksum: { ...checksum, type: "FULL_OBJECT" },
        },
        {
          check: (current) => checkWrite(input, current),
          also: () => (blob === undefined ? {} : context.blobs.owns(blob)),
        },
      ),
    );
    return {
      ETag: `"${md5}"`,
      VersionId: bucket.settings.versioning === "Enabled" ? answeredVersion(bucket, document) : undefined,
      ...checksumAnswer(document),
      ...encryptionAnswer(document),
    };
  },
});
