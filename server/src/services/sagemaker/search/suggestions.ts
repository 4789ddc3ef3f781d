// GetSearchSuggestions: names that a search could use, those of the user's own tags, parameters and metrics included.
import type { Rows } from "../../../store/rows/rows.ts";
import type { Searchable } from "../shared/searchable.ts";
import { nestedNames, propertyNames, searchView } from "./properties.ts";
import { type Range, slices } from "./walk.ts";

/** Suggestions given at most; with so many found nobody looks further. */
const MOST = 100;

/** Members whose keys people choose. */
const maps = ["HyperParameters", "Tags", "Metrics", "Parameters", "InputArtifacts", "OutputArtifacts", "Environment"];

/** A copy of the whole job that a component is of: its names, some hundred, would leave no place for others. */
const COPY = "SourceDetail";

/** Names that have the hint somewhere in them, without regard to case, in their order. */
export async function suggestions(
  rows: Rows,
  // biome-ignore lint/suspicious/noExplicitAny: resources of every document type are looked at alike
  searchable: Searchable<any>,
  hint: string,
  range: Range,
): Promise<readonly string[]> {
  const sought = hint.toLowerCase();
  const properties = propertyNames(searchable);
  const found = new Set(properties.filter((name) => name.toLowerCase().includes(sought)));
  const chosen = maps.filter((name) => properties.includes(name));
  const needs = (property: string) => property === "Tags";
  for await (const slice of slices(rows, range)) {
    for (const record of await searchable.records(slice, needs)) {
      const view = searchView(record);
      // AWS writes the member in lower case and the key as it is: `hyperparameters.linear_lr` (guide, search).
      for (const member of chosen)
        for (const key of Object.keys(view[member] ?? {}))
          if (`${member}.${key}`.toLowerCase().includes(sought)) found.add(`${member.toLowerCase()}.${key}`);
    }
    if (found.size >= MOST) break;
  }
  const nested = nestedNames(searchable, [...maps, COPY]).filter((name) => name.toLowerCase().includes(sought));
  return [...new Set([...found, ...nested])].slice(0, MOST).sort();
}
