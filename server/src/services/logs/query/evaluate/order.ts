// Records in order, the first so many: what sort, limit, dedup and the end of a query need. In memory are twice as many
// as are wanted, and never more than a named number of bytes.
import type { Evaluate } from "./compile.ts";
import type { LogRecord } from "./record.ts";
import { type Collector, QueryFailure } from "./stage.ts";
import { compareValues, toText, type Value } from "./value.ts";

export interface SortKey {
  readonly key: Evaluate;
  readonly descending: boolean;
}

/** Bytes of records that one query keeps. */
const MAX_BYTES = 64 * 1_048_576;
const MAX_KEYS = 100_000;

interface Placed {
  readonly record: LogRecord;
  readonly keys: readonly Value[];
  readonly number: number;
}

/** What is not there comes last in either direction; what is alike stays in the order taken. */
function comparer(by: readonly SortKey[]) {
  return (one: Placed, other: Placed): number => {
    for (const [index, { descending }] of by.entries()) {
      const [value, otherValue] = [one.keys[index], other.keys[index]];
      const order = compareValues(value, otherValue);
      const isMissing = value === undefined || otherValue === undefined;
      if (order !== 0) return descending && !isMissing ? -order : order;
    }
    return one.number - other.number;
  };
}

export class FirstCollector implements Collector {
  readonly #by: readonly SortKey[];
  readonly #limit: number;
  readonly #compare: (one: Placed, other: Placed) => number;
  #placed: Placed[] = [];
  #bytes = 0;
  #taken = 0;
  /** What comes behind it is not kept any more. */
  #worst: Placed | undefined;

  /** Without keys the records stay in the order taken. */
  constructor(by: readonly SortKey[], limit: number) {
    this.#by = by;
    this.#limit = limit;
    this.#compare = comparer(by);
  }

  take(record: LogRecord): void {
    const placed = { record, keys: this.#by.map(({ key }) => key(record)), number: this.#taken++ };
    if (this.#worst && this.#compare(placed, this.#worst) > 0) return;
    record.rest();
    this.#placed.push(placed);
    this.#bytes += record.sizeBytes;
    if (this.#placed.length >= 2 * this.#limit || this.#bytes > MAX_BYTES) this.#cut();
  }

  rows(): LogRecord[] {
    return this.#placed
      .toSorted(this.#compare)
      .slice(0, this.#limit)
      .map(({ record }) => record);
  }

  #cut(): void {
    this.#placed = this.#placed.sort(this.#compare).slice(0, this.#limit);
    this.#bytes = this.#placed.reduce((sum, { record }) => sum + record.sizeBytes, 0);
    // Half of the bytes is kept, so that not every record cuts again.
    while (this.#bytes > MAX_BYTES / 2 && this.#placed.length > 1) {
      this.#bytes -= this.#placed.pop()?.record.sizeBytes ?? 0;
    }
    if (this.#placed.length >= this.#limit || this.#bytes > MAX_BYTES / 4) this.#worst = this.#placed.at(-1);
  }
}

/** `dedup a, b`: the first record, by the order, of each combination of values; those that lack one are all kept. */
export class DedupCollector implements Collector {
  readonly #fields: readonly Evaluate[];
  readonly #by: readonly SortKey[];
  readonly #compare: (one: Placed, other: Placed) => number;
  readonly #kept = new Map<string, Placed>();
  readonly #lacking: FirstCollector;
  readonly #limit: number;
  #bytes = 0;
  #taken = 0;

  constructor(fields: readonly Evaluate[], by: readonly SortKey[], limit: number) {
    this.#fields = fields;
    this.#by = by;
    this.#compare = comparer(by);
    this.#limit = limit;
    this.#lacking = new FirstCollector(by, limit);
  }

  take(record: LogRecord): void {
    const values = this.#fields.map((field) => toText(field(record)));
    if (values.includes(undefined)) {
      this.#lacking.take(record);
      return;
    }
    const key = JSON.stringify(values);
    const placed = { record, keys: this.#by.map((one) => one.key(record)), number: this.#taken++ };
    const before = this.#kept.get(key);
    if (before && this.#compare(before, placed) <= 0) return;
    record.rest();
    this.#kept.set(key, placed);
    this.#bytes += record.sizeBytes - (before?.record.sizeBytes ?? -key.length * 2);
    if (this.#kept.size > MAX_KEYS || this.#bytes > MAX_BYTES) {
      throw new QueryFailure(`dedup would keep more than ${MAX_KEYS} different records. Narrow the query.`);
    }
  }

  rows(): LogRecord[] {
    const all = new FirstCollector(this.#by, this.#limit);
    for (const { record } of this.#kept.values()) all.take(record);
    for (const record of this.#lacking.rows()) all.take(record);
    return all.rows();
  }
}
