// Tags of objects. Follows the S3 user guide, "Categorizing your storage using tags".
import type { Operations as S3Contract } from "../../../../../contract/s3/types.ts";
import type { Operations } from "../../../core/service.ts";
import { objectAction, tagsAsked } from "../shared/access.ts";
import { findBucket } from "../shared/buckets.ts";
import type { S3Context } from "../shared/model.ts";
import { answeredVersion, changeVersion } from "../shared/objects.ts";
import { readableVersion } from "../shared/reading.ts";
import { checkTags, MOST_OBJECT_TAGS } from "../shared/tags.ts";
import { telling } from "../shared/telling.ts";

export const objectTaggingOperations = (context: S3Context) =>
  ({
    GetObjectTagging: {
      permissions: objectAction(context, "GetObjectTagging", "GetObjectVersionTagging"),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        const { document } = await readableVersion(context, bucket, input, call);
        return { TagSet: document.tags, VersionId: answeredVersion(bucket, document) };
      },
    },
    PutObjectTagging: {
      permissions: objectAction<S3Contract["PutObjectTagging"]["input"]>(
        context,
        "PutObjectTagging",
        "PutObjectVersionTagging",
        ({ Tagging }) => tagsAsked(Tagging?.TagSet ?? []),
      ),
      run: async (input, call) => {
        const tags = checkTags(input.Tagging?.TagSet ?? [], MOST_OBJECT_TAGS);
        const bucket = await findBucket(context, input);
        const found = await readableVersion(context, bucket, input, call);
        const tells = telling(context, call, input.Key, "ObjectTagging:Put");
        await changeVersion(
          context,
          found,
          (document) => ({ ...document, tags }),
          (after) => tells(bucket, after),
        );
        return { VersionId: answeredVersion(bucket, found.document) };
      },
    },
    DeleteObjectTagging: {
      permissions: objectAction(context, "DeleteObjectTagging", "DeleteObjectVersionTagging"),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        const found = await readableVersion(context, bucket, input, call);
        const tells = telling(context, call, input.Key, "ObjectTagging:Delete");
        await changeVersion(
          context,
          found,
          (document) => ({ ...document, tags: [] }),
          (after) => tells(bucket, after),
        );
        return { VersionId: answeredVersion(bucket, found.document) };
      },
    },
  }) satisfies Operations<S3Contract>;
