// The listings that are in memory: read when first asked for, kept up to date by what is committed, and dropped when
// there are too many rows in them.
import type { Position } from "../cursor.ts";
import { type ListedRow, Listing } from "../listing.ts";
import type { RowKey, RowQuery } from "../rows.ts";
import type { Statement, Values } from "../statements.ts";

export interface ListRequest {
  readonly query: RowQuery;
  readonly position: Position | undefined;
  /** Reads all rows of a kind and scope, by name. */
  readonly load: Statement;
}

/** What a commit did to rows that are listed. */
export interface ListedChange {
  readonly put: readonly (RowKey & ListedRow)[];
  readonly removed: readonly RowKey[];
}

/** Rows in memory, in all listings but the one asked for; some 200 bytes each, and 400 more where parts of names are sought. */
const MOST_ROWS = 1_000_000;
/** Rows of one listing: one with more is left to the statements, which need little memory and long. */
const MOST_OF_ONE = 2_000_000;

export const listingOf = ({ kind, scope }: Pick<RowKey, "kind" | "scope">): string => `${kind} ${scope}`;

export class Listings {
  readonly #read: (statement: Statement, values: Values) => Iterable<ListedRow>;
  /** Those asked for last come last. */
  readonly #kept = new Map<string, Listing>();
  readonly #mostOfOne: number;

  constructor(read: (statement: Statement, values: Values) => Iterable<ListedRow>, mostOfOne = MOST_OF_ONE) {
    this.#read = read;
    this.#mostOfOne = mostOfOne;
  }

  /** Undefined where there are more rows than a listing may have. */
  page({ query, position, load }: ListRequest) {
    return this.#need(query, load)
      ?.page(query, position)
      .map((row) => ({ ...row }));
  }

  apply({ put, removed }: ListedChange): void {
    for (const key of removed) this.#kept.get(listingOf(key))?.remove(key.name);
    for (const { kind, scope, ...row } of put) {
      const id = listingOf({ kind, scope });
      const listing = this.#kept.get(id);
      listing?.put(row);
      if (listing && listing.size > this.#mostOfOne) this.#kept.delete(id);
    }
  }

  #load({ kind, scope }: RowQuery, load: Statement): Listing | undefined {
    const rows: ListedRow[] = [];
    for (const row of this.#read(load, { kind, scope })) {
      if (rows.length === this.#mostOfOne) return undefined;
      rows.push(row);
    }
    return new Listing(rows);
  }

  #need(query: RowQuery, load: Statement): Listing | undefined {
    const id = listingOf(query);
    const known = this.#kept.get(id);
    this.#kept.delete(id);
    const listing = known?.isWorn === false ? known : this.#load(query, load);
    if (listing === undefined) return undefined;
    let rows = listing.size;
    for (const [other, { size }] of [...this.#kept].reverse()) {
      rows += size;
      if (rows > MOST_ROWS) this.#kept.delete(other);
    }
    this.#kept.set(id, listing);
    return listing;
  }
}
