// Where a page of a list ended: the sort position of its last row, and a print of the query it belongs to.
import { createHash } from "node:crypto";
import { BadCursor, type RowQuery } from "./rows.ts";

export interface Position {
  /** Value of the sort column, absent when the sort is by name alone. */
  readonly value?: string | number;
  readonly name: string;
}

/** Eight characters that differ between queries that list different rows or in another order. */
function fingerprint(query: RowQuery): string {
  const { after: _, limit: __, ...rest } = query;
  const facts = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(facts)).digest("base64url").slice(0, 8);
}

export function writeCursor(query: RowQuery, { value, name }: Position): string {
  return Buffer.from(JSON.stringify([fingerprint(query), name, value])).toString("base64url");
}

/** @throws BadCursor */
export function readCursor(query: RowQuery, cursor: string): Position {
  const parts = parse(cursor);
  const [print, name, value] = Array.isArray(parts) ? parts : [];
  const kinds = ["string", "number"];
  const sorted = (query.sortBy ?? "name") !== "name";
  if (print !== fingerprint(query) || typeof name !== "string" || kinds.includes(typeof value) !== sorted)
    throw new BadCursor("The cursor was not given out by this query.");
  return sorted ? { name, value } : { name };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch (cause) {
    throw new BadCursor("The cursor was not given out by this query.", { cause });
  }
}
