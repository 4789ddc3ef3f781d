// Pages of lists in any order: a token holds the place of the last item given, so that items that come and go between
// two pages move nothing.
import { invalidNextToken } from "../errors.ts";

/** Where an item stands: what it is sorted by, then its name. */
type Position = readonly [number | string, string];

export interface Order<Item> {
  readonly position: (item: Item) => Position;
  readonly descending: boolean;
}

/** @throws ApiError InvalidNextToken for a token that no list of this order gave out */
export function pageInOrder<Item>(
  items: readonly Item[],
  { position, descending }: Order<Item>,
  { limit, token }: { readonly limit: number; readonly token: string | undefined },
): { readonly items: readonly Item[]; readonly NextToken?: string } {
  const turn = descending ? -1 : 1;
  const after = token === undefined ? undefined : readToken(token);
  const rest = items
    .filter((item) => after === undefined || turn * compare(position(item), after) > 0)
    .toSorted((one, other) => turn * compare(position(one), position(other)));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined || page.length === rest.length) return { items: page };
  return { items: page, NextToken: Buffer.from(JSON.stringify(position(last))).toString("base64url") };
}

function readToken(token: string): Position {
  try {
    const [first, second]: readonly unknown[] = JSON.parse(Buffer.from(token, "base64url").toString());
    if ((typeof first === "number" || typeof first === "string") && typeof second === "string") return [first, second];
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof TypeError)) throw cause;
  }
  throw invalidNextToken("Invalid Token");
}

const compare = (one: Position, other: Position): number => {
  for (const [index, value] of one.entries()) {
    const against = other[index] ?? "";
    if (value !== against) return value < against ? -1 : 1;
  }
  return 0;
};
