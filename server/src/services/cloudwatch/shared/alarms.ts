// Alarms as they are kept: what was asked for, and the state it is in.
import type {
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
  StateValue,
} from "../../../../../contract/cloudwatch/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { again } from "../../../store/rows/again.ts";
import type { Change, Row, RowKey, Rows } from "../../../store/rows/rows.ts";
import type { Place } from "./place.ts";

export type MetricSettings = Omit<PutMetricAlarmInput, "AlarmName" | "Tags" | "ActionsEnabled">;
export type CompositeSettings = Omit<PutCompositeAlarmInput, "AlarmName" | "Tags" | "ActionsEnabled">;

export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  /** JSON. */
  readonly reasonData?: string;
  /** When the state was last set, and when it last became another; milliseconds since 1970. */
  readonly updatedAt: number;
  readonly transitionedAt: number;
}

/** Why a composite alarm takes no actions at the moment. */
export interface Suppression {
  readonly by: "WaitPeriod" | "ExtensionPeriod" | "Alarm";
  /** When a period is over. */
  readonly until?: number;
}

interface Common {
  readonly actionsEnabled: boolean;
  readonly configuredAt: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly state: AlarmState;
}

export interface MetricAlarmDocument extends Common {
  readonly type: "MetricAlarm";
  readonly settings: MetricSettings;
}

export interface CompositeAlarmDocument extends Common {
  readonly type: "CompositeAlarm";
  readonly settings: CompositeSettings;
  readonly suppression?: Suppression;
  /** The state before a transition whose actions are held back. */
  readonly heldBack?: AlarmState;
}

export type AlarmDocument = MetricAlarmDocument | CompositeAlarmDocument;
export type AlarmRow = Row<AlarmDocument>;

export const ALARM = "cloudwatch:alarm";
export const scopeOf = ({ account, region }: Place): string => `${account}/${region}`;
export const placeOf = (scope: string): Place => {
  const [account = "", region = ""] = scope.split("/");
  return { account, region };
};
export const alarmKey = (place: Place, name: string): RowKey => ({ kind: ALARM, scope: scopeOf(place), name });

const partitions: readonly (readonly [prefix: string, partition: string])[] = [
  ["cn-", "aws-cn"],
  ["us-gov-", "aws-us-gov"],
];
export const partitionOf = (region: string): string =>
  partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";

export const alarmArn = ({ account, region }: Place, name: string): string =>
  `arn:${partitionOf(region)}:cloudwatch:${region}:${account}:alarm:${name}`;

/** The alarm that a name or an ARN of this place means. */
export function alarmNameOf(place: Place, nameOrArn: string): string {
  const prefix = alarmArn(place, "");
  return nameOrArn.startsWith(prefix) ? nameOrArn.slice(prefix.length) : nameOrArn;
}

export const onAlarms = (call: Call, names: readonly string[]): readonly Permission[] =>
  names.map((name) => ({ action: `cloudwatch:${call.operation}`, resource: alarmArn(call, name) }));

export const findAlarm = (rows: Rows, place: Place, name: string): Promise<AlarmRow | undefined> =>
  rows.get<AlarmDocument>(alarmKey(place, name));

/** Every alarm of a place, by name. */
export async function alarmsOf(rows: Rows, place: Place, namePrefix?: string): Promise<readonly AlarmRow[]> {
  const found: AlarmRow[] = [];
  for (let after: string | undefined; ; ) {
    const page = await rows.list<AlarmDocument>({ kind: ALARM, scope: scopeOf(place), namePrefix, after, limit: 1000 });
    found.push(...page.rows);
    after = page.next;
    if (after === undefined) return found;
  }
}

/** ARNs of the actions of every state. */
export const actionsOf = (settings: MetricSettings | CompositeSettings): readonly string[] => [
  ...(settings.OKActions ?? []),
  ...(settings.AlarmActions ?? []),
  ...(settings.InsufficientDataActions ?? []),
];

export interface AlarmChange {
  readonly document: AlarmDocument;
  /** Rows that are written in the same commit. */
  readonly put?: Change["put"];
}

/** Changes an alarm as it is now; undefined when there is none, or nothing to change. */
export async function changeAlarm(
  rows: Rows,
  key: RowKey,
  now: number,
  change: (document: AlarmDocument) => AlarmChange | undefined,
): Promise<AlarmDocument | undefined> {
  return again(async () => {
    const row = await rows.get<AlarmDocument>(key);
    const changed = row && change(row.document);
    if (!row || !changed) return undefined;
    const { document, put = [] } = changed;
    const { kind, scope, name, createdAt } = row;
    await rows.commit({
      expect: [{ key, version: row.version }],
      put: [{ kind, scope, name, createdAt, status: document.state.value, modifiedAt: now, document }, ...put],
    });
    return document;
  });
}
