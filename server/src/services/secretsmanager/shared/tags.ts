// Tags of secrets, and what conditions see of them.
import type { Tag } from "../../../../../contract/secretsmanager/types.ts";
import { invalidParameter, invalidRequest } from "../errors.ts";

/** Secrets Manager API reference, TagResource. */
const MAX_TAGS = 50;

/** The tags with new ones put in. @throws ApiError InvalidParameter, InvalidRequest */
export function withTags(
  old: Readonly<Record<string, string>> | undefined,
  given: readonly Tag[],
): Readonly<Record<string, string>> {
  const tags = { ...old };
  for (const { Key, Value } of given) {
    if (Key === undefined || Value === undefined) throw invalidParameter("A tag needs a Key and a Value.");
    if (/^aws:/i.test(Key)) throw invalidRequest(`Tag keys must not begin with aws:, got ${Key}.`);
    tags[Key] = Value;
  }
  const count = Object.keys(tags).length;
  if (count > MAX_TAGS) throw invalidParameter(`A secret has at most ${MAX_TAGS} tags, this would make ${count}.`);
  return tags;
}
