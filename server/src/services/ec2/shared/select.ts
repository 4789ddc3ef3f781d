// What Describe calls choose by: ids, filters with wildcards, pages. Source: EC2 API reference, "Filter" and the pages of
// the calls.
import type { Filter } from "../../../../../contract/ec2/types.ts";
import type { ApiError } from "../../../core/errors.ts";
import { dryRun, invalidParameter } from "../errors.ts";

export interface Choice<Item> {
  readonly idOf: (item: Item) => string;
  readonly missing: (id: string) => ApiError;
  /** What filters see of an item, by name of the filter. */
  readonly fields: (item: Item) => Readonly<Record<string, string | readonly string[]>>;
  /** For the filters `tag:…` and `tag-key`. */
  readonly tags?: (item: Item) => Readonly<Record<string, string>>;
}

export interface Question {
  readonly ids?: readonly string[] | undefined;
  readonly filters?: readonly Filter[] | undefined;
  readonly limit?: number | undefined;
  readonly token?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** @throws ApiError of an id that there is none of, InvalidParameterValue for filters and tokens, DryRunOperation */
export function select<Item>(
  items: readonly Item[],
  { ids = [], filters = [], limit, token, dryRun: isDry }: Question,
  choice: Choice<Item>,
): { readonly items: readonly Item[]; readonly NextToken?: string } {
  if (isDry === true) throw dryRun();
  const missing = ids.find((id) => !items.some((item) => choice.idOf(item) === id));
  if (missing !== undefined) throw choice.missing(missing);
  const found = items.filter(
    (item) =>
      (ids.length === 0 || ids.includes(choice.idOf(item))) && filters.every((filter) => passes(item, filter, choice)),
  );
  const start = startOf(token);
  const end = start + (limit ?? found.length);
  const next = end < found.length ? { NextToken: Buffer.from(String(end)).toString("base64url") } : {};
  return { items: found.slice(start, end), ...next };
}

function passes<Item>(
  item: Item,
  { Name = "", Values = [] }: Filter,
  { fields, tags = () => ({}) }: Choice<Item>,
): boolean {
  const own = Name === "tag-key" ? Object.keys(tags(item)) : (tagOf(Name, tags(item)) ?? fields(item)[Name]);
  if (own === undefined) throw invalidParameter(`The filter '${Name}' is invalid`);
  return [own].flat().some((value) => Values.some((pattern) => matches(pattern, value)));
}

function tagOf(name: string, tags: Readonly<Record<string, string>>): readonly string[] | undefined {
  if (!name.startsWith("tag:")) return undefined;
  const value = tags[name.slice("tag:".length)];
  return value === undefined ? [] : [value];
}

/** `*` stands for any characters, `?` for one. Walks both at once, so that no pattern takes long. */
function matches(pattern: string, text: string): boolean {
  let [at, inText, star, resume] = [0, 0, -1, 0];
  while (inText < text.length) {
    if (pattern[at] === "*") [star, resume, at] = [at, inText, at + 1];
    else if (pattern[at] === "?" || pattern[at] === text[inText]) [at, inText] = [at + 1, inText + 1];
    else if (star >= 0) [at, resume, inText] = [star + 1, resume + 1, resume + 1];
    else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

function startOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const start = Buffer.from(token, "base64url").toString();
  if (/^\d{1,9}$/.test(start)) return Number(start);
  throw invalidParameter("NextToken: expected a token that this call has given.");
}
