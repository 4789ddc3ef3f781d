// Tags of topics.
import type { Operations as Contract } from "../../../../../contract/sns/types.ts";
import type { Call } from "../../../core/call.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { noResource } from "../errors.ts";
import { readTopicArn } from "../shared/arns.ts";
import type { Parts } from "../shared/parts.ts";
import { withTags } from "../shared/tags.ts";
import { changeTopic, findTopic, onTopic, type TopicRow } from "../shared/topics.ts";

export const tag = (parts: Parts): Operations<Contract> => ({
  ListTagsForResource: {
    permissions: (input, call) => onTopic(parts, call, input.ResourceArn),
    async run({ ResourceArn }, call) {
      const row = await requireResource(parts, call, ResourceArn);
      return { Tags: Object.entries(row.document.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  },
  TagResource: {
    permissions: (input, call) => onTopic(parts, call, input.ResourceArn, tagConditions(input.Tags)),
    async run({ ResourceArn, Tags }, call) {
      await requireResource(parts, call, ResourceArn);
      await changeTopic(parts, call, ResourceArn, (document) => ({ ...document, tags: withTags(document.tags, Tags) }));
      return {};
    },
  },
  UntagResource: {
    permissions: (input, call) => onTopic(parts, call, input.ResourceArn, { "aws:TagKeys": input.TagKeys }),
    async run({ ResourceArn, TagKeys }, call) {
      await requireResource(parts, call, ResourceArn);
      await changeTopic(parts, call, ResourceArn, (document) => ({
        ...document,
        tags: Object.fromEntries(Object.entries(document.tags).filter(([name]) => !TagKeys.includes(name))),
      }));
      return {};
    },
  },
});

/** @throws ApiError InvalidParameter, ResourceNotFound */
async function requireResource(parts: Parts, call: Call, arn: string): Promise<TopicRow> {
  const row = await findTopic(parts, readTopicArn(call, arn, "ResourceArn"));
  if (row === undefined) throw noResource();
  return row;
}
