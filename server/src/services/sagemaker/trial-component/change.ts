// What CreateTrialComponent and UpdateTrialComponent make of a component's document.
import type {
  CreateTrialComponentRequest,
  UpdateTrialComponentRequest,
  UserContext,
} from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { type ComponentDocument, type MapMember, mapMembers, type Told } from "../shared/experiments/documents.ts";

/** Most parameters of a component, and most artifacts of one direction (API reference of today, its model). */
const LIMITS = { Parameters: 300, InputArtifacts: 60, OutputArtifacts: 60 } as const;

/** @throws ApiError Validation for a parameter that is not one value, or an end before the start */
export function newComponent(
  input: CreateTrialComponentRequest,
  arn: string,
  createdBy: UserContext,
): ComponentDocument {
  const { Status, StartTime, EndTime, Parameters, InputArtifacts, OutputArtifacts } = input;
  const told = { Status, StartTime, EndTime, Parameters, InputArtifacts, OutputArtifacts };
  check(told);
  return {
    name: input.TrialComponentName,
    arn,
    displayName: input.DisplayName ?? input.TrialComponentName,
    metadata: input.MetadataProperties,
    createdBy,
    told,
  };
}

/** Entries given replace those of the same name; what is given and to be removed too is removed. @throws ApiError Validation */
export function changedComponent(
  before: ComponentDocument,
  input: UpdateTrialComponentRequest,
  modifiedBy: UserContext,
): ComponentDocument {
  const { Status, StartTime, EndTime, DisplayName } = input;
  const single = Object.fromEntries(
    Object.entries({ Status, StartTime, EndTime }).filter(([, value]) => value !== undefined),
  );
  const maps = mapMembers.map((member) => {
    const gone = input[`${member}ToRemove`] ?? [];
    const together = Object.entries({ ...before.told[member], ...input[member] });
    const entries = Object.fromEntries(together.filter(([name]) => !gone.includes(name)));
    const removed = new Set(before.removed?.[member]);
    for (const name of Object.keys(input[member] ?? {})) removed.delete(name);
    for (const name of gone) removed.add(name);
    return { member, entries, removed: before.job ? [...removed] : [] };
  });
  const told: Told = {
    ...before.told,
    ...single,
    ...Object.fromEntries(maps.map(({ member, entries }) => [member, entries])),
  };
  check(told);
  const removed = maps.flatMap(({ member, removed: names }) => (names.length > 0 ? [[member, names] as const] : []));
  for (const [member, names] of removed) checkCount(member, names.length);
  return {
    ...before,
    ...(DisplayName === undefined ? {} : { displayName: DisplayName }),
    told,
    ...(before.job ? { removed: Object.fromEntries(removed) } : {}),
    modifiedBy,
  };
}

function check(told: Told): void {
  for (const [name, value] of Object.entries(told.Parameters ?? {})) {
    if ((value.StringValue === undefined) === (value.NumberValue === undefined))
      throw errors.validation(`Parameter "${name}" must have exactly one of StringValue and NumberValue.`);
    // What is kept is JSON, which has no others.
    if (value.NumberValue !== undefined && !Number.isFinite(value.NumberValue))
      throw errors.validation(`Parameter "${name}": expected a finite NumberValue, got ${value.NumberValue}.`);
  }
  for (const member of mapMembers) checkCount(member, Object.keys(told[member] ?? {}).length);
  if (told.StartTime !== undefined && told.EndTime !== undefined && told.EndTime < told.StartTime)
    throw errors.validation(`EndTime must not be before StartTime, got ${told.EndTime} and ${told.StartTime}.`);
}

function checkCount(member: MapMember, count: number): void {
  if (count > LIMITS[member])
    throw errors.validation(
      `A trial component may have at most ${LIMITS[member]} ${member}, this would make ${count}.`,
    );
}
