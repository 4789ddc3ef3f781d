// The history of alarms: configuration, states, actions; kept for two weeks ("Common features of CloudWatch alarms").
import type { AlarmHistoryItem, HistoryItemType } from "../../../../../contract/cloudwatch/types.ts";
import { newId } from "../../../core/ids.ts";
import type { Rows, RowWrite } from "../../../store/rows/rows.ts";
import { type AlarmDocument, scopeOf } from "../shared/alarms.ts";
import type { Place } from "../shared/place.ts";
import type { Transition } from "./notice.ts";

export const HISTORY = "cloudwatch:alarm-history";
export const HISTORY_MS = 14 * 86_400_000;

export interface HistoryDocument {
  readonly alarmType: AlarmDocument["type"];
  readonly item: HistoryItemType;
  readonly summary: string;
  /** JSON. */
  readonly data: string;
}

interface Entry extends Omit<HistoryDocument, "data"> {
  readonly data: object;
  readonly at: number;
}

const TIME_DIGITS = 14;
/** Of one moment, what came first. */
const order: readonly HistoryItemType[] = ["ConfigurationUpdate", "StateUpdate", "Action"];

function historyRow(place: Place, alarm: string, { at, data, ...rest }: Entry): RowWrite {
  const name = `${String(at).padStart(TIME_DIGITS, "0")}-${order.indexOf(rest.item)}-${newId()}`;
  const document = { ...rest, data: JSON.stringify(data) };
  return {
    kind: HISTORY,
    scope: scopeOf(place),
    name,
    status: rest.item,
    parent: alarm,
    createdAt: at,
    modifiedAt: at,
    document,
  };
}

export function stateEntry({ place, name, document, from, to }: Transition): RowWrite {
  const told = ({ value, reason, reasonData }: Transition["to"]) => ({
    stateValue: value,
    stateReason: reason,
    ...(reasonData === undefined ? {} : { stateReasonData: parsed(reasonData) }),
  });
  return historyRow(place, name, {
    alarmType: document.type,
    item: "StateUpdate",
    summary: `Alarm updated from ${from.value} to ${to.value}`,
    at: to.updatedAt,
    data: { version: "1.0", oldState: told(from), newState: told(to) },
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

export const configurationEntry = (
  place: Place,
  name: string,
  change: { readonly verb: "created" | "updated" | "deleted"; readonly document: AlarmDocument; readonly at: number },
): RowWrite =>
  historyRow(place, name, {
    alarmType: change.document.type,
    item: "ConfigurationUpdate",
    summary: `Alarm "${name}" ${change.verb}`,
    at: change.at,
    data: {
      version: "1.0",
      type: { created: "Create", updated: "Update", deleted: "Delete" }[change.verb],
      [`${change.verb}Alarm`]: { alarmName: name, ...change.document.settings },
    },
  });

export const actionEntry = (
  place: Place,
  name: string,
  action: { readonly arn: string; readonly alarmType: AlarmDocument["type"]; readonly at: number } & {
    readonly stateAt: number;
    readonly message: string;
    readonly failure?: string;
  },
): RowWrite =>
  historyRow(place, name, {
    alarmType: action.alarmType,
    item: "Action",
    summary:
      action.failure === undefined
        ? `Successfully executed action ${action.arn}`
        : `Failed to execute action ${action.arn}. Received error: "${action.failure}"`,
    at: action.at,
    data: {
      actionState: action.failure === undefined ? "Succeeded" : "Failed",
      stateUpdateTimestamp: action.stateAt,
      notificationResource: action.arn,
      publishedMessage: { default: action.message },
      error: action.failure ?? null,
    },
  });

export const itemOf = (
  alarm: string,
  at: number,
  { alarmType, item, summary, data }: HistoryDocument,
): AlarmHistoryItem => ({
  AlarmName: alarm,
  AlarmType: alarmType,
  Timestamp: at / 1000,
  HistoryItemType: item,
  HistorySummary: summary,
  HistoryData: data,
});

/** Removes what is older than it is kept. */
export async function dropHistory(rows: Rows, now: number): Promise<void> {
  const old = [];
  for await (const row of rows.everywhere(HISTORY, []))
    if (row.createdAt < now - HISTORY_MS) old.push({ kind: row.kind, scope: row.scope, name: row.name });
  for (let at = 0; at < old.length; at += 500) await rows.commit({ remove: old.slice(at, at + 500) });
}
