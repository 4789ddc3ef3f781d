// Rows read lately, for a store that no other process writes: what is asked for again and again (a waiter, a console,
// the engine's next pass) is neither read nor parsed, which is half the cost of a Describe and most of a List. So it is
// with what is asked for and not there, such as an own repository of the name of one of AWS's images.
import type { Row, RowKey } from "./rows.ts";
import { keySpaces } from "./schema.ts";

/** Rows kept; at a few kB each, some ten MB. */
const LIMIT = 2000;
/** Keys kept of rows that are not there. */
const ABSENT_LIMIT = 1000;

export class RowCache {
  readonly #kept = new Map<string, Row<unknown>>();
  readonly #absent = new Set<string>();
  /** Rows that changes are being made to, and how many: the log may tell of one before whoever made it is answered. */
  readonly #changing = new Map<string, number>();

  /** The row as it was read. It is shared: whoever changes it gets an error. */
  get(key: RowKey): Row<unknown> | undefined {
    return this.#kept.get(textOf(key));
  }

  /** Keeps a row in the same turn of the event loop in which it was read, and gives it back, frozen. */
  keep<Document>(row: Row<Document>): Row<Document> {
    const text = textOf(row);
    if (!isKeySpace.has(row.kind) && !this.#changing.has(text)) this.#put(text, row);
    return row;
  }

  /** Keeps, between `changing` and `changed`, a row as its change made it. Where others are changing it too theirs may be newer. */
  keepMade(row: Row<unknown>): void {
    const text = textOf(row);
    if (!isKeySpace.has(row.kind) && this.#changing.get(text) === 1) this.#put(text, row);
  }

  /** Whether the row is known not to be there. */
  lacks(key: RowKey): boolean {
    return this.#absent.has(textOf(key));
  }

  /** Keeps, as above, that there is no such row. */
  keepAbsent(key: RowKey): void {
    const text = textOf(key);
    if (isKeySpace.has(key.kind) || this.#changing.has(text)) return;
    makeRoom(this.#absent, ABSENT_LIMIT);
    this.#absent.add(text);
  }

  /** Forgets the rows of a change, before it is handed on: nothing is kept of them until `changed`, as often. */
  changing(keys: readonly RowKey[]): void {
    for (const key of keys) {
      const text = textOf(key);
      this.#kept.delete(text);
      this.#absent.delete(text);
      this.#changing.set(text, (this.#changing.get(text) ?? 0) + 1);
    }
  }

  changed(keys: readonly RowKey[]): void {
    for (const key of keys) {
      const text = textOf(key);
      const others = (this.#changing.get(text) ?? 1) - 1;
      if (others === 0) this.#changing.delete(text);
      else this.#changing.set(text, others);
    }
  }

  #put(text: string, row: Row<unknown>): void {
    makeRoom(this.#kept, LIMIT);
    this.#kept.set(text, frozen(row));
  }
}

/** Walked by the million; they would only push each other out. */
const isKeySpace: ReadonlySet<string> = new Set(keySpaces);

/** The oldest goes: both keep the order of insertion. */
function makeRoom(kept: Map<string, unknown> | Set<string>, limit: number): void {
  const oldest = kept.size >= limit ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
}

const textOf = ({ kind, scope, name }: RowKey): string => `${kind} ${scope} ${name}`;

/** Makes a change of a shared value an error where it is made. */
function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}
