// Tags of repositories, checked as ECR does.
import type { Tag } from "../../../../../contract/ecr/types.ts";
import { invalidTagParameter, tooManyTags } from "../errors.ts";

/** Amazon ECR user guide, "Tag restrictions". */
const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** The tags with new ones put in. @throws ApiError InvalidTagParameter, TooManyTags */
export function tagsOf(old: Readonly<Record<string, string>>, given: readonly Tag[]): Readonly<Record<string, string>> {
  for (const { Key, Value } of given) {
    if (Key === "" || Key.length > LONGEST_KEY || Value.length > LONGEST_VALUE)
      throw invalidTagParameter(
        `Tag keys have 1 to ${LONGEST_KEY} characters and values up to ${LONGEST_VALUE}; got key '${Key}'.`,
      );
    if (/^aws:/i.test(Key)) throw invalidTagParameter("Tag keys that begin with aws: are reserved.");
  }
  if (new Set(given.map(({ Key }) => Key)).size !== given.length)
    throw invalidTagParameter("The same tag key is given more than once.");
  const tags = { ...old, ...Object.fromEntries(given.map(({ Key, Value }) => [Key, Value])) };
  if (Object.keys(tags).length > MOST_TAGS) throw tooManyTags(`A repository may have ${MOST_TAGS} tags.`);
  return tags;
}
