// Experiments: CreateExperiment, DescribeExperiment, UpdateExperiment, DeleteExperiment, ListExperiments.
// Gap: CreatedBy and LastModifiedBy tell the IAM identity; there are no Studio users yet.
import type { CreateExperimentRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { caller, type ExperimentDocument, entityKey, kindOf } from "../shared/experiments/documents.ts";
import { changeEntity, createEntity, deleteEntity, needEntity } from "../shared/experiments/entities.ts";
import { listRows } from "../shared/list.ts";
import { arnOf, type Noun, onResource, type Parts, scopeOf } from "../shared/noun.ts";
import { describe, summarize } from "./describe.ts";
import { searchable } from "./search.ts";

export function experiment({ rows, clock, quotas }: Parts): Noun {
  const onExperiment = ({ ExperimentName }: { readonly ExperimentName: string }, call: Call) => [
    onResource(call, "experiment", ExperimentName),
  ];
  return {
    searchable: searchable(rows),
    operations: {
      CreateExperiment: {
        permissions: onExperiment,
        run: async (input, call) => {
          const key = entityKey(call, "experiment", input.ExperimentName);
          const document = newDocument(input, arnOf(key, "experiment"), call);
          const place = quotas.within(key.scope, [quotas.one("Total number of experiments", key)]);
          await createEntity(place, { key, document, tags: input.Tags, now: clock.now() });
          return { ExperimentArn: document.arn };
        },
      },
      DescribeExperiment: {
        permissions: onExperiment,
        run: async ({ ExperimentName }, call) =>
          describe(await needEntity(rows, entityKey(call, "experiment", ExperimentName), ExperimentName)),
      },
      UpdateExperiment: {
        permissions: onExperiment,
        run: async ({ ExperimentName, DisplayName, Description }, call) => {
          const key = entityKey(call, "experiment", ExperimentName);
          const { document } = await changeEntity<ExperimentDocument>(rows, key, clock.now(), (before) => ({
            ...before,
            ...(DisplayName === undefined ? {} : { displayName: DisplayName }),
            ...(Description === undefined ? {} : { description: Description }),
            modifiedBy: caller(call),
          }));
          return { ExperimentArn: document.arn };
        },
      },
      DeleteExperiment: {
        permissions: onExperiment,
        run: async ({ ExperimentName }, call) => {
          const key = entityKey(call, "experiment", ExperimentName);
          const trials = { kind: kindOf("experiment-trial"), scope: key.scope, parent: key.name, limit: 1 };
          const ExperimentArn = await deleteEntity(rows, key, {
            isUsed: async () => (await rows.list({ ...trials, sortBy: "created" })).rows.length > 0,
            refusal: (arn) => `Experiment '${arn}' still has trials; delete them first.`,
          });
          return { ExperimentArn };
        },
      },
      ListExperiments: {
        run: async ({ CreatedAfter, CreatedBefore, ...input }, call) => {
          const { rows: found, ...more } = await listRows<ExperimentDocument>(
            rows,
            { kind: kindOf("experiment"), scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Descending" },
            { ...input, CreationTimeAfter: CreatedAfter, CreationTimeBefore: CreatedBefore },
          );
          return { ExperimentSummaries: found.map(summarize), ...more };
        },
      },
    },
  };
}

const newDocument = (input: CreateExperimentRequest, arn: string, call: Call): ExperimentDocument => ({
  name: input.ExperimentName,
  arn,
  displayName: input.DisplayName ?? input.ExperimentName,
  description: input.Description,
  createdBy: caller(call),
});
