// Trials: CreateTrial, DescribeTrial, UpdateTrial, DeleteTrial, ListTrials.
// Gap: CreatedBy and LastModifiedBy tell the IAM identity; there are no Studio users yet.
import type { CreateTrialRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import {
  caller,
  type ExperimentDocument,
  entityKey,
  kindOf,
  type TrialDocument,
} from "../shared/experiments/documents.ts";
import {
  changeEntity,
  createEntity,
  deleteEntity,
  guard,
  needEntity,
  present,
} from "../shared/experiments/entities.ts";
import { hasMembers, lastPart, membershipKind } from "../shared/experiments/membership.ts";
import { listRows } from "../shared/list.ts";
import { arnOf, type Noun, onResource, type Parts, scopeOf } from "../shared/noun.ts";
import { describe, summarize } from "./describe.ts";
import { searchable } from "./search.ts";

export function trial({ rows, clock, quotas }: Parts): Noun {
  const onTrial = ({ TrialName }: { readonly TrialName: string }, call: Call) => [
    onResource(call, "experiment-trial", TrialName),
  ];
  return {
    searchable: searchable(rows),
    operations: {
      CreateTrial: {
        newer: ["MetadataProperties"],
        permissions: (input, call) => [
          onResource(call, "experiment", input.ExperimentName),
          onResource(call, "experiment-trial", input.TrialName),
        ],
        run: async (input, call) => {
          const { ExperimentName, TrialName, Tags: tags } = input;
          const experimentKey = entityKey(call, "experiment", ExperimentName);
          const experiment = await needEntity<ExperimentDocument>(rows, experimentKey, ExperimentName);
          const key = entityKey(call, "experiment-trial", TrialName);
          const now = clock.now();
          const document = newDocument(input, arnOf(key, "experiment-trial"), experiment.document, call);
          const inside = { parent: experiment.name, expect: [present(experiment)], put: [guard(experiment, now)] };
          const among = { kind: key.kind, scope: key.scope, parent: experiment.name };
          const place = quotas.within(key.scope, [
            quotas.one("Total number of trials allowed in a single experiment", among),
          ]);
          await createEntity(place, { key, document, tags, now, ...inside });
          return { TrialArn: document.arn };
        },
      },
      DescribeTrial: {
        permissions: onTrial,
        run: async ({ TrialName }, call) =>
          describe(await needEntity(rows, entityKey(call, "experiment-trial", TrialName), TrialName)),
      },
      UpdateTrial: {
        permissions: onTrial,
        run: async ({ TrialName, DisplayName }, call) => {
          const key = entityKey(call, "experiment-trial", TrialName);
          const { document } = await changeEntity<TrialDocument>(rows, key, clock.now(), (before) => ({
            ...before,
            ...(DisplayName === undefined ? {} : { displayName: DisplayName }),
            modifiedBy: caller(call),
          }));
          return { TrialArn: document.arn };
        },
      },
      DeleteTrial: {
        permissions: onTrial,
        run: async ({ TrialName }, call) => {
          const key = entityKey(call, "experiment-trial", TrialName);
          const TrialArn = await deleteEntity(rows, key, {
            isUsed: () => hasMembers(rows, key),
            refusal: (arn) => `Trial '${arn}' still has trial components; disassociate them first.`,
          });
          return { TrialArn };
        },
      },
      ListTrials: {
        run: async ({ CreatedAfter, CreatedBefore, ExperimentName, TrialComponentName, ...input }, call) => {
          if (ExperimentName !== undefined && TrialComponentName !== undefined)
            throw errors.validation(
              "ExperimentName and TrialComponentName are both given; expected at most one of them.",
            );
          const request = { ...input, CreationTimeAfter: CreatedAfter, CreationTimeBefore: CreatedBefore };
          const defaults = { scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Descending" } as const;
          if (TrialComponentName !== undefined) {
            const key = entityKey(call, "experiment-trial-component", TrialComponentName);
            await needEntity(rows, key, TrialComponentName);
            const of = { ...defaults, kind: membershipKind, parent: key.name };
            const { rows: memberships, ...more } = await listRows(rows, of, request);
            const keys = memberships.map(({ name }) => entityKey(call, "experiment-trial", lastPart(name)));
            const trials = await rows.getMany<TrialDocument>(keys);
            return { TrialSummaries: trials.filter((row) => row !== undefined).map(summarize), ...more };
          }
          const of = ExperimentName === undefined ? undefined : entityKey(call, "experiment", ExperimentName);
          if (of) await needEntity(rows, of, ExperimentName);
          const { rows: found, ...more } = await listRows<TrialDocument>(
            rows,
            { ...defaults, kind: kindOf("experiment-trial"), ...(of ? { parent: of.name } : {}) },
            request,
          );
          return { TrialSummaries: found.map(summarize), ...more };
        },
      },
    },
  };
}

const newDocument = (
  input: CreateTrialRequest,
  arn: string,
  experiment: ExperimentDocument,
  call: Call,
): TrialDocument => ({
  name: input.TrialName,
  arn,
  displayName: input.DisplayName ?? input.TrialName,
  experimentName: experiment.name,
  metadata: input.MetadataProperties,
  createdBy: caller(call),
});
