// Pages of IAM's lists: Marker is the key of the last item given, in an alphabet that survives a query string.
import { errors } from "../../../core/errors.ts";
import { cutPage, itemsAfter, readMarker } from "../../../core/pages.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";

export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface PageFacts {
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/** The default of every list (IAM API reference, MaxItems). */
export const DEFAULT_ITEMS = 100;

/** A page of items in hand, sorted by their keys. */
export const pageOf = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  request: PageRequest,
): PageFacts & { readonly items: readonly Item[] } => cut(itemsAfter(items, keyOf, startOf(request)), keyOf, request);

/** A page of rows that pass, by name. */
export async function pageOfRows<Document>(
  rows: Rows,
  from: { readonly kind: string; readonly scope: string },
  passes: (document: Document) => boolean,
  request: PageRequest,
): Promise<PageFacts & { readonly items: readonly Row<Document>[] }> {
  const wanted = (request.MaxItems ?? DEFAULT_ITEMS) + 1;
  const found: Row<Document>[] = [];
  let after = startOf(request);
  for (let isMore = true; isMore && found.length < wanted; ) {
    const batch = await rows.scan<Document>({ ...from, after, limit: wanted });
    found.push(...batch.filter((row) => passes(row.document)));
    after = batch.at(-1)?.name;
    isMore = batch.length === wanted;
  }
  return cut(found, (row) => row.name, request);
}

/** Every row of a kind in an account. */
export async function* allRows<Document>(
  rows: Rows,
  from: { readonly kind: string; readonly scope: string },
): AsyncIterable<Row<Document>> {
  const limit = 500;
  let after: string | undefined;
  for (;;) {
    const batch: readonly Row<Document>[] = await rows.scan<Document>({ ...from, after, limit });
    yield* batch;
    if (batch.length < limit) return;
    after = batch.at(-1)?.name;
  }
}

function cut<Item>(
  rest: readonly Item[],
  keyOf: (item: Item) => string,
  request: PageRequest,
): PageFacts & { readonly items: readonly Item[] } {
  const { items, next } = cutPage(rest, keyOf, request.MaxItems ?? DEFAULT_ITEMS);
  return { items, IsTruncated: next !== undefined, ...(next === undefined ? {} : { Marker: next }) };
}

/** @throws ApiError Validation for a marker that no list gave out */
function startOf({ Marker }: PageRequest): string | undefined {
  if (Marker === undefined) return undefined;
  const key = readMarker(Marker);
  if (key === undefined) throw errors.validation(`Invalid Marker: ${Marker} was not given out by a list.`);
  return key;
}
