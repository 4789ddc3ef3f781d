// Which components are in which trials: two rows for each pair, one to walk from the trial, one from the component.
import type { Parent } from "../../../../../../contract/sagemaker/types.ts";
import type { RowKey, Rows, RowWrite } from "../../../../store/rows/rows.ts";
import type { TrialRow } from "./documents.ts";
import { guard } from "./entities.ts";

/** From the trial: named `experiment/trial/component`, the trial is the parent, made when the component was made. */
export const memberKind = "sagemaker:trial-member";
/** From the component: named `component/trial`, the component is the parent, made when the trial was made. */
export const membershipKind = "sagemaker:trial-membership";

/** Rows read at once in a walk. */
const SLICE = 500;

type Component = RowKey & { readonly createdAt: number };
type Keyed = Pick<TrialRow, "kind" | "scope" | "name" | "parent">;

const memberKey = (trial: Keyed, component: RowKey): RowKey => ({
  kind: memberKind,
  scope: trial.scope,
  name: `${trial.parent}/${trial.name}/${component.name}`,
});

const membershipKey = (trial: RowKey, component: RowKey): RowKey => ({
  kind: membershipKind,
  scope: trial.scope,
  name: `${component.name}/${trial.name}`,
});

/** Row name of the component in the name of a member, of the trial in that of a membership. */
export const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** What puts a component into a trial, if both are there; to put it there again changes nothing. */
export function association(
  trial: Omit<TrialRow, "version">,
  component: Component,
  now: number,
): readonly RowWrite<unknown>[] {
  const { experimentName: ExperimentName, name: TrialName } = trial.document;
  const parents: Parent = { TrialName, ExperimentName };
  return [
    {
      ...memberKey(trial, component),
      parent: trial.name,
      status: "",
      createdAt: component.createdAt,
      modifiedAt: now,
      document: {},
    },
    {
      ...membershipKey(trial, component),
      parent: component.name,
      status: "",
      createdAt: trial.createdAt,
      modifiedAt: now,
      document: parents,
    },
    guard(trial, now),
    guard(component, now),
  ];
}

/** The rows that say that a component is in a trial. */
export const associationKeys = (trial: Keyed, component: RowKey): readonly [RowKey, RowKey] => [
  memberKey(trial, component),
  membershipKey(trial, component),
];

/** Whether any component is in the trial. */
export const hasMembers = (rows: Rows, { scope, name }: RowKey): Promise<boolean> =>
  hasAny(rows, memberKind, scope, name);

/** Whether the component is in any trial. */
export const hasMemberships = (rows: Rows, { scope, name }: RowKey): Promise<boolean> =>
  hasAny(rows, membershipKind, scope, name);

async function hasAny(rows: Rows, kind: string, scope: string, parent: string): Promise<boolean> {
  return (await rows.list({ kind, scope, parent, sortBy: "created", limit: 1 })).rows.length > 0;
}

/** Trials and experiments that a component is in. */
export async function parentsOf(rows: Rows, component: RowKey): Promise<readonly Parent[]> {
  const parents: Parent[] = [];
  for await (const slice of walk(rows, membershipKind, component.scope, `${component.name}/`))
    parents.push(...slice.map(({ document }) => document as Parent));
  return parents;
}

export interface Member {
  /** Row name of the component. */
  readonly name: string;
  readonly createdAt: number;
}

/** Components in any trial of an experiment, or of one of its trials; each once. Row names in lower case. */
export async function membersOf(
  rows: Rows,
  scope: string,
  within: { readonly experiment: string; readonly trial?: string },
): Promise<readonly Member[]> {
  const found = new Map<string, Member>();
  const prefix = `${within.experiment}/${within.trial === undefined ? "" : `${within.trial}/`}`;
  for await (const slice of walk(rows, memberKind, scope, prefix))
    for (const { name, createdAt } of slice) found.set(lastPart(name), { name: lastPart(name), createdAt });
  return [...found.values()];
}

async function* walk(rows: Rows, kind: string, scope: string, prefix: string) {
  let after: string | undefined;
  for (;;) {
    const slice = await rows.scan({ kind, scope, prefix, after, limit: SLICE });
    yield slice;
    after = slice.at(-1)?.name;
    if (slice.length < SLICE || after === undefined) return;
  }
}
