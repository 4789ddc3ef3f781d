// Walking a bucket's names in byte order, with names that share a prefix up to the delimiter rolled up into one entry.
// Each such prefix is passed by one seek, however many names it has.
import type { Row } from "../../../store/rows/rows.ts";
import { afterPrefix, encodeKey } from "../shared/names.ts";

export interface Seek {
  readonly from?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface Walk<Document> {
  /** Rows from a position on, in order, all with names that start with encodeKey(prefix). */
  readonly source: (seek: Seek) => Promise<readonly Row<Document>[]>;
  /** The key that a row's name is about. */
  readonly keyOf: (name: string) => string;
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly start: { readonly from?: string | undefined; readonly after?: string | undefined };
  readonly limit: number;
}

export type Entry<Document> = { readonly row: Row<Document>; readonly key: string } | { readonly prefix: string };

export interface Walked<Document> {
  readonly entries: readonly Entry<Document>[];
  /** There is at least one more entry. */
  readonly truncated: boolean;
}

const SMALLEST_BATCH = 4;
const LARGEST_BATCH = 1000;

/** The part of a key up to the first delimiter behind the prefix; undefined when there is none. */
export function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (!delimiter || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Where to go on after a key or common prefix: prefixes that are not greater than the marker are not shown again. */
export function startAfter(marker: string | undefined, prefix: string, delimiter: string | undefined) {
  if (!marker) return {};
  const rolled = commonPrefix(marker, prefix, delimiter);
  return rolled === undefined ? { after: encodeKey(marker) } : { from: afterPrefix(encodeKey(rolled)) };
}

export async function walk<Document>(request: Walk<Document>): Promise<Walked<Document>> {
  const { limit, prefix, delimiter } = request;
  const entries: Entry<Document>[] = [];
  if (limit === 0) return { entries, truncated: false };
  // One more than asked tells whether there is more.
  const wanted = limit + 1;
  let position: Omit<Seek, "limit"> = request.start;
  let batch = delimiter ? SMALLEST_BATCH : LARGEST_BATCH;
  while (entries.length < wanted) {
    const asked = Math.min(batch, wanted - entries.length);
    const rows = await request.source({ ...position, limit: asked });
    let jumped = false;
    for (const row of rows) {
      const key = request.keyOf(row.name);
      const rolled = commonPrefix(key, prefix, delimiter);
      position = { after: row.name };
      if (rolled === undefined) {
        entries.push({ row, key });
        continue;
      }
      entries.push({ prefix: rolled });
      const next = afterPrefix(encodeKey(rolled));
      if (next === undefined) return cut(entries, limit);
      position = { from: next };
      jumped = true;
      break;
    }
    if (!jumped && rows.length < asked) break;
    batch = jumped ? SMALLEST_BATCH : Math.min(batch * 2, LARGEST_BATCH);
  }
  return cut(entries, limit);
}

const cut = <Document>(entries: Entry<Document>[], limit: number): Walked<Document> => ({
  entries: entries.slice(0, limit),
  truncated: entries.length > limit,
});
