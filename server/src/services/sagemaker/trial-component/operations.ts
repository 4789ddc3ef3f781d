// Trial components: CreateTrialComponent, DescribeTrialComponent, UpdateTrialComponent, DeleteTrialComponent,
// ListTrialComponents, AssociateTrialComponent, DisassociateTrialComponent.
// Gap: CreatedBy and LastModifiedBy tell the IAM identity; there are no Studio users yet.
// Gap: everybody may make trial components, on AWS only what runs in SageMaker.
// Gap: metrics come from training jobs; what the Tracker of the Experiments SDK logs in the course of a job is not collected.
import type { Call } from "../../../core/call.ts";
import { again } from "../../../store/rows/again.ts";
import { type ComponentDocument, caller, entityKey, type TrialDocument } from "../shared/experiments/documents.ts";
import { changeEntity, createEntity, deleteEntity, needEntity, present } from "../shared/experiments/entities.ts";
import { association, associationKeys, hasMemberships } from "../shared/experiments/membership.ts";
import { arnOf, type Noun, onResource, type Parts } from "../shared/noun.ts";
import { changedComponent, newComponent } from "./change.ts";
import { listComponents } from "./list.ts";
import { metricsOf } from "./metrics.ts";
import { searchable } from "./search.ts";
import { describe, look, summarize } from "./view.ts";

export function trialComponent({ rows, clock, series, nouns, quotas }: Parts): Noun {
  const type = "experiment-trial-component";
  const onComponent = ({ TrialComponentName }: { readonly TrialComponentName: string }, call: Call) => [
    onResource(call, type, TrialComponentName),
  ];
  const onBoth = (input: { readonly TrialComponentName: string; readonly TrialName: string }, call: Call) => [
    ...onComponent(input, call),
    onResource(call, "experiment-trial", input.TrialName),
  ];
  const pair = async (call: Call, componentName: string, trialName: string) => {
    const component = await needEntity<ComponentDocument>(rows, entityKey(call, type, componentName), componentName);
    const trial = await needEntity<TrialDocument>(rows, entityKey(call, "experiment-trial", trialName), trialName);
    return { component, trial, arns: { TrialComponentArn: component.document.arn, TrialArn: trial.document.arn } };
  };
  return {
    searchable: searchable({ rows, clock, series, nouns }),
    operations: {
      CreateTrialComponent: {
        newer: ["MetadataProperties"],
        permissions: onComponent,
        run: async (input, call) => {
          const key = entityKey(call, type, input.TrialComponentName);
          const document = newComponent(input, arnOf(key, type), caller(call));
          const place = quotas.within(key.scope, [quotas.one("Total number of trial components", key)]);
          await createEntity(place, { key, document, tags: input.Tags, now: clock.now() });
          return { TrialComponentArn: document.arn };
        },
      },
      DescribeTrialComponent: {
        permissions: onComponent,
        run: async ({ TrialComponentName: name }, call) => {
          const row = await needEntity<ComponentDocument>(rows, entityKey(call, type, name), name);
          const [seen = { row }] = await look(rows, nouns(), [row]);
          const Metrics = await metricsOf(series, seen, clock.now());
          return { ...describe(seen), Metrics };
        },
      },
      UpdateTrialComponent: {
        permissions: onComponent,
        run: async (input, call) => {
          const key = entityKey(call, type, input.TrialComponentName);
          const { document } = await changeEntity<ComponentDocument>(rows, key, clock.now(), (before) =>
            changedComponent(before, input, caller(call)),
          );
          return { TrialComponentArn: document.arn };
        },
      },
      DeleteTrialComponent: {
        permissions: onComponent,
        run: async ({ TrialComponentName }, call) => {
          const key = entityKey(call, type, TrialComponentName);
          const TrialComponentArn = await deleteEntity(rows, key, {
            isUsed: () => hasMemberships(rows, key),
            refusal: (arn) => `Trial Component '${arn}' is still associated with trials; disassociate it first.`,
          });
          return { TrialComponentArn };
        },
      },
      ListTrialComponents: {
        run: async (input, call) => {
          const { rows: found, ...more } = await listComponents(rows, call, input);
          return { TrialComponentSummaries: (await look(rows, nouns(), found)).map(summarize), ...more };
        },
      },
      AssociateTrialComponent: {
        permissions: onBoth,
        run: async ({ TrialComponentName, TrialName }, call) => {
          return await again(async () => {
            const { component, trial, arns } = await pair(call, TrialComponentName, TrialName);
            await rows.commit({
              expect: [present(component), present(trial)],
              put: association(trial, component, clock.now()),
            });
            return arns;
          });
        },
      },
      DisassociateTrialComponent: {
        permissions: onBoth,
        run: async ({ TrialComponentName, TrialName }, call) => {
          const { component, trial, arns } = await pair(call, TrialComponentName, TrialName);
          await rows.commit({ remove: associationKeys(trial, component) });
          return arns;
        },
      },
    },
  };
}
