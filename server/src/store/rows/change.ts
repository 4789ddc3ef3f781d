// A change on its way to the database: packed to plain values on the caller's side, then applied step by step.
// The steps are a generator, so that one description serves SQLite (synchronous) and PostgreSQL (asynchronous).
import { type Change, Conflict, type RowKey } from "./rows.ts";
import type { Found, Statement, Values, WriteStatements } from "./statements.ts";

/** A change whose documents are JSON text; it can be posted to a thread. */
export interface PackedChange {
  readonly expect: readonly { readonly key: Values; readonly version: number | "absent" | "present" }[];
  readonly put: readonly Values[];
  readonly remove: readonly Values[];
  readonly events: readonly Values[];
}

export function pack(change: Change, at: number): PackedChange {
  return {
    expect: (change.expect ?? []).map(({ key, version }) => ({ key: packKey(key), version })),
    put: (change.put ?? []).map((row) => ({
      ...packKey(row),
      status: row.status,
      parent: row.parent ?? null,
      created_at: row.createdAt,
      modified_at: row.modifiedAt,
      document: toJson(row.document, row),
    })),
    remove: (change.remove ?? []).map(packKey),
    events: (change.events ?? []).map((event) => ({
      ...packKey(event),
      at,
      type: event.type,
      detail: event.detail === undefined ? null : toJson(event.detail, event),
    })),
  };
}

const packKey = ({ kind, scope, name }: RowKey) => ({ kind, scope, name });

function toJson(value: unknown, { kind, scope, name }: RowKey): string {
  const text = JSON.stringify(value);
  if (text === undefined)
    throw new TypeError(`${kind} ${scope} ${name}: the document must be JSON, got ${typeof value}.`);
  return text;
}

/** The change was made. Any other result is the index of the expectation that did not hold. */
export const MADE = -1;

/** Yields the statements of a change in order, takes back what each found, and returns MADE or the failed expectation. */
export function* apply(
  statements: WriteStatements,
  change: PackedChange,
): Generator<readonly [Statement, Values], number, readonly Found[]> {
  for (const [index, { key, version }] of change.expect.entries()) {
    const [row] = yield [statements.version, key];
    const holds =
      version === "absent"
        ? row === undefined
        : row !== undefined && (version === "present" || row["version"] === version);
    if (!holds) return index;
  }
  for (const key of change.remove) yield [statements.remove, key];
  for (const row of change.put) yield [statements.put, row];
  for (const event of change.events) yield [statements.log, event];
  return MADE;
}

/** @throws Conflict unless the result is MADE */
export function judge(change: Change, result: number): void {
  if (result === MADE) return;
  const expectation = change.expect?.[result];
  throw expectation ? new Conflict(expectation) : new Error(`The writer answered ${result}, which is no expectation.`);
}
