// What an entry of the change log is news of. Pure: what it throws is wrong with the thing or its noun, never with a store.
import { uuidOf } from "../../../../core/ids.ts";
import type { LoggedChange, Row, RowKey } from "../../../../store/rows/rows.ts";
import type { State, StateChanges } from "./state-changes.ts";
import type { Told } from "./told-book.ts";

export interface News {
  readonly arn: string;
  readonly createdAt: number;
  readonly state: State;
  /** False of a thing that is gone: what else is kept under its ARN may be another's. */
  readonly isThere: boolean;
}

/**
 * `row` and `told`: what there is now under the name, and what was told last. A name may be used again once its thing is gone:
 * until the end of the thing that was told of has been read, the log speaks of that one, whatever the row is by now. Of one
 * that came and went before anybody looked only the end is told.
 */
export function newsOf<Document>(
  noun: StateChanges<Document>,
  entry: LoggedChange,
  row: Row<Document> | undefined,
  told: Told | undefined,
): readonly News[] {
  const { type, detail, at } = entry;
  if (type === "deleted") return endOf(noun, entry, told);
  const status = (type === "status" || type === "created") && typeof detail === "string" ? detail : undefined;
  if (row !== undefined && isAbout(noun, entry, row, told)) {
    const { createdAt } = row;
    const states = noun.states(row, { status, at, told: told?.name });
    return states.map((state) => ({ arn: noun.arn(row), createdAt, state, isThere: true }));
  }
  return status === undefined || status === told?.name ? [] : restated(noun, told, status, at);
}

/** Whether an entry is about the row there is, and not about one before it that had the same name. */
function isAbout<Document>(
  { restated }: StateChanges<Document>,
  { at }: LoggedChange,
  { createdAt }: Row<Document>,
  told: Told | undefined,
): boolean {
  if (told !== undefined) return told.createdAt === createdAt;
  return restated === undefined || createdAt <= at;
}

/** Once, also of a thing that came and went before anybody looked. */
function endOf<Document>(noun: StateChanges<Document>, entry: LoggedChange, told: Told | undefined): readonly News[] {
  const was = rowOf<Document>(entry);
  const isTold = told?.detail !== undefined && (was === undefined || was.createdAt === told.createdAt);
  return restated(noun, isTold ? told : was && lastOf(noun, was), "Deleted", entry.at);
}

/** The row that was removed, as the engine logs it. */
function rowOf<Document>({ kind, scope, name, detail }: LoggedChange): Row<Document> | undefined {
  return detail === undefined ? undefined : { ...(detail as unknown as Row<Document>), kind, scope, name };
}

function restated<Document>(
  { restated: restate }: StateChanges<Document>,
  last: Told | undefined,
  status: string,
  at: number,
): readonly News[] {
  const known = last?.detail;
  if (restate === undefined || last === undefined || known === undefined) return [];
  const { arn, createdAt } = last;
  return [{ arn, createdAt, state: { name: status, at, detail: () => restate(known, status) }, isThere: false }];
}

function lastOf<Document>(noun: StateChanges<Document>, row: Row<Document>): Told | undefined {
  const { status, createdAt, modifiedAt: at } = row;
  const state = noun.states(row, { status, at, told: undefined }).at(-1);
  return state && toldOf(noun, { arn: noun.arn(row), createdAt, state });
}

/** What is kept of the news; with the detail where it may have to be told again when the row is gone. */
export const toldOf = <Document>(
  { restated }: StateChanges<Document>,
  { arn, createdAt, state }: Omit<News, "isThere">,
): Told => ({
  name: state.name,
  arn,
  createdAt,
  ...(restated === undefined ? {} : { detail: state.detail() }),
});

/**
 * A UUID of the thing's state: the same whenever it is told of. Phases are numbered within their thing; a status may come
 * again, and is told by the entry that logged it.
 */
export function idOf({ kind, scope, name, id }: RowKey & Pick<LoggedChange, "id">, { createdAt, state }: News): string {
  const which = /^\d+$/.test(state.name) ? [createdAt, state.name] : [state.name, id];
  return uuidOf(JSON.stringify([kind, scope, name, ...which]));
}
