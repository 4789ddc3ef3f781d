// Documents of rows that lists have read, so that a list that is asked for again and again (a console, a waiter) reads
// and parses none of them: they were nine tenths of the cost of a page of 100 training jobs.
import type { Row, RowKey } from "./rows.ts";
import type { RowRecord } from "./schema.ts";

/** Documents kept; at a few kB each, some ten MB. */
const LIMIT = 2000;

/** What tells one writing of a row from another. */
type Written = Pick<RowRecord, "kind" | "scope" | "name" | "version" | "created_at" | "modified_at">;

interface Kept {
  readonly version: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly document: unknown;
}

export class Documents {
  readonly #kept = new Map<string, Kept>();

  /** The document if it is kept as it was written then. It is shared: whoever gets it must not change it. */
  get(row: Written): unknown {
    const kept = this.#kept.get(textOf(row));
    const isSame =
      kept?.version === row.version && kept.createdAt === row.created_at && kept.modifiedAt === row.modified_at;
    return isSame ? kept.document : undefined;
  }

  keep(row: Row<unknown>): void {
    const { version, createdAt, modifiedAt, document } = row;
    const key = textOf(row);
    // The oldest goes: a Map keeps the order of insertion.
    this.#kept.delete(key);
    const oldest = this.#kept.size >= LIMIT ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { version, createdAt, modifiedAt, document: frozen(document) });
  }

  /** A name that is given again begins with the same version. */
  forget(key: RowKey): void {
    this.#kept.delete(textOf(key));
  }
}

const textOf = ({ kind, scope, name }: RowKey): string => `${kind} ${scope} ${name}`;

/** Makes a change of a shared document an error where it is made. */
function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}
