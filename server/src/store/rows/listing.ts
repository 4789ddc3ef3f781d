// All rows of one kind and scope as a list sees them, in memory: whatever a query filters and sorts by, a page is a walk along
// an order that is kept. For a store that no other process writes; it is told of every commit.
import type { Position } from "./cursor.ts";
import { lowered, NameText } from "./name-text.ts";
import type { RowQuery } from "./rows.ts";
import type { RowRecord } from "./schema.ts";

/** What a list looks at. */
export type ListedRow = Pick<RowRecord, "name" | "status" | "parent" | "created_at" | "modified_at">;

export type SortBy = NonNullable<RowQuery["sortBy"]>;

/** Rows that are looked at one by one before all names are searched at once. */
const FEW = 500;
/** Forgotten rows that a listing may carry beyond as many as it has. */
const SPARE = 1000;

export class Listing {
  /** A row keeps its number; the numbers of those that are gone are not used again. */
  readonly #rows: ListedRow[] = [];
  readonly #names = new NameText();
  readonly #orders = new Map<SortBy, Order>();

  /** `rows` by name, in byte order. */
  constructor(rows: Iterable<ListedRow>) {
    for (const row of rows) this.#add(row);
    this.#orders.set("name", new Order(this.#rows, compareBy.name, this.#rows.keys()));
  }

  /** Rows held, with those that are gone. */
  get size(): number {
    return this.#rows.length;
  }

  /** Whether most of what is held is of rows that are gone. */
  get isWorn(): boolean {
    return this.#rows.length > 2 * this.#order("name").length + SPARE;
  }

  put(row: ListedRow): void {
    const byName = this.#order("name");
    const known = byName.find({ name: row.name });
    const moved = [...this.#orders.values()].filter((order) => known === undefined || order !== byName);
    if (known !== undefined) for (const order of moved) order.remove(known);
    const number = known ?? this.#add(row);
    this.#rows[number] = row;
    for (const order of moved) order.insert(number);
  }

  remove(name: string): void {
    const number = this.#order("name").find({ name });
    if (number === undefined) return;
    for (const order of this.#orders.values()) order.remove(number);
  }

  /** The first `limit` rows of the query beyond a position. */
  page(query: RowQuery, position: Position | undefined): readonly ListedRow[] {
    const order = this.#order(query.sortBy ?? "name");
    const holds = filterOf(query);
    const step = query.descending === true ? -1 : 1;
    const found: ListedRow[] = [];
    let [at, end] = step === 1 ? [0, order.length] : [order.length - 1, -1];
    if (position) at = step === 1 ? order.after(position) : order.before(position) - 1;
    const few = query.nameContains ? at + step * FEW : end;
    let isNamed = this.#namedOneByOne(query.nameContains);
    for (; at !== end && found.length < query.limit; at += step) {
      if (at === few) isNamed = this.#namedAtOnce(query.nameContains);
      const number = order.at(at);
      const row = this.#rows[number] as ListedRow;
      if (holds(row) && isNamed(number)) found.push(row);
    }
    return found;
  }

  #add(row: ListedRow): number {
    this.#names.add(row.name);
    return this.#rows.push(row) - 1;
  }

  #order(by: SortBy): Order {
    const known = this.#orders.get(by);
    if (known) return known;
    const made = new Order(this.#rows, compareBy[by], this.#order("name").numbers());
    this.#orders.set(by, made);
    return made;
  }

  #namedOneByOne(part: string | undefined): (number: number) => boolean {
    if (!part) return () => true;
    const wanted = lowered(part);
    return (number) => lowered((this.#rows[number] as ListedRow).name).includes(wanted);
  }

  #namedAtOnce(part: string | undefined): (number: number) => boolean {
    const named = this.#names.containing(part ?? "");
    return (number) => named[number] === 1;
  }
}

function filterOf(query: RowQuery): (row: ListedRow) => boolean {
  const { status, parent, namePrefix = "" } = query;
  const { createdAfter, createdBefore, modifiedAfter, modifiedBefore } = query;
  return (row) =>
    (status === undefined || row.status === status) &&
    (parent === undefined || row.parent === parent) &&
    (createdAfter === undefined || row.created_at > createdAfter) &&
    (createdBefore === undefined || row.created_at < createdBefore) &&
    (modifiedAfter === undefined || row.modified_at > modifiedAfter) &&
    (modifiedBefore === undefined || row.modified_at < modifiedBefore) &&
    (namePrefix === "" || row.name.startsWith(namePrefix));
}

/** A row or a position in an order; `value` is that of the column it sorts by, beside the name. */
interface Place {
  readonly name: string;
  readonly value?: string | number | undefined;
}

type Compare = (value: Place["value"], name: string, row: ListedRow) => number;

const byNumber =
  (of: (row: ListedRow) => number): Compare =>
  (value, name, row) =>
    Number(value) - of(row) || compareNames(name, row.name);

const compareBy: Readonly<
  Record<SortBy, { readonly compare: Compare; readonly valueOf: (row: ListedRow) => Place["value"] }>
> = {
  name: { compare: (_, name, row) => compareNames(name, row.name), valueOf: () => undefined },
  created: { compare: byNumber((row) => row.created_at), valueOf: (row) => row.created_at },
  modified: { compare: byNumber((row) => row.modified_at), valueOf: (row) => row.modified_at },
  status: {
    compare: (value, name, row) => compareNames(String(value), row.status) || compareNames(name, row.name),
    valueOf: (row) => row.status,
  },
};

/** Numbers of rows in an order. */
class Order {
  readonly #rows: readonly ListedRow[];
  readonly #by: (typeof compareBy)[SortBy];
  #numbers: Uint32Array;
  #length: number;

  constructor(rows: readonly ListedRow[], by: (typeof compareBy)[SortBy], numbers: Iterable<number>) {
    this.#rows = rows;
    this.#by = by;
    const first = [...numbers];
    if (by !== compareBy.name) first.sort((one, other) => this.#compare(rows[one] as ListedRow, other));
    this.#numbers = Uint32Array.from(first);
    this.#length = first.length;
  }

  get length(): number {
    return this.#length;
  }

  numbers(): Uint32Array {
    return this.#numbers.subarray(0, this.#length);
  }

  at(index: number): number {
    return this.#numbers[index] as number;
  }

  find(place: Place): number | undefined {
    const index = this.before(place);
    return index < this.after(place) ? this.at(index) : undefined;
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
    return this.#search((number) => this.#by.compare(place.value, place.name, this.#rows[number] as ListedRow) <= 0);
  }

  /** Index of the first row beyond a place. */
  after(place: Place): number {
    return this.#search((number) => this.#by.compare(place.value, place.name, this.#rows[number] as ListedRow) < 0);
  }

  #placeOf(number: number): Place {
    const row = this.#rows[number] as ListedRow;
    return { name: row.name, value: this.#by.valueOf(row) };
  }

  #compare(row: ListedRow, other: number): number {
    return this.#by.compare(this.#by.valueOf(row), row.name, this.#rows[other] as ListedRow);
  }

  #search(isBeyond: (number: number) => boolean): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBeyond(this.at(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** By UTF-8 bytes, as databases compare; JavaScript's own order differs from it only where there are surrogates. */
function compareNames(one: string, other: string): number {
  if (one === other) return 0;
  if (beyondSurrogates.test(one) && beyondSurrogates.test(other))
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return one < other ? -1 : 1;
}

const beyondSurrogates = /[\uD800-\uFFFF]/;
