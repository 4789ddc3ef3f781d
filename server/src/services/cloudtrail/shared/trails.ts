// Trails as rows, and how a request names one: by its name in the call's region, or by its ARN.
import type { EventSelector } from "../../../../../contract/cloudtrail/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import type { Clock } from "../../../core/clock.ts";
import type { LogGroups, Objects, RoleSessions, Topics } from "../../../core/ports.ts";
import type { Turns } from "../../../core/turns.ts";
import type { Calls } from "../../../store/calls/calls.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row, RowKey, Rows } from "../../../store/rows/rows.ts";
import { invalidArn, invalidHomeRegion, invalidName, trailNotFound } from "../errors.ts";

export const TRAIL = "cloudtrail:trail";
/** In whose name trails write, tell and assume roles. */
export const SERVICE = "cloudtrail.amazonaws.com";
/** Of a trail that was given none: all management events. */
export const DEFAULT_SELECTORS: readonly EventSelector[] = [
  { ReadWriteType: "All", IncludeManagementEvents: true, DataResources: [] },
];

export interface Parts {
  readonly rows: Rows;
  readonly calls: Calls;
  readonly objects: Objects;
  readonly topics: Topics;
  readonly logGroups: LogGroups;
  readonly roles: RoleSessions;
  readonly clock: Clock;
  readonly feed: Feed;
  /** By ARN of the trail: one that ends is not served twice at once, by the round and by the call. */
  readonly turns: Turns;
}

/** What tells the bus of calls. */
export interface Feed {
  /** After a commit by which trails of the account may have begun or ended to log. */
  look(account: string): Promise<void>;
  /** Tells of all calls until now, before a trail ends. */
  catchUp(account: string): Promise<void>;
}

export interface TrailDocument {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly isGlobal: boolean;
  readonly isMultiRegion: boolean;
  readonly kmsKeyId?: string | undefined;
  /** Told of each file. */
  readonly topicArn?: string | undefined;
  /** Where events are written besides, and as whom. */
  readonly logs?: { readonly groupArn: string; readonly roleArn: string } | undefined;
  readonly selectors: readonly EventSelector[];
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly startedAt?: number;
  readonly stoppedAt?: number;
  /** Place in the log of calls up to which files were written; present while the trail logs. */
  readonly delivered?: number | undefined;
  readonly deliveredAt?: number;
  readonly attemptedAt?: number;
  /** Why the last delivery failed; absent when it did not. */
  readonly failure?: string | undefined;
  /** Of the topic. */
  readonly notifiedAt?: number;
  readonly notifyAttemptedAt?: number;
  readonly notifyFailure?: string | undefined;
  /** Place in the log of calls up to which log lines were written; present while a trail with a group logs. */
  readonly logged?: number | undefined;
  readonly loggedAt?: number;
  readonly logFailure?: string | undefined;
}

export type TrailRow = Row<TrailDocument>;

/** Trails of all regions of an account lie together: lists show them everywhere. */
export const trailKey = (account: string, region: string, name: string): RowKey => ({
  kind: TRAIL,
  scope: account,
  name: `${region}/${name}`,
});

export function placeOf({ scope, name }: RowKey): {
  readonly account: string;
  readonly region: string;
  readonly trail: string;
} {
  const slash = name.indexOf("/");
  return { account: scope, region: name.slice(0, slash), trail: name.slice(slash + 1) };
}

export function trailArn(row: RowKey): string {
  const { account, region, trail } = placeOf(row);
  return `arn:aws:cloudtrail:${region}:${account}:trail/${trail}`;
}

const ARN = /^arn:aws:cloudtrail:([a-z0-9-]+):(\d{12}):trail\/(.+)$/;

/** @throws ApiError CloudTrailARNInvalid, InvalidTrailName */
function keyOf(call: Call, nameOrArn: string): RowKey {
  if (!nameOrArn.startsWith("arn:")) {
    checkName(nameOrArn);
    return trailKey(call.account, call.region, nameOrArn);
  }
  const [, region, account, name] = ARN.exec(nameOrArn) ?? [];
  if (region === undefined || account === undefined || name === undefined) {
    throw invalidArn(
      `CloudTrail ARN: expected arn:aws:cloudtrail:us-east-1:123456789012:trail/my-trail, got ${nameOrArn}.`,
    );
  }
  return trailKey(account === call.account ? account : "", region, name);
}

/** @throws ApiError InvalidTrailName in AWS's words */
export function checkName(name: string): void {
  const length = name.length;
  if (length < 3)
    throw invalidName(
      `Trail name too short. Minimum allowed length: 3 characters. Specified name length: ${length} characters.`,
    );
  if (length > 128)
    throw invalidName(
      `Trail name too long. Maximum allowed length: 128 characters. Specified name length: ${length} characters.`,
    );
  if (!/^[A-Za-z0-9]/.test(name)) throw invalidName("Trail name must starts with a letter or number.");
  if (!/[A-Za-z0-9]$/.test(name)) throw invalidName("Trail name must ends with a letter or number.");
  if (!/^[A-Za-z0-9._-]+$/.test(name))
    throw invalidName(
      "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).",
    );
}

/** @throws ApiError TrailNotFound, and those of names */
export async function requireTrail({ rows }: Pick<Parts, "rows">, call: Call, nameOrArn: string): Promise<TrailRow> {
  const row = await rows.get<TrailDocument>(keyOf(call, nameOrArn));
  if (row === undefined) throw trailNotFound(`Unknown trail: ${nameOrArn} for the user: ${call.account}`);
  return row;
}

/** As `requireTrail`, where a trail can be changed. @throws ApiError InvalidHomeRegion elsewhere */
export async function requireAtHome(parts: Pick<Parts, "rows">, call: Call, nameOrArn: string): Promise<TrailRow> {
  const row = await requireTrail(parts, call, nameOrArn);
  const { region } = placeOf(row);
  if (region === call.region) return row;
  throw invalidHomeRegion(
    `The trail ${trailArn(row)} can only be changed from its home region ${region}, got ${call.region}.`,
  );
}

/** Changes a trail as it is now. Gives it as it is then. @throws ApiError of `find` */
export async function changeTrail(
  { rows }: Pick<Parts, "rows">,
  find: () => Promise<TrailRow>,
  change: (document: TrailDocument) => TrailDocument,
  now: number,
): Promise<TrailRow> {
  return await again(async () => {
    const { version, ...row } = await find();
    const next = { ...row, modifiedAt: now, document: change(row.document) };
    await rows.commit({
      expect: [{ key: { kind: row.kind, scope: row.scope, name: row.name }, version }],
      put: [next],
    });
    return { ...next, version: version + 1 };
  });
}

export async function allTrails({ rows }: Pick<Parts, "rows">, account: string): Promise<readonly TrailRow[]> {
  return await rows.scan<TrailDocument>({ kind: TRAIL, scope: account, limit: 1000 });
}

/** The permission of the call's operation on a trail. */
export const onTrail = (call: Call, nameOrArn: string): Permission => ({
  action: `cloudtrail:${call.operation}`,
  resource: nameOrArn.startsWith("arn:") ? nameOrArn : trailArn(trailKey(call.account, call.region, nameOrArn)),
});
