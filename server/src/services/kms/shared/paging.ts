// Pages of KMS's lists: Marker is the name of the last item given.
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
  const name = Buffer.from(Marker, "base64url");
  if (name.toString("base64url") !== Marker) throw invalidMarker("Marker was not given out by a list.");
  return name.toString();
}

/** The first items of those that follow; `rest` holds one more than fits when there are more. */
export function cut<Item>(
  rest: readonly Item[],
  nameOf: (item: Item) => string,
  limit: number,
): PageFacts & { readonly items: readonly Item[] } {
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (rest.length <= items.length || last === undefined) return { items, Truncated: false };
  return { items, Truncated: true, NextMarker: Buffer.from(nameOf(last)).toString("base64url") };
}

/** A page of items in hand, by name in byte order. */
export function pageOf<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  request: PageRequest,
  defaultLimit: number,
): PageFacts & { readonly items: readonly Item[] } {
  const after = startOf(request);
  const sorted = items.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after);
  return cut(rest, nameOf, request.Limit ?? defaultLimit);
}
