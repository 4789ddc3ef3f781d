// Search and GetSearchSuggestions, over every noun that has a `search.ts`.
// Gap: a search looks at the rows as they are: what was written is found at once, on AWS after some seconds.
// Gap: pages follow the sort property: an item whose property changes between two pages may be missed or come twice.
// Gap: Contains does not regard case; AWS does not say whether it does.
// Gap: VisibilityConditions and searches in other accounts are refused by name.
import type {
  PropertyNameSuggestion,
  SearchRecord,
  SearchRequest,
  SearchResponse,
} from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { DEFAULT_PAGE } from "../shared/list.ts";
import { notBuilt } from "../shared/not-built.ts";
import { type Noun, type Parts, scopeOf } from "../shared/noun.ts";
import type { Searchable } from "../shared/searchable.ts";
import { createExpression, filtersOf, needProperty, wantedBy } from "./expression.ts";
import { compare, First, markOf, placeOf, readToken, writeToken } from "./order.ts";
import { propertyNames, rootOf, searchView } from "./properties.ts";
import { suggestions } from "./suggestions.ts";
import { slices } from "./walk.ts";

export function search({ rows, nouns }: Parts): Noun {
  const searchableOf = (resource: string) => {
    const all = nouns().flatMap(({ searchable }) => searchable ?? []);
    const found = all.find((each) => each.resource === resource);
    if (found) return found;
    const known = all.map((each) => each.resource).join(", ");
    throw errors.validation(
      `Resource: searching for ${resource} is not yet available in Sagebrush, expected one of ${known}.`,
    );
  };
  return {
    operations: {
      Search: {
        newer: ["CrossAccountFilterOption"],
        run: (input, call) => find(rows, searchableOf(input.Resource), input, call),
      },
      GetSearchSuggestions: {
        run: async ({ Resource, SuggestionQuery }, call) => {
          const searchable = searchableOf(Resource);
          const hint = SuggestionQuery?.PropertyNameQuery?.PropertyNameHint ?? "";
          const range = { kind: searchable.kind, scope: scopeOf(call), signal: call.signal };
          const names = await suggestions(rows, searchable, hint, range);
          return { PropertyNameSuggestions: names.map((PropertyName): PropertyNameSuggestion => ({ PropertyName })) };
        },
      },
    },
  };
}

/** What a result shows whenever it is asked for. */
const everything = () => true;

async function find(
  rows: Parts["rows"],
  // biome-ignore lint/suspicious/noExplicitAny: resources of every document type are searched alike
  searchable: Searchable<any>,
  input: SearchRequest,
  call: Call,
): Promise<SearchResponse> {
  if (input.CrossAccountFilterOption === "CrossAccount")
    throw notBuilt("CrossAccountFilterOption: searching in other accounts");
  const { SearchExpression: expression, SortBy = "LastModifiedTime", SortOrder = "Descending" } = input;
  const { MaxResults = DEFAULT_PAGE, NextToken, Resource } = input;
  const grammar = { properties: propertyNames(searchable), manyContains: searchable.manyContains ?? [] };
  const isSought = expression ? createExpression(expression, grammar) : everything;
  needProperty(SortBy, grammar);
  const scope = scopeOf(call);
  const mark = markOf([scope, Resource, expression, SortBy, SortOrder]);
  const after = NextToken === undefined ? undefined : readToken(mark, NextToken);
  const isDescending = SortOrder === "Descending";
  const roots = new Set([SortBy, ...(expression ? filtersOf(expression) : []).map(({ Name }) => Name)].map(rootOf));
  const needs = (property: string) => roots.has(property.toLowerCase());
  const names = expression && (await searchable.narrow?.(scope, wantedBy(expression)));
  const first = new First<Row<unknown>>(MaxResults + 1, isDescending);
  for await (const slice of slices(rows, { kind: searchable.kind, scope, names, signal: call.signal })) {
    const records = await searchable.records(slice, needs);
    slice.forEach((row, index) => {
      const view = searchView(records[index] ?? {});
      if (!isSought(view)) return;
      const place = placeOf(view, SortBy, row.name);
      if (after === undefined || compare(place, after, isDescending) > 0) first.add(place, row);
    });
  }
  const page = first.all.slice(0, MaxResults);
  const last = page.at(-1);
  const shown = await searchable.records(
    page.map(({ item }) => item),
    everything,
  );
  return {
    Results: shown.map((record): SearchRecord => ({ [searchable.member]: record })),
    ...(first.all.length > MaxResults && last ? { NextToken: writeToken(mark, last.place) } : {}),
  };
}
