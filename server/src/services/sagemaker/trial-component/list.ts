// ListTrialComponents: all, those of a trial, those of an experiment, or those of a job.
import type { ListTrialComponentsRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { itemsAfter, readMarker } from "../../../core/pages.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import { type ComponentDocument, type ComponentRow, entityKey, kindOf } from "../shared/experiments/documents.ts";
import { needEntity } from "../shared/experiments/entities.ts";
import { lastPart, type Member, memberKind, membersOf } from "../shared/experiments/membership.ts";
import { DEFAULT_PAGE, listRows, markOf, placeIn, refuseToken } from "../shared/list.ts";
import { scopeOf, toMilliseconds } from "../shared/noun.ts";

interface Page {
  readonly rows: readonly ComponentRow[];
  readonly NextToken?: string;
}

const kind = kindOf("experiment-trial-component");

/** @throws ApiError Validation for more than one filter, ResourceNotFound for a trial or an experiment that is not there */
export async function listComponents(rows: Rows, call: Call, input: ListTrialComponentsRequest): Promise<Page> {
  const { ExperimentName, TrialName, SourceArn, CreatedAfter, CreatedBefore, ...rest } = input;
  const given = Object.entries({ ExperimentName, TrialName, SourceArn }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw errors.validation(
      `Expected at most one of ExperimentName, TrialName and SourceArn, got ${given.map(([name]) => name).join(" and ")}.`,
    );
  if (ExperimentName !== undefined) return ofExperiment(rows, call, ExperimentName, input);
  const request = { ...rest, CreationTimeAfter: CreatedAfter, CreationTimeBefore: CreatedBefore };
  const defaults = { scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Descending" } as const;
  if (TrialName === undefined) {
    const parent = SourceArn?.toLowerCase();
    return listRows<ComponentDocument>(
      rows,
      { ...defaults, kind, ...(parent === undefined ? {} : { parent }) },
      request,
    );
  }
  const trial = entityKey(call, "experiment-trial", TrialName);
  await needEntity(rows, trial, TrialName);
  const page = await listRows(rows, { ...defaults, kind: memberKind, parent: trial.name }, request);
  return {
    ...page,
    rows: await componentsOf(
      rows,
      call,
      page.rows.map(({ name }) => lastPart(name)),
    ),
  };
}

/** A component may be in several trials of the experiment, and is listed once; so all of them are looked at for each page. */
async function ofExperiment(rows: Rows, call: Call, name: string, input: ListTrialComponentsRequest): Promise<Page> {
  const { CreatedAfter, CreatedBefore, SortBy, SortOrder, NextToken, MaxResults } = input;
  const experiment = entityKey(call, "experiment", name);
  await needEntity(rows, experiment, name);
  const mark = markOf({ ...experiment, CreatedAfter, CreatedBefore, SortBy, SortOrder });
  const after = NextToken === undefined ? undefined : readMarker(placeIn(NextToken, mark));
  if (NextToken !== undefined && after === undefined) refuseToken(NextToken);
  const members = (await membersOf(rows, experiment.scope, { experiment: experiment.name })).filter(
    ({ createdAt }) =>
      (CreatedAfter === undefined || createdAt > toMilliseconds(CreatedAfter)) &&
      (CreatedBefore === undefined || createdAt < toMilliseconds(CreatedBefore)),
  );
  const place = (member: Member) => (SortBy === "Name" ? member.name : `${timeText(member.createdAt)}/${member.name}`);
  const isAscending = SortOrder === "Ascending";
  const sorted = itemsAfter(members, place, isAscending ? after : undefined);
  const rest = isAscending
    ? sorted
    : sorted.toReversed().filter((member) => after === undefined || place(member) < after);
  const limit = MaxResults ?? DEFAULT_PAGE;
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return {
    rows: await componentsOf(
      rows,
      call,
      items.map((member) => member.name),
    ),
    ...(rest.length > limit && last ? { NextToken: `${mark}${Buffer.from(place(last)).toString("base64url")}` } : {}),
  };
}

/** Milliseconds in text that sorts as the numbers do. */
const timeText = (milliseconds: number): string => String(milliseconds).padStart(16, "0");

async function componentsOf(rows: Rows, call: Call, names: readonly string[]): Promise<readonly ComponentRow[]> {
  const found = await rows.getMany<ComponentDocument>(names.map((name) => ({ kind, scope: scopeOf(call), name })));
  return found.filter((row) => row !== undefined);
}
