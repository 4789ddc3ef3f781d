// Tags of alarms and dashboards.
import type { Tag } from "../../../../../contract/cloudwatch/types.ts";
import { invalidValue } from "../errors.ts";

/** CloudWatch API reference, TagResource. */
const MOST_TAGS = 50;

export const tagsOf = (list: readonly Tag[] | undefined): Readonly<Record<string, string>> => withTags({}, list ?? []);

/** @throws ApiError InvalidParameterValue */
export function withTags(
  tags: Readonly<Record<string, string>>,
  list: readonly Tag[],
): Readonly<Record<string, string>> {
  for (const { Key } of list)
    if (Key.toLowerCase().startsWith("aws:"))
      throw invalidValue(`Tag keys must not begin with aws:, which is AWS's own, got ${Key}.`);
  const all = { ...tags, ...Object.fromEntries(list.map(({ Key, Value }) => [Key, Value])) };
  const count = Object.keys(all).length;
  if (count > MOST_TAGS) throw invalidValue(`A resource has at most ${MOST_TAGS} tags, got ${count}.`);
  return all;
}
