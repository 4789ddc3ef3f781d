// Tag sets: limits of the S3 user guide, "Categorizing your storage using tags".
import type { Tag } from "../../../../../contract/s3/types.ts";
import { s3Errors } from "../errors.ts";

export const MOST_OBJECT_TAGS = 10;
export const MOST_BUCKET_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** @throws ApiError InvalidTag, BadRequest when there are too many */
export function checkTags(tags: readonly Tag[], most: number): readonly Tag[] {
  if (tags.length > most)
    throw most === MOST_OBJECT_TAGS
      ? s3Errors.badRequest(`Object tags cannot be greater than ${most}`)
      : s3Errors.badRequest(`Bucket tag count cannot be greater than ${most}`);
  const seen = new Set<string>();
  for (const { Key, Value } of tags) {
    if (typeof Key !== "string" || typeof Value !== "string") throw s3Errors.malformedXml({});
    if (Key.length === 0 || Key.length > LONGEST_KEY || !ALLOWED.test(Key))
      throw s3Errors.invalidTag("The TagKey you have provided is invalid", { TagKey: Key });
    if (Value.length > LONGEST_VALUE || !ALLOWED.test(Value))
      throw s3Errors.invalidTag("The TagValue you have provided is invalid", { TagKey: Key, TagValue: Value });
    if (Key.toLowerCase().startsWith("aws:"))
      throw s3Errors.invalidTag("System tags cannot be added/updated by requester", { TagKey: Key });
    if (seen.has(Key)) throw s3Errors.invalidTag("Cannot provide multiple Tags with the same key", { TagKey: Key });
    seen.add(Key);
  }
  return tags.map(({ Key, Value }) => ({ Key, Value }));
}

/** Tags of the x-amz-tagging header, which are written like a query string. */
export function parseTagging(header: string | undefined): readonly Tag[] {
  if (header === undefined || header === "") return [];
  const tags = [...new URLSearchParams(header)].map(([Key, Value]) => ({ Key, Value }));
  if (new Set(tags.map((tag) => tag.Key)).size !== tags.length)
    throw s3Errors.invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      { ArgumentName: "x-amz-tagging", ArgumentValue: header },
    );
  for (const { Key } of tags)
    if (Key.toLowerCase().startsWith("aws:"))
      throw s3Errors.invalidTag("Your TagKey cannot be prefixed with aws:", { TagKey: Key });
  return checkTags(tags, MOST_OBJECT_TAGS);
}
