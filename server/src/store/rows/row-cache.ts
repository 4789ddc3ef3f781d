// Rows read lately, for a store that no other process writes: what is asked for again and again (a waiter, a console,
// the engine's next pass) is neither read nor parsed, which is half the cost of a Describe and most of a List.
import type { Row, RowKey } from "./rows.ts";
import { keySpaces } from "./schema.ts";

/** Rows kept; at a few kB each, some ten MB. */
const LIMIT = 2000;

export class RowCache {
  readonly #kept = new Map<string, Row<unknown>>();

  /** The row as it was read. It is shared: whoever changes it gets an error. */
  get(key: RowKey): Row<unknown> | undefined {
    return this.#kept.get(textOf(key));
  }

  /** Keeps a row in the same turn of the event loop in which it was read, and gives it back, frozen. */
  keep<Document>(row: Row<Document>): Row<Document> {
    if (isKeySpace.has(row.kind)) return row;
    // The oldest goes: a Map keeps the order of insertion.
    const oldest = this.#kept.size >= LIMIT ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(textOf(row), frozen(row));
    return row;
  }

  /** Must be called for every row of a change before whoever made the change is told. */
  forget(key: RowKey): void {
    this.#kept.delete(textOf(key));
  }
}

/** Walked by the million; they would only push each other out. */
const isKeySpace: ReadonlySet<string> = new Set(keySpaces);

const textOf = ({ kind, scope, name }: RowKey): string => `${kind} ${scope} ${name}`;

/** Makes a change of a shared value an error where it is made. */
function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}
