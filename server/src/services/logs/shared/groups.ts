// Log groups: a row for those that somebody made or set something on; jobs' groups are there as soon as a job writes.
import type { LogGroupClass } from "../../../../../contract/logs/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import type { LogGroupFacts, Series } from "../../../store/series/series.ts";
import { invalidParameter, noGroup } from "../errors.ts";

export interface Parts {
  readonly rows: Rows;
  readonly series: Series;
}

/** What is set on a group. */
export interface GroupSettings {
  readonly retentionDays?: number;
  /** ARN. */
  readonly kmsKeyId?: string;
  readonly logGroupClass?: LogGroupClass;
  /** From deletion. */
  readonly isProtected?: true;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

export const GROUP = "logs:group";
export const scopeOf = ({ account, region }: Place): string => `${account}/${region}`;
export const groupKey = (place: Place, name: string) => ({ kind: GROUP, scope: scopeOf(place), name });

/** Without `:*`: what tagging takes. */
export const groupArn = ({ account, region }: Place, name: string): string =>
  `arn:aws:logs:${region}:${account}:log-group:${name}`;
export const streamArn = (place: Place, group: string, stream: string): string =>
  `${groupArn(place, group)}:log-stream:${stream}`;

export const groupRow = ({ rows }: Parts, place: Place, name: string): Promise<Row<GroupSettings> | undefined> =>
  rows.get<GroupSettings>(groupKey(place, name));

/** A group that only has lines. */
async function writtenGroup({ series }: Parts, place: Place, name: string): Promise<LogGroupFacts | undefined> {
  const { account, region } = place;
  return (await series.logGroups({ account, region }, name)).find(({ group }) => group === name);
}

export const hasGroup = async (parts: Parts, place: Place, name: string): Promise<boolean> =>
  (await groupRow(parts, place, name)) !== undefined || (await writtenGroup(parts, place, name)) !== undefined;

/** Changes the settings of a group. @throws ApiError ResourceNotFound */
export async function changeSettings(
  parts: Parts,
  call: Call,
  name: string,
  change: (settings: GroupSettings) => GroupSettings,
): Promise<void> {
  await again(async () => {
    const row = await groupRow(parts, call, name);
    const written = row ? undefined : await writtenGroup(parts, call, name);
    if (!row && !written) throw noGroup();
    const key = groupKey(call, name);
    const createdAt = row?.createdAt ?? written?.createdAt ?? call.at;
    const document = change(row?.document ?? { tags: {} });
    await parts.rows.commit({
      expect: [{ key, version: row?.version ?? "absent" }],
      put: [{ ...key, status: "Active", createdAt, modifiedAt: call.at, document }],
    });
  });
}

/** The group that a call names, by name or by ARN. @throws ApiError InvalidParameter */
export function groupNameOf(input: {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}): string {
  const { logGroupName, logGroupIdentifier } = input;
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    throw invalidParameter("LogGroup name and LogGroup ARN are mutually exclusive parameters.");
  }
  const given = logGroupName ?? logGroupIdentifier;
  if (given === undefined) throw invalidParameter("Either logGroupName or logGroupIdentifier must be given.");
  return given.startsWith("arn:") ? given.split(":").slice(6).join(":") : given;
}

/**
 * Permission on a group. Policies name groups as `…:log-group:NAME:*`, which is matched against this
 * (Logs user guide, "CloudWatch Logs resources": all actions but those of tags).
 */
export const onGroup = (call: Call, name: string): readonly Permission[] => [
  { action: `logs:${call.operation}`, resource: `${groupArn(call, name)}:log-stream:` },
];

/** With the account's resource policies where they may let others in. */
export const onStream = (call: Call, group: string, stream: string, policy?: string): readonly Permission[] => [
  {
    action: `logs:${call.operation}`,
    resource: streamArn(call, group, stream),
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  },
];

const MS_PER_DAY = 86_400_000;

/** Lines before this are gone for readers, whether the store has dropped them yet or not. */
export function retainedSince(settings: GroupSettings | undefined, now: number): number {
  return settings?.retentionDays === undefined ? 0 : now - settings.retentionDays * MS_PER_DAY;
}
