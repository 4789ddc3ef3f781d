// Pages of KMS's lists: Marker is the name of the last item given.
import { cutPage, itemsAfter, readMarker } from "../../../core/pages.ts";
import { invalidMarker } from "../errors.ts";

export interface PageRequest {
  readonly Limit?: number | undefined;
  readonly Marker?: string | undefined;
}

export interface PageFacts {
  readonly Truncated: boolean;
  readonly NextMarker?: string;
}

/** Name of the last item of the page before. @throws ApiError InvalidMarker for one that no list gave out */
export function startOf({ Marker }: PageRequest): string | undefined {
  if (Marker === undefined) return undefined;
  const name = readMarker(Marker);
  if (name === undefined) throw invalidMarker("Marker was not given out by a list.");
  return name;
}

/** The first items of those that follow; `rest` holds one more than fits when there are more. */
export function cut<Item>(
  rest: readonly Item[],
  nameOf: (item: Item) => string,
  limit: number,
): PageFacts & { readonly items: readonly Item[] } {
  const { items, next } = cutPage(rest, nameOf, limit);
  return { items, Truncated: next !== undefined, ...(next === undefined ? {} : { NextMarker: next }) };
}

/** A page of items in hand, by name in byte order. */
export const pageOf = <Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  request: PageRequest,
  defaultLimit: number,
): PageFacts & { readonly items: readonly Item[] } =>
  cut(itemsAfter(items, nameOf, startOf(request)), nameOf, request.Limit ?? defaultLimit);
