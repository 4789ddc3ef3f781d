// How training jobs are searched.
import type { Rows } from "../../../store/rows/rows.ts";
import { type Searchable, withTags } from "../shared/searchable.ts";
import { describe } from "./describe.ts";
import { type TrainingDocument, trainingJobKind } from "./document.ts";

/** `steady`: now, on that scale. */
export const searchable = (rows: Rows, steady: () => number): Searchable<TrainingDocument> => ({
  resource: "TrainingJob",
  member: "TrainingJob",
  kind: trainingJobKind,
  records: (found, needs) =>
    withTags(
      rows,
      found.map((row) => ({ scope: row.scope, arn: row.document.arn, record: describe(row, steady(), undefined) })),
      needs,
    ),
  narrow: async (_, wanted) => {
    const name = wanted.get("trainingjobname");
    return name === undefined ? undefined : [name];
  },
});
