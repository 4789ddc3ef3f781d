// Tags of keys, checked as KMS does.
import type { Tag } from "../../../../../contract/kms/types.ts";
import { tagConditions as conditionsOf } from "../../../core/request-tags.ts";
import { tagError } from "../errors.ts";

/** KMS developer guide, "Quotas". */
const MAX_TAGS = 50;

/** The tags with new ones put in. @throws ApiError TagException */
export function withTags(
  old: Readonly<Record<string, string>>,
  given: readonly Tag[],
): Readonly<Record<string, string>> {
  const names = given.map(({ TagKey }) => TagKey);
  if (names.some((name) => /^aws:/i.test(name))) throw tagError("Tags beginning with aws: are reserved");
  if (new Set(names).size !== names.length) throw tagError("Duplicate tag keys");
  const tags = { ...old, ...Object.fromEntries(given.map(({ TagKey, TagValue }) => [TagKey, TagValue])) };
  if (Object.keys(tags).length > MAX_TAGS) throw tagError("Too many tags");
  return tags;
}

/** Condition keys of a request that brings tags. */
export const tagConditions = (given: readonly Tag[]): ReturnType<typeof conditionsOf> =>
  conditionsOf(given.map(({ TagKey, TagValue }) => ({ Key: TagKey, Value: TagValue })));
