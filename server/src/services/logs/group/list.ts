// Log groups as lists give them: those with a row, and those that jobs have written to.
import type { ListLogGroupsRequest, LogGroup, LogGroupClass } from "../../../../../contract/logs/types.ts";
import type { LogsContext } from "../shared/context.ts";
import { compileExpression } from "../shared/expressions.ts";
import { GROUP, type GroupSettings, groupArn, type Place, scopeOf } from "../shared/groups.ts";

export interface FoundGroup {
  readonly name: string;
  readonly createdAt: number;
  readonly settings: GroupSettings;
}

const BATCH = 500;
const NO_SETTINGS: GroupSettings = { tags: {} };

/** By name. */
export async function everyGroup({ rows, series }: LogsContext, place: Place, prefix: string): Promise<FoundGroup[]> {
  const { account, region } = place;
  const found = new Map<string, FoundGroup>();
  for (const { group: name, createdAt } of await series.logGroups({ account, region }, prefix)) {
    found.set(name, { name, createdAt, settings: NO_SETTINGS });
  }
  let after: string | undefined;
  for (let isMore = true; isMore; ) {
    const page = await rows.scan<GroupSettings>({ kind: GROUP, scope: scopeOf(place), prefix, after, limit: BATCH });
    for (const { name, createdAt, document } of page) found.set(name, { name, createdAt, settings: document });
    after = page.at(-1)?.name;
    isMore = page.length === BATCH;
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

export const classOf = ({ settings }: FoundGroup): LogGroupClass => settings.logGroupClass ?? "STANDARD";

export function isDescribed(input: {
  readonly logGroupNamePattern?: string | undefined;
  readonly logGroupIdentifiers?: readonly string[] | undefined;
  readonly logGroupClass?: string | undefined;
}): (group: FoundGroup) => boolean {
  const part = input.logGroupNamePattern?.toLowerCase();
  const named = input.logGroupIdentifiers?.map((id) => (id.startsWith("arn:") ? id.split(":").slice(6).join(":") : id));
  return (group) =>
    (part === undefined || group.name.toLowerCase().includes(part)) &&
    (named === undefined || named.includes(group.name)) &&
    (input.logGroupClass === undefined || input.logGroupClass === classOf(group));
}

/** The model lets a pattern be a few beginnings (`^…`) and parts of names, joined by `|`. */
export function isListed(input: ListLogGroupsRequest): (group: FoundGroup) => boolean {
  const pattern = input.logGroupNamePattern;
  const expression = pattern === undefined ? undefined : compileExpression(pattern.replaceAll(".", "\\."));
  return (group) =>
    (expression === undefined || expression.finds(group.name)) &&
    (input.logGroupClass === undefined || input.logGroupClass === classOf(group));
}

/** A group as it is described; found by a part of its name, without what has to be looked up, as recorded. */
export async function answer(
  context: LogsContext,
  place: Place,
  group: FoundGroup,
  isByPattern: boolean,
): Promise<LogGroup> {
  const { account, region } = place;
  const { name, createdAt, settings } = group;
  const key = { account, region, group: name };
  return {
    logGroupName: name,
    creationTime: createdAt,
    ...(settings.retentionDays === undefined ? {} : { retentionInDays: settings.retentionDays }),
    metricFilterCount: context.filters.ofGroup(key).length,
    arn: `${groupArn(place, name)}:*`,
    ...(settings.kmsKeyId === undefined ? {} : { kmsKeyId: settings.kmsKeyId }),
    logGroupClass: classOf(group),
    logGroupArn: groupArn(place, name),
    ...(isByPattern
      ? {}
      : {
          storedBytes: await context.series.logGroupBytes(key),
          deletionProtectionEnabled: settings.isProtected === true,
        }),
  };
}
