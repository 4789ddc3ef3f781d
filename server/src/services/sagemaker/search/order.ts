// The order of results, by any property, and where in it a page ends. What lacks the property comes last.
import { createHash } from "node:crypto";
import { errors } from "../../../core/errors.ts";
import { numberOf, valuesOf } from "./properties.ts";

/** What a result is sorted by: the property's value if it has one, then the name of its row. */
export type Place = readonly [value: number | string | null, name: string];

/** The place of a record in the order by a property; of several values the first counts. */
export function placeOf(view: unknown, property: string, name: string): Place {
  const [value] = valuesOf(view, property);
  return [value === undefined ? null : (numberOf(value) ?? String(value)), name];
}

/** Below 0 when `one` comes first. Numbers come before texts, both by their order, or the other way round. */
export function compare(one: Place, other: Place, isDescending: boolean): number {
  if (one[0] === null || other[0] === null) {
    if (one[0] !== other[0]) return one[0] === null ? 1 : -1;
  } else {
    const byValue = compareValues(one[0], other[0]);
    if (byValue !== 0) return isDescending ? -byValue : byValue;
  }
  const byName = one[1] < other[1] ? -1 : one[1] > other[1] ? 1 : 0;
  return isDescending ? -byName : byName;
}

function compareValues(one: number | string, other: number | string): number {
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The first few of many, in order, whatever order they come in. */
export class First<Item> {
  readonly #items: { readonly place: Place; readonly item: Item }[] = [];
  readonly #count: number;
  readonly #isDescending: boolean;

  constructor(count: number, isDescending: boolean) {
    this.#count = count;
    this.#isDescending = isDescending;
  }

  add(place: Place, item: Item): void {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#items[middle];
      if (at && compare(at.place, place, this.#isDescending) < 0) low = middle + 1;
      else high = middle;
    }
    if (low >= this.#count) return;
    this.#items.splice(low, 0, { place, item });
    if (this.#items.length > this.#count) this.#items.pop();
  }

  get all(): readonly { readonly place: Place; readonly item: Item }[] {
    return this.#items;
  }
}

/** What tells one search from another, in its tokens. */
export const markOf = (search: unknown): string =>
  createHash("sha256").update(JSON.stringify(search)).digest("base64url").slice(0, 16);

export const writeToken = (mark: string, place: Place): string =>
  `${mark}${Buffer.from(JSON.stringify(place)).toString("base64url")}`;

/** @throws ApiError Validation for a token of another search */
export function readToken(mark: string, token: string): Place {
  if (token.startsWith(mark)) {
    const place = parse(Buffer.from(token.slice(mark.length), "base64url").toString());
    if (isPlace(place)) return place;
  }
  throw errors.validation("Invalid NextToken: it was not given out by this search.");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is no place either.
    return undefined;
  }
}

const isPlace = (place: unknown): place is Place =>
  Array.isArray(place) &&
  place.length === 2 &&
  (place[0] === null || ["number", "string"].includes(typeof place[0])) &&
  typeof place[1] === "string";
