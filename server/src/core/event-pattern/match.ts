// Whether an event has what a pattern asks for. An event is a set of paths with values: `{"a": {"b": 1}}` and `{"a.b": 1}`
// are the same, and of a list every element counts. Values that a pattern asks of one list have to be of the same element
// (EventBridge user guide, "Event patterns: arrays"; recorded answers of TestEventPattern).
import type { Scalar, Test } from "./tests.ts";

/** What has to hold together: the tests of each path, one of which has to hold. */
export type Alternative = ReadonlyMap<string, readonly Test[]>;

/** Which element of each list a value is of, by the list. */
type Place = ReadonlyMap<number, number>;

interface Value {
  readonly value: Scalar;
  readonly place: Place;
}

type Values = ReadonlyMap<string, readonly Value[]>;

/** A pattern over many lists that have no elements together is given up after so many tries. */
const MOST_STEPS = 100_000;

/** `event` is what JSON.parse gives. */
export function matchesAny(alternatives: readonly Alternative[], event: unknown): boolean {
  const values = flatten(event);
  return alternatives.some((alternative) => matches(alternative, values));
}

function matches(alternative: Alternative, values: Values): boolean {
  const choices: (readonly Place[])[] = [];
  for (const [path, tests] of alternative) {
    const found = values.get(path);
    const places = placesOf(tests, found);
    if (places.length === 0) return false;
    choices.push(places);
  }
  let steps = 0;
  const choose = (index: number, chosen: Place): boolean => {
    const places = choices[index];
    if (places === undefined) return true;
    for (const place of places) {
      if (++steps > MOST_STEPS) return false;
      if (!agree(chosen, place)) continue;
      if (choose(index + 1, place.size === 0 ? chosen : new Map([...chosen, ...place]))) return true;
    }
    return false;
  };
  return choose(0, new Map());
}

const NOWHERE: Place = new Map();

/** Where the values are that pass; somewhere when a path may be absent and is. */
function placesOf(tests: readonly Test[], found: readonly Value[] | undefined): readonly Place[] {
  if (found === undefined) return tests.includes("absent") ? [NOWHERE] : [];
  const passing = found.filter(({ value }) =>
    tests.some((test) => test === "present" || (typeof test === "function" && test(value))),
  );
  return passing.some(({ place }) => place.size === 0) ? [NOWHERE] : passing.map(({ place }) => place);
}

const agree = (chosen: Place, place: Place): boolean =>
  [...place].every(([list, index]) => (chosen.get(list) ?? index) === index);

function flatten(event: unknown): Values {
  const values = new Map<string, Value[]>();
  let lists = 0;
  const add = (path: string, value: unknown, place: Place): void => {
    if (Array.isArray(value)) {
      const list = lists++;
      for (const [index, item] of value.entries()) add(path, item, new Map([...place, [list, index]]));
    } else if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value)) add(path === "" ? name : `${path}.${name}`, member, place);
    } else if (path !== "") {
      const found = values.get(path) ?? [];
      found.push({ value: value as Scalar, place });
      values.set(path, found);
    }
  };
  add("", event, NOWHERE);
  return values;
}
