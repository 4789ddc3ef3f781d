// How experiments are searched.
import type { Rows } from "../../../store/rows/rows.ts";
import { type ExperimentDocument, kindOf } from "../shared/experiments/documents.ts";
import { type Searchable, withTags } from "../shared/searchable.ts";
import { describe } from "./describe.ts";

export const searchable = (rows: Rows): Searchable<ExperimentDocument> => ({
  resource: "Experiment",
  member: "Experiment",
  kind: kindOf("experiment"),
  manyContains: ["DisplayName", "ExperimentName", "Tags"],
  records: (found, needs) =>
    withTags(
      rows,
      found.map((row) => ({ scope: row.scope, arn: row.document.arn, record: describe(row) })),
      needs,
    ),
  narrow: async (_, wanted) => {
    const name = wanted.get("experimentname");
    return name === undefined ? undefined : [name.toLowerCase()];
  },
});
