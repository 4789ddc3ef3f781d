// Tags of buses and rules, checked as EventBridge does.
import type { Tag } from "../../../../../contract/events/types.ts";
import { limitExceeded, validation } from "../errors.ts";

const MAX_TAGS = 50;

/** The tags with new ones put in. @throws ApiError ValidationException, LimitExceeded */
export function withTags(
  old: Readonly<Record<string, string>>,
  given: readonly Tag[],
): Readonly<Record<string, string>> {
  if (given.some(({ Key }) => /^aws:/i.test(Key))) throw validation("Tags beginning with aws: are reserved.");
  const tags = { ...old, ...Object.fromEntries(given.map(({ Key, Value }) => [Key, Value])) };
  if (Object.keys(tags).length > MAX_TAGS) throw limitExceeded(`A resource has ${MAX_TAGS} tags at most.`);
  return tags;
}
