// PutObject: the bytes go to a blob first; the object changes in one commit, or not at all.
import type { PutObjectOutput, PutObjectRequest } from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operation } from "../../../core/service.ts";
import { newKeys } from "../shared/body-keys.ts";
import { findBucket } from "../shared/buckets.ts";
import { checkWrite } from "../shared/conditions.ts";
import { checksumAnswer, encryptionAnswer, faceOf } from "../shared/face.ts";
import type { S3Context } from "../shared/model.ts";
import { answeredVersion, currentObject, placeVersion } from "../shared/objects.ts";
import { putEvent, telling } from "../shared/telling.ts";
import { orDiscard, writeBody } from "../shared/write-body.ts";
import { writePermissions } from "../shared/writing.ts";

export const putObject = (context: S3Context): Operation<PutObjectRequest, PutObjectOutput> => ({
  permissions: async (input) => writePermissions(await findBucket(context, input), input),
  run: async (input: PutObjectRequest, call: Call) => {
    const bucket = await findBucket(context, input);
    const asked = faceOf(input, bucket, { now: context.clock.now(), call });
    const { face, keys } = await newKeys(context, call, { bucket, key: input.Key }, { face: asked, input });
    if (input.IfMatch !== undefined || input.IfNoneMatch !== undefined)
      checkWrite(input, (await currentObject(context, bucket, input.Key))?.document);
    const { body, sizeBytes, etag, keptChecksum } = await writeBody(context, {
      body: input.Body,
      announced: input,
      headers: call.headers,
      fallback: "CRC64NVME",
      signal: call.signal,
      keys,
    });
    const document = await orDiscard(context, body, () =>
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
          tells: telling(context, call, input.Key, putEvent(call, input.ContentType)),
          also: () => (body === undefined ? {} : context.blobs.owns(body.blob)),
        },
      ),
    );
    return {
      ETag: `"${etag}"`,
      VersionId: bucket.settings.versioning === "Enabled" ? answeredVersion(bucket, document) : undefined,
      ...checksumAnswer(context, document),
      ...encryptionAnswer(document, input),
    };
  },
});
