// How trial components are searched.
import { type ComponentDocument, kindOf } from "../shared/experiments/documents.ts";
import { membersOf, parentsOf } from "../shared/experiments/membership.ts";
import type { Parts } from "../shared/noun.ts";
import { type Searchable, type Wanted, withTags } from "../shared/searchable.ts";
import { finalMetrics, metricsOf } from "./metrics.ts";
import { describe, detailOf, look, type Seen } from "./view.ts";

type Given = Pick<Parts, "rows" | "clock" | "series" | "nouns">;

export const searchable = ({ rows, clock, series, nouns }: Given): Searchable<ComponentDocument> => ({
  resource: "ExperimentTrialComponent",
  member: "TrialComponent",
  kind: kindOf("experiment-trial-component"),
  manyContains: ["DisplayName", "TrialComponentName", "Tags", "InputArtifacts", "OutputArtifacts"],
  records: async (found, needs) => {
    const record = async (seen: Seen) => {
      const metrics = needs("Metrics") ? await metricsOf(series, seen, clock.now()) : finalMetrics(seen);
      const detail = detailOf(seen);
      return {
        ...describe(seen),
        Metrics: metrics,
        ...(detail ? { SourceDetail: detail } : {}),
        ...(needs("Parents") ? { Parents: await parentsOf(rows, seen.row) } : {}),
      };
    };
    const records = (await look(rows, nouns(), found)).map(async (seen) => ({
      scope: seen.row.scope,
      arn: seen.row.document.arn,
      record: await record(seen),
    }));
    return withTags(rows, await Promise.all(records), needs);
  },
  narrow: async (scope: string, wanted: Wanted) => {
    const name = wanted.get("trialcomponentname");
    if (name !== undefined) return [name.toLowerCase()];
    const experiment = wanted.get("parents.experimentname");
    if (experiment === undefined) return undefined;
    return (await membersOf(rows, scope, { experiment: experiment.toLowerCase() })).map((member) => member.name);
  },
});
