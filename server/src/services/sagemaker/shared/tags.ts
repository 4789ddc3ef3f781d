// Tags of every resource: a row for each ARN, made with the resource, so that it also says whether the ARN exists.
import type { Tag } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Expectation, RowKey, RowWrite } from "../../../store/rows/rows.ts";

export const tagKind = "sagemaker:tags";

/** Most tags of one resource (API reference, AddTags). */
export const MAX_TAGS = 50;

export type TagDocument = { readonly Tags: readonly Tag[] };

/** Names in ARNs are found without regard to case, as AWS writes them in lower case. */
export const tagKey = (scope: string, arn: string): RowKey => ({ kind: tagKind, scope, name: arn.toLowerCase() });

/**
 * That no resource has the ARN, for the commit that makes one: names that differ only in case have the same ARN, and would
 * have the same tags, by which policies tell them apart (API reference, CreateEndpoint: names are case-insensitive there).
 */
export const arnIsFree = (scope: string, arn: string): Expectation => ({ key: tagKey(scope, arn), version: "absent" });

/**
 * The row that makes a resource taggable; commit it with the resource and `remove: [tagKey(…)]` with its deletion.
 * @throws ApiError Validation for repeated keys, the reserved prefix, more than 50 tags
 */
export function tagRow(
  scope: string,
  arn: string,
  tags: readonly Tag[] | undefined,
  now: number,
): RowWrite<TagDocument> {
  checkTags(tags ?? []);
  return {
    ...tagKey(scope, arn),
    status: "",
    createdAt: now,
    modifiedAt: now,
    document: { Tags: tags ?? [] },
  };
}

/** @throws ApiError Validation */
export function checkTags(tags: readonly Tag[]): void {
  const seen = new Set<string>();
  for (const { Key } of tags) {
    if (Key.toLowerCase().startsWith("aws:"))
      throw errors.validation(`Tag keys starting with "aws:" are reserved for system use, got "${Key}".`);
    if (seen.has(Key)) throw errors.validation(`Tag keys must be unique, got "${Key}" more than once.`);
    seen.add(Key);
  }
  if (tags.length > MAX_TAGS)
    throw errors.validation(`A resource may have at most ${MAX_TAGS} tags, this would make ${tags.length}.`);
}
