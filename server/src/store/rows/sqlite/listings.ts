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

/** Rows in memory at most, in all listings but the one asked for; some 150 bytes each. */
const MOST_ROWS = 1_000_000;

export const listingOf = ({ kind, scope }: Pick<RowKey, "kind" | "scope">): string => `${kind} ${scope}`;

export class Listings {
  readonly #read: (statement: Statement, values: Values) => Iterable<ListedRow>;
  /** Those asked for last come last. */
  readonly #kept = new Map<string, Listing>();

  constructor(read: (statement: Statement, values: Values) => Iterable<ListedRow>) {
    this.#read = read;
  }

  page({ query, position, load }: ListRequest) {
    return this.#need(query, load)
      .page(query, position)
      .map((row) => ({ ...row }));
  }

  apply({ put, removed }: ListedChange): void {
    for (const key of removed) this.#kept.get(listingOf(key))?.remove(key.name);
    for (const { kind, scope, ...row } of put) this.#kept.get(listingOf({ kind, scope }))?.put(row);
  }

  #need(query: RowQuery, load: Statement): Listing {
    const id = listingOf(query);
    const known = this.#kept.get(id);
    this.#kept.delete(id);
    const listing =
      known?.isWorn === false ? known : new Listing(this.#read(load, { kind: query.kind, scope: query.scope }));
    let rows = listing.size;
    for (const [other, { size }] of [...this.#kept].reverse()) {
      rows += size;
      if (rows > MOST_ROWS) this.#kept.delete(other);
    }
    this.#kept.set(id, listing);
    return listing;
  }
}
