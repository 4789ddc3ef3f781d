// Tags of repositories, by their ARN.
import type { Operations as Contract } from "../../../../../contract/ecr/types.ts";
import type { Call } from "../../../core/call.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter } from "../errors.ts";
import type { EcrContext, RepositoryName } from "../shared/model.ts";
import { changeRepository, onRepository, requireRepository } from "../shared/repositories.ts";
import { tagsOf } from "../shared/tags.ts";

export const tag = (context: EcrContext): Operations<Contract> => ({
  ListTagsForResource: {
    permissions: async (input, call) => [await onRepository(context, named(input.resourceArn, call), call.operation)],
    async run({ resourceArn }, call) {
      const { document } = await requireRepository(context, named(resourceArn, call));
      return { tags: Object.entries(document.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  },
  TagResource: {
    permissions: async (input, call) => [
      await onRepository(context, named(input.resourceArn, call), call.operation, tagConditions(input.tags)),
    ],
    async run({ resourceArn, tags }, call) {
      await changeRepository(context, named(resourceArn, call), (document) => ({
        ...document,
        tags: tagsOf(document.tags, tags),
      }));
      return {};
    },
  },
  UntagResource: {
    permissions: async (input, call) => [
      await onRepository(context, named(input.resourceArn, call), call.operation, { "aws:TagKeys": input.tagKeys }),
    ],
    async run({ resourceArn, tagKeys }, call) {
      await changeRepository(context, named(resourceArn, call), (document) => ({
        ...document,
        tags: Object.fromEntries(Object.entries(document.tags).filter(([key]) => !tagKeys.includes(key))),
      }));
      return {};
    },
  },
});

/** @throws ApiError InvalidParameter for what is no repository's ARN of the call's region */
function named(arn: string, call: Pick<Call, "region">): RepositoryName {
  const [, region = "", account = "", repository = ""] =
    /^arn:aws[a-z-]*:ecr:([a-z0-9-]+):(\d{12}):repository\/(.+)$/.exec(arn) ?? [];
  if (repository === "" || region !== call.region)
    throw invalidParameter(
      `Invalid parameter at 'resourceArn': expected the ARN of a repository in ${call.region}, got '${arn}'.`,
    );
  return { account, region, repository };
}
