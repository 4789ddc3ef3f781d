// Whether an event has what a pattern asks for. An event is a set of paths with values: `{"a": {"b": 1}}` and `{"a.b": 1}`
// are the same, and of a list every element counts. Values that a pattern asks of one list have to be of the same element
// (EventBridge user guide, "Event patterns: arrays"; recorded answers of TestEventPattern).
import type { Scalar, Test } from "./tests.ts";

/** What has to hold together: the tests of each path, one of which has to hold. */
export type Alternative = ReadonlyMap<string, readonly Test[]>;

/** Which element of a list a value is of, and where that list is; undefined outside of all lists. */
type Place = { readonly list: number; readonly index: number; readonly outer: Place } | undefined;

interface Value {
  readonly value: Scalar;
  readonly place: Place;
}

type Values = ReadonlyMap<string, readonly Value[]>;

/** What a pattern asks of one event at most, values and places looked at: some milliseconds. Then it is given up. */
const MOST_STEPS = 250_000;
/** Deeper ones are not looked into: as deep as AWS reads JSON (Jackson's limit). */
const MOST_LEVELS = 1000;

/** Whether an event, which is what JSON.parse gives, has what one of the alternatives asks for. */
export function matcher(alternatives: readonly Alternative[]): (event: unknown) => boolean {
  let asked: Asked | undefined;
  return (event) => {
    asked ??= askedBy(alternatives);
    const search = new Search(flatten(event, asked));
    return alternatives.some((alternative) => search.holds(alternative));
  };
}

class Search {
  readonly #values: Values;
  /** Where values are that pass; alternatives share their tests. */
  readonly #passing = new Map<readonly Test[], readonly Place[]>();
  #left = MOST_STEPS;

  constructor(values: Values) {
    this.#values = values;
  }

  holds(alternative: Alternative): boolean {
    const choices: (readonly Place[])[] = [];
    for (const [path, tests] of alternative) {
      if (this.#left-- <= 0) return false;
      const places = this.#passing.get(tests) ?? this.#placesOf(path, tests);
      if (places.length === 0) return false;
      choices.push(places);
    }
    return this.#choose(choices, 0, new Map());
  }

  /** Where the values are that pass; outside of lists when a path may be absent and is. */
  #placesOf(path: string, tests: readonly Test[]): readonly Place[] {
    const places = this.#find(tests, this.#values.get(path));
    this.#passing.set(tests, places);
    return places;
  }

  #find(tests: readonly Test[], found: readonly Value[] | undefined): readonly Place[] {
    if (found === undefined) return tests.includes("absent") ? [undefined] : [];
    const places: Place[] = [];
    for (const { value, place } of found) {
      if (this.#left <= 0) return [];
      if (!this.#passes(tests, value)) continue;
      if (place === undefined) return [undefined];
      places.push(place);
    }
    return places;
  }

  #passes(tests: readonly Test[], value: Scalar): boolean {
    return tests.some((test) => {
      this.#left--;
      return test === "present" || (typeof test === "function" && test(value));
    });
  }

  /** `chosen`: by list, the element that the values before are of. */
  #choose(choices: readonly (readonly Place[])[], index: number, chosen: Map<number, number>): boolean {
    const places = choices[index];
    if (places === undefined) return true;
    for (const place of places) {
      if (this.#left-- <= 0) return false;
      const added: number[] = [];
      if (this.#agrees(place, chosen, added) && this.#choose(choices, index + 1, chosen)) return true;
      for (const list of added) chosen.delete(list);
    }
    return false;
  }

  /** Adds the elements that the place is in, and says which it added. */
  #agrees(place: Place, chosen: Map<number, number>, added: number[]): boolean {
    for (let at = place; at !== undefined; at = at.outer) {
      this.#left--;
      const known = chosen.get(at.list);
      if (known !== undefined && known !== at.index) return false;
      if (known !== undefined) continue;
      chosen.set(at.list, at.index);
      added.push(at.list);
    }
    return true;
  }
}

/** What of events a pattern looks at: nothing else is taken out of them, however much there is. */
interface Asked {
  readonly paths: ReadonlySet<string>;
  /** Of objects on the way to a path. */
  readonly prefixes: ReadonlySet<string>;
  readonly longest: number;
}

function askedBy(alternatives: readonly Alternative[]): Asked {
  const paths = new Set(alternatives.flatMap((alternative) => [...alternative.keys()]));
  const prefixes = new Set<string>();
  let longest = 0;
  for (const path of paths) {
    longest = Math.max(longest, path.length);
    for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) prefixes.add(path.slice(0, dot));
  }
  return { paths, prefixes, longest };
}

function flatten(event: unknown, { paths, prefixes, longest }: Asked): Values {
  const values = new Map<string, Value[]>();
  let lists = 0;
  const add = (path: string, value: unknown, { place, level }: { place: Place; level: number }): void => {
    if (level > MOST_LEVELS) return;
    if (Array.isArray(value)) {
      const list = lists++;
      for (const [index, item] of value.entries())
        add(path, item, { place: { list, index, outer: place }, level: level + 1 });
    } else if (typeof value === "object" && value !== null) {
      if (level > 0 && !prefixes.has(path)) return;
      for (const [name, member] of Object.entries(value)) {
        if (path.length + name.length > longest) continue;
        add(level === 0 ? name : `${path}.${name}`, member, { place, level: level + 1 });
      }
    } else if (paths.has(path)) {
      const found = values.get(path);
      if (found) found.push({ value: value as Scalar, place });
      else values.set(path, [{ value: value as Scalar, place }]);
    }
  };
  add("", event, { place: undefined, level: 0 });
  return values;
}
