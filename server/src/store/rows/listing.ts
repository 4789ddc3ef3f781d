// All rows of one kind and scope as a list sees them, in memory: whatever a query filters and sorts by, a page is a walk along
// an order that is kept. For a store that no other process writes; it is told of every commit.
import type { Position } from "./cursor.ts";
import { lowered, NameParts } from "./name-parts.ts";
import { type ListedRow, Order, orderings, type SortBy } from "./order.ts";
import type { RowQuery } from "./rows.ts";

export type { ListedRow };

/** Rows that are looked at one by one before all are looked at, a column after the other. */
const FEW = 200;
/** Forgotten rows that a listing may carry beyond as many as it has. */
const SPARE = 1000;

/** Number of a status that no row has. */
const NO_STATUS = 0xffffffff;

export class Listing {
  /** A row keeps its number; the numbers of those that are gone are not used again. */
  readonly #rows: ListedRow[] = [];
  // What filters look at lies side by side: a walk looks at every row of a hundred thousand in half a millisecond.
  #created = new Float64Array(16);
  #modified = new Float64Array(16);
  #statuses = new Uint32Array(16);
  /** By status, its number. */
  readonly #statusNumbers = new Map<string, number>();
  /** By number of a status, how many rows have it. */
  readonly #counts: number[] = [];
  /** Made when a part of a name is first sought. */
  #parts: NameParts | undefined;
  readonly #orders = new Map<SortBy, Order>();

  /** `rows` by name, in byte order. */
  constructor(rows: Iterable<ListedRow>) {
    for (const row of rows) this.#set(this.#rows.length, row);
    this.#orders.set("name", new Order(this.#rows, orderings.name, this.#rows.keys()));
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
    if (known !== undefined) {
      for (const order of moved) order.remove(known);
      this.#count(known, -1);
    }
    const number = known ?? this.#rows.length;
    this.#set(number, row);
    if (known === undefined) this.#parts?.add(lowered(row.name));
    for (const order of moved) order.insert(number);
  }

  remove(name: string): void {
    const number = this.#order("name").find({ name });
    if (number === undefined) return;
    for (const order of this.#orders.values()) order.remove(number);
    this.#count(number, -1);
  }

  /** The first `limit` rows of the query beyond a position. */
  page(query: RowQuery, position: Position | undefined): readonly ListedRow[] {
    if (query.status !== undefined && !this.#counts[this.#statusNumbers.get(query.status) ?? NO_STATUS]) return [];
    const order = this.#order(query.sortBy ?? "name");
    const numbers = order.numbers();
    const step = query.descending === true ? -1 : 1;
    let at = step === 1 ? 0 : numbers.length - 1;
    if (position) at = step === 1 ? order.after(position) : order.before(position) - 1;
    const found: ListedRow[] = [];
    const holds = this.#test(query);
    const isOver = () => found.length === query.limit || at < 0 || at >= numbers.length;
    for (let few = 0; few < FEW && !isOver(); few++, at += step) {
      const row = this.#rows[numbers[at] as number] as ListedRow;
      if (holds(row)) found.push(row);
    }
    if (isOver()) return found;
    const marks = this.#marks(query);
    for (; at >= 0 && at < numbers.length; at += step) {
      const number = numbers[at] as number;
      if (marks[number] === 0) continue;
      found.push(this.#rows[number] as ListedRow);
      if (found.length === query.limit) break;
    }
    return found;
  }

  #set(number: number, row: ListedRow): void {
    const { created_at, modified_at } = row;
    const status = this.#statusNumbers.get(row.status) ?? this.#statusNumbers.size;
    this.#statusNumbers.set(row.status, status);
    this.#rows[number] = row;
    if (number >= this.#created.length) {
      this.#created = grown(this.#created, new Float64Array(2 * number));
      this.#modified = grown(this.#modified, new Float64Array(2 * number));
      this.#statuses = grown(this.#statuses, new Uint32Array(2 * number));
    }
    this.#created[number] = created_at;
    this.#modified[number] = modified_at;
    this.#statuses[number] = status;
    this.#count(number, 1);
  }

  #count(number: number, more: 1 | -1): void {
    const status = this.#statuses[number] as number;
    this.#counts[status] = (this.#counts[status] ?? 0) + more;
  }

  #order(by: SortBy): Order {
    const known = this.#orders.get(by);
    if (known) return known;
    const made = new Order(this.#rows, orderings[by], this.#order("name").numbers());
    this.#orders.set(by, made);
    return made;
  }

  #test(query: RowQuery): (row: ListedRow) => boolean {
    const { status, parent, namePrefix = "", nameContains = "" } = query;
    const [created, modified] = rangesOf(query);
    const part = lowered(nameContains);
    return (row) =>
      (status === undefined || row.status === status) &&
      (parent === undefined || row.parent === parent) &&
      isWithin(row.created_at, created) &&
      isWithin(row.modified_at, modified) &&
      row.name.startsWith(namePrefix) &&
      (part === "" || lowered(row.name).includes(part));
  }

  /** By number: 1 for a row that the query lets through. */
  #marks(query: RowQuery): Uint8Array {
    const { status, parent, namePrefix } = query;
    const part = lowered(query.nameContains ?? "");
    const marks = new Uint8Array(this.#rows.length).fill(1);
    if (status !== undefined) markEqual(marks, this.#statuses, this.#statusNumbers.get(status) ?? NO_STATUS);
    const [created, modified] = rangesOf(query);
    if (created !== anyTime) markWithin(marks, this.#created, created);
    if (modified !== anyTime) markWithin(marks, this.#modified, modified);
    if (parent !== undefined || namePrefix)
      for (const [number, row] of this.#rows.entries())
        if (marks[number] === 1)
          marks[number] = Number((parent ?? row.parent) === row.parent && row.name.startsWith(namePrefix ?? ""));
    return part === "" ? marks : this.#names().narrow(marks, part);
  }

  #names(): NameParts {
    if (this.#parts === undefined) {
      this.#parts = new NameParts();
      for (const { name } of this.#rows) this.#parts.add(lowered(name));
    }
    return this.#parts;
  }
}

type Range = readonly [after: number, before: number];

const anyTime: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

const rangeOf = (after: number | undefined, before: number | undefined): Range =>
  after === undefined && before === undefined ? anyTime : [after ?? anyTime[0], before ?? anyTime[1]];

const rangesOf = (query: RowQuery): readonly [created: Range, modified: Range] => [
  rangeOf(query.createdAfter, query.createdBefore),
  rangeOf(query.modifiedAfter, query.modifiedBefore),
];

const isWithin = (time: number, [after, before]: Range): boolean => time > after && time < before;

// Loops over one column each: they take a tenth of a millisecond for a hundred thousand rows.

function markEqual(marks: Uint8Array, statuses: Uint32Array, wanted: number): void {
  for (let number = 0; number < marks.length; number++) if (statuses[number] !== wanted) marks[number] = 0;
}

function markWithin(marks: Uint8Array, times: Float64Array, [after, before]: Range): void {
  for (let number = 0; number < marks.length; number++) {
    const time = times[number] as number;
    if (time <= after || time >= before) marks[number] = 0;
  }
}

function grown<Numbers extends Float64Array | Uint32Array>(numbers: Numbers, larger: Numbers): Numbers {
  larger.set(numbers);
  return larger;
}
