// Numbers of rows in one of the orders of lists.
import type { RowQuery } from "./rows.ts";
import type { RowRecord } from "./schema.ts";

/** What a list looks at. */
export type ListedRow = Pick<RowRecord, "name" | "status" | "parent" | "created_at" | "modified_at">;

export type SortBy = NonNullable<RowQuery["sortBy"]>;

/** A row or a position in an order; `value` is that of the column it sorts by, beside the name. */
export interface Place {
  readonly name: string;
  readonly value?: string | number | undefined;
}

export interface Ordering {
  readonly valueOf: (row: ListedRow) => Place["value"];
  /** Below, at or above 0 as the place is before, at or beyond the row. */
  readonly compare: (place: Place, row: ListedRow) => number;
}

const byNumber = (of: (row: ListedRow) => number): Ordering => ({
  valueOf: of,
  compare: ({ value, name }, row) => Number(value) - of(row) || compareNames(name, row.name),
});

/** Ties are broken by name. */
export const orderings: Readonly<Record<SortBy, Ordering>> = {
  name: { valueOf: () => undefined, compare: ({ name }, row) => compareNames(name, row.name) },
  created: byNumber((row) => row.created_at),
  modified: byNumber((row) => row.modified_at),
  status: {
    valueOf: (row) => row.status,
    compare: ({ value, name }, row) => compareNames(String(value), row.status) || compareNames(name, row.name),
  },
};

export class Order {
  readonly #rows: readonly ListedRow[];
  readonly #by: Ordering;
  #numbers: Uint32Array;
  #length: number;

  /** `numbers` by name. */
  constructor(rows: readonly ListedRow[], by: Ordering, numbers: Iterable<number>) {
    this.#rows = rows;
    this.#by = by;
    const first = [...numbers];
    if (by !== orderings.name) first.sort((one, other) => by.compare(this.#placeOf(one), this.#rowOf(other)));
    this.#numbers = Uint32Array.from(first);
    this.#length = first.length;
  }

  get length(): number {
    return this.#length;
  }

  /** Until the next change. */
  numbers(): Uint32Array {
    return this.#numbers.subarray(0, this.#length);
  }

  find(place: Place): number | undefined {
    const index = this.before(place);
    return index < this.after(place) ? this.#numbers[index] : undefined;
  }

  insert(number: number): void {
    const index = this.before(this.#placeOf(number));
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.#length + 16);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers.copyWithin(index + 1, index, this.#length++);
    this.#numbers[index] = number;
  }

  remove(number: number): void {
    const index = this.before(this.#placeOf(number));
    this.#numbers.copyWithin(index, index + 1, this.#length--);
  }

  /** Index of the first row that is not before a place. */
  before(place: Place): number {
    return this.#search((row) => this.#by.compare(place, row) <= 0);
  }

  /** Index of the first row beyond a place. */
  after(place: Place): number {
    return this.#search((row) => this.#by.compare(place, row) < 0);
  }

  #rowOf(number: number): ListedRow {
    return this.#rows[number] as ListedRow;
  }

  #placeOf(number: number): Place {
    const row = this.#rowOf(number);
    return { name: row.name, value: this.#by.valueOf(row) };
  }

  #search(isBeyond: (row: ListedRow) => boolean): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBeyond(this.#rowOf(this.#numbers[middle] as number))) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** By UTF-8 bytes, as databases compare; JavaScript's own order differs from it only where there are surrogates. */
function compareNames(one: string, other: string): number {
  if (one === other) return 0;
  if (highCharacters.test(one) && highCharacters.test(other))
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return one < other ? -1 : 1;
}

/** The surrogates and what comes after them. */
const highCharacters = /[\uD800-\uFFFF]/;
