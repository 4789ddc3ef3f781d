// Tags of objects. Follows the S3 user guide, "Categorizing your storage using tags".
import type { Operations as S3Contract } from "../../../../../contract/s3/types.ts";
import type { Operations } from "../../../core/service.ts";
import { objectAction, tagsAsked } from "../shared/access.ts";
import { findBucket } from "../shared/buckets.ts";
import type { S3Context } from "../shared/model.ts";
import { answeredVersion, changeVersion } from "../shared/objects.ts";
import { permittedVersion } from "../shared/reading.ts";
import { checkTags, MOST_OBJECT_TAGS } from "../shared/tags.ts";
import { telling } from "../shared/telling.ts";

const READ = { action: "GetObjectTagging", versionAction: "GetObjectVersionTagging" };
const WRITE = { action: "PutObjectTagging", versionAction: "PutObjectVersionTagging" };
const REMOVE = { action: "DeleteObjectTagging", versionAction: "DeleteObjectVersionTagging" };

export const objectTaggingOperations = (context: S3Context) =>
  ({
    GetObjectTagging: {
      permissions: objectAction(context, READ.action, READ.versionAction),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        const { document } = await permittedVersion(context, bucket, call, { ...input, ...READ });
        return { TagSet: document.tags, VersionId: answeredVersion(bucket, document) };
      },
    },
    PutObjectTagging: {
      permissions: objectAction<S3Contract["PutObjectTagging"]["input"]>(
        context,
        WRITE.action,
        WRITE.versionAction,
        ({ Tagging }) => tagsAsked(Tagging?.TagSet ?? []),
      ),
      run: async (input, call) => {
        const tags = checkTags(input.Tagging?.TagSet ?? [], MOST_OBJECT_TAGS);
        const bucket = await findBucket(context, input);
        const found = await permittedVersion(context, bucket, call, { ...input, ...WRITE, asked: tagsAsked(tags) });
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
      permissions: objectAction(context, REMOVE.action, REMOVE.versionAction),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        const found = await permittedVersion(context, bucket, call, { ...input, ...REMOVE });
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
