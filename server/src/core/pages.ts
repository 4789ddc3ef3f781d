// Pages of lists whose marker is the name of the last item given, in an alphabet that survives a query string.

/** The name in a marker; undefined for one that no list gave out. */
export function readMarker(marker: string): string | undefined {
  const name = Buffer.from(marker, "base64url");
  return name.toString("base64url") === marker ? name.toString() : undefined;
}

/** The first items of those that follow; `rest` holds one more than fits when there are more, and `next` marks where they begin. */
export function cutPage<Item>(
  rest: readonly Item[],
  nameOf: (item: Item) => string,
  limit: number,
): { readonly items: readonly Item[]; readonly next?: string } {
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (rest.length <= items.length || last === undefined) return { items };
  return { items, next: Buffer.from(nameOf(last)).toString("base64url") };
}

/** The items whose names come after one, by name. */
export function itemsAfter<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  after: string | undefined,
): readonly Item[] {
  const sorted = items.toSorted((one, other) => compare(nameOf(one), nameOf(other)));
  return after === undefined ? sorted : sorted.filter((item) => compare(nameOf(item), after) > 0);
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
