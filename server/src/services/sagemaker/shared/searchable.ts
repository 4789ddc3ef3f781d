// What Search needs of a noun that can be searched, in the noun's `search.ts`.
import type { SearchRecord, SearchRequest, Tag } from "../../../../../contract/sagemaker/types.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import { type TagDocument, tagKey } from "./tags.ts";

/** A property and the one value that the search wants it to have, by the property's name in lower case. */
export type Wanted = ReadonlyMap<string, string>;

export interface Searchable<Document> {
  readonly resource: SearchRequest["Resource"];
  /** Where a result of this resource stands in a SearchRecord; its shape in the contract has the same name. */
  readonly member: keyof SearchRecord;
  /** Of its rows. */
  readonly kind: string;
  /** Properties for which Contains may be used more than once (API reference, Filter). */
  readonly manyContains?: readonly string[];
  /**
   * The rows as results show them, in the order given. `needs` says whether a property will be looked at, so that what
   * is costly to find out can be left out.
   */
  readonly records: (
    rows: readonly Row<Document>[],
    needs: (property: string) => boolean,
  ) => Promise<readonly object[]>;
  /** Names of the only rows that can have all of the wanted values, where that is quicker to tell than by a look at all. */
  readonly narrow?: (scope: string, wanted: Wanted) => Promise<readonly string[] | undefined>;
}

/** Tags of resources by their ARNs, in the order given. */
export async function tagsOf(
  rows: Rows,
  resources: readonly { readonly scope: string; readonly arn: string }[],
): Promise<readonly (readonly Tag[])[]> {
  const found = await rows.getMany<TagDocument>(resources.map(({ scope, arn }) => tagKey(scope, arn)));
  return found.map((row) => row?.document.Tags ?? []);
}

/** A record with its Tags, where they are looked at. */
export async function withTags(
  rows: Rows,
  records: readonly { readonly scope: string; readonly arn: string; readonly record: object }[],
  needs: (property: string) => boolean,
): Promise<readonly object[]> {
  if (!needs("Tags")) return records.map(({ record }) => record);
  const tags = await tagsOf(rows, records);
  return records.map(({ record }, index) => ({ ...record, Tags: tags[index] }));
}
