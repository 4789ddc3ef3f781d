// Tags of topics.
import type { Operations as Contract } from "../../../../../contract/sns/types.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { noResource } from "../errors.ts";
import { readTopicArn } from "../shared/arns.ts";
import type { Parts } from "../shared/parts.ts";
import { withTags } from "../shared/tags.ts";
import { changeTopic, findTopic, onTopic } from "../shared/topics.ts";

export const tag = (parts: Parts): Operations<Contract> => ({
  ListTagsForResource: {
    permissions: (input, call) => onTopic(parts, call, input.ResourceArn),
    async run({ ResourceArn }, call) {
      const row = await findTopic(parts, readTopicArn(call, ResourceArn, "ResourceArn"));
      if (row === undefined) throw noResource();
      return { Tags: Object.entries(row.document.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  },
  TagResource: {
    permissions: (input, call) => onTopic(parts, call, input.ResourceArn, tagConditions(input.Tags)),
    async run({ ResourceArn, Tags }, call) {
      const row = await findTopic(parts, readTopicArn(call, ResourceArn, "ResourceArn"));
      if (row === undefined) throw noResource();
      await changeTopic(parts, call, ResourceArn, (document) => ({ ...document, tags: withTags(document.tags, Tags) }));
      return {};
    },
  },
  UntagResource: {
    permissions: (input, call) => onTopic(parts, call, input.ResourceArn, { "aws:TagKeys": input.TagKeys }),
    async run({ ResourceArn, TagKeys }, call) {
      const row = await findTopic(parts, readTopicArn(call, ResourceArn, "ResourceArn"));
      if (row === undefined) throw noResource();
      await changeTopic(parts, call, ResourceArn, (document) => ({
        ...document,
        tags: Object.fromEntries(Object.entries(document.tags).filter(([name]) => !TagKeys.includes(name))),
      }));
      return {};
    },
  },
});
