// Tags of trails.
import type { Tag } from "../../../../../contract/cloudtrail/types.ts";
import { invalidTags, tooManyTags } from "../errors.ts";

/** CloudTrail API reference, AddTags. */
const MOST_TAGS = 50;

/** The tags with new ones put in. @throws ApiError InvalidTagParameter, TagsLimitExceeded */
export function withTags(
  old: Readonly<Record<string, string>>,
  given: readonly Tag[],
): Readonly<Record<string, string>> {
  const names = given.map(({ Key }) => Key);
  if (new Set(names).size !== names.length) throw invalidTags("A tag key is given twice.");
  const reserved = names.find((name) => /^aws:/i.test(name));
  if (reserved !== undefined) throw invalidTags(`Tag keys must not begin with aws:, got ${reserved}.`);
  const tags = { ...old, ...Object.fromEntries(given.map(({ Key, Value }) => [Key, Value ?? ""])) };
  const count = Object.keys(tags).length;
  if (count > MOST_TAGS) throw tooManyTags(`A trail has at most ${MOST_TAGS} tags, this would make ${count}.`);
  return tags;
}
