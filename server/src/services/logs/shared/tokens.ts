// Page tokens of lists: the last item given, as text that belongs to one kind of list.
import { badToken } from "../errors.ts";

/** Wraps a JSON value. */
export const writeToken = (list: string, last: unknown): string =>
  Buffer.from(JSON.stringify([list, last])).toString("base64url");

/** @throws ApiError InvalidParameter for a token of another list */
export function readToken<Last>(
  list: string,
  token: string | undefined,
  isLast: (value: unknown) => value is Last,
): Last | undefined {
  if (token === undefined) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw badToken();
  }
  if (!Array.isArray(found) || found[0] !== list || !isLast(found[1])) throw badToken();
  return found[1];
}

const isText = (value: unknown): value is string => typeof value === "string";

/** A page of items that stand in the order of a text each. @throws ApiError InvalidParameter for a token of another list */
export function pageOf<Item>(
  items: readonly Item[],
  textOf: (item: Item) => string,
  { list, token, limit }: { readonly list: string; readonly token: string | undefined; readonly limit: number },
): { readonly page: readonly Item[]; readonly more: { readonly nextToken?: string } } {
  const after = readToken(list, token, isText);
  const rest = after === undefined ? items : items.filter((item) => textOf(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { page, more: last && rest.length > limit ? { nextToken: writeToken(list, textOf(last)) } : {} };
}
