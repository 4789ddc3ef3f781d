// How endpoints are searched.
import type { Rows } from "../../../store/rows/rows.ts";
import { type Searchable, withTags } from "../shared/searchable.ts";
import { describe } from "./describe.ts";
import { type EndpointDocument, endpointKind } from "./document.ts";

export const searchable = (rows: Rows): Searchable<EndpointDocument> => ({
  resource: "Endpoint",
  member: "Endpoint",
  kind: endpointKind,
  records: (found, needs) =>
    withTags(
      rows,
      found.map((row) => ({ scope: row.scope, arn: row.document.arn, record: describe(row) })),
      needs,
    ),
});
