// Pages of ECR's lists: nextToken is the name of the last item given.
import { cutPage, readMarker } from "../../../core/pages.ts";
import { invalidParameter } from "../errors.ts";

export interface PageRequest {
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
}

/** API reference: 100 unless the caller says otherwise. */
export const DEFAULT_PAGE = 100;

/** Name of the last item of the page before. @throws ApiError InvalidParameter for one that no list gave out */
export function startOf({ nextToken }: PageRequest): string | undefined {
  if (nextToken === undefined) return undefined;
  const name = readMarker(nextToken);
  if (name === undefined) throw invalidParameter("Invalid parameter at 'nextToken': it was not given out by a list.");
  return name;
}

/** `rest` holds one more than fits when there are more. */
export function cut<Item>(
  rest: readonly Item[],
  nameOf: (item: Item) => string,
  { maxResults = DEFAULT_PAGE }: PageRequest,
): { readonly items: readonly Item[]; readonly token: { readonly nextToken?: string } } {
  const { items, next } = cutPage(rest, nameOf, maxResults);
  return { items, token: next === undefined ? {} : { nextToken: next } };
}
