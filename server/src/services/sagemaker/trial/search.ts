// How trials are searched.
import type { TrialComponentSimpleSummary } from "../../../../../contract/sagemaker/types.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import { type ComponentDocument, kindOf, type TrialDocument, type TrialRow } from "../shared/experiments/documents.ts";
import { membersOf } from "../shared/experiments/membership.ts";
import { toSeconds } from "../shared/noun.ts";
import { type Searchable, withTags } from "../shared/searchable.ts";
import { describe } from "./describe.ts";

/** Rows read at once in a walk. */
const SLICE = 500;

export const searchable = (rows: Rows): Searchable<TrialDocument> => ({
  resource: "ExperimentTrial",
  member: "Trial",
  kind: kindOf("experiment-trial"),
  manyContains: ["DisplayName", "TrialName", "Tags"],
  records: async (found, needs) => {
    const records = found.map(async (row) => ({
      scope: row.scope,
      arn: row.document.arn,
      record: {
        ...describe(row),
        ...(needs("TrialComponentSummaries") ? { TrialComponentSummaries: await components(rows, row) } : {}),
      },
    }));
    return withTags(rows, await Promise.all(records), needs);
  },
  narrow: async (scope, wanted) => {
    const name = wanted.get("trialname");
    if (name !== undefined) return [name.toLowerCase()];
    const experiment = wanted.get("experimentname");
    return experiment === undefined ? undefined : trialsOf(rows, scope, experiment.toLowerCase());
  },
});

async function components(rows: Rows, trial: TrialRow): Promise<readonly TrialComponentSimpleSummary[]> {
  const { scope, name, parent = "" } = trial;
  const members = await membersOf(rows, scope, { experiment: parent, trial: name });
  const kind = kindOf("experiment-trial-component");
  const found = await rows.getMany<ComponentDocument>(members.map((member) => ({ kind, scope, name: member.name })));
  return found
    .filter((row) => row !== undefined)
    .map(({ document, createdAt }) => ({
      TrialComponentName: document.name,
      TrialComponentArn: document.arn,
      ...(document.job ? { TrialComponentSource: document.job.source } : {}),
      CreationTime: toSeconds(createdAt),
      CreatedBy: document.createdBy,
    }));
}

/** Row names of the trials of an experiment. */
async function trialsOf(rows: Rows, scope: string, parent: string): Promise<readonly string[]> {
  const query = { kind: kindOf("experiment-trial"), scope, parent, sortBy: "created", limit: SLICE } as const;
  const names: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await rows.list<TrialDocument>({ ...query, after });
    names.push(...page.rows.map(({ name }) => name));
    if (page.next === undefined) return names;
    after = page.next;
  }
}
