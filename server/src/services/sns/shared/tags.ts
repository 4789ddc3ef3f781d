// Tags of topics, checked as SNS does.
import type { Tag } from "../../../../../contract/sns/types.ts";
import { invalidParameter, tooManyTags } from "../errors.ts";

/** SNS developer guide, "Amazon SNS topic tagging". */
const MAX_TAGS = 50;

/** The tags with new ones put in. @throws ApiError InvalidParameter, TagLimitExceeded */
export function withTags(
  old: Readonly<Record<string, string>>,
  given: readonly Tag[],
): Readonly<Record<string, string>> {
  const names = given.map(({ Key }) => Key);
  if (new Set(names).size !== names.length) throw invalidParameter("Duplicated keys are not allowed.");
  if (names.some((name) => /^aws:/i.test(name))) throw invalidParameter("Tags beginning with aws: are reserved.");
  const tags = { ...old, ...Object.fromEntries(given.map(({ Key, Value }) => [Key, Value])) };
  if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(`A topic has ${MAX_TAGS} tags at most.`);
  return tags;
}
