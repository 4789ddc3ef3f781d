// The part of JSONPath that data processing of transform jobs takes: children, several children, indices, slices and the
// wildcard. Guide: "Associate Prediction Results with Input Records", table of operators.
import { isNumber } from "../../shared/json-text.ts";

/** A part of the path: named children, everything, or items of an array. */
type Step =
  | { readonly kind: "names"; readonly names: readonly string[]; readonly isOne: boolean }
  | { readonly kind: "all" }
  | { readonly kind: "items"; readonly items: readonly Item[]; readonly isOne: boolean };

/** One index, or a slice whose end is not part of it; both count from the end when negative. */
type Item = number | { readonly start: number | undefined; readonly end: number | undefined };

export interface JsonPath {
  readonly text: string;
  readonly steps: readonly Step[];
}

/** A path that is none, or one that selects nothing, in words for people. */
export class BadPath extends Error {
  override readonly name = "BadPath";
}

const NAME = /^\.([^.[\]*,:'"\s]+)/;
const WILDCARD = /^(\.\*|\.?\[\*\])/;
const BRACKET = /^\.?\[([^\]]*)\]/;
const QUOTED = /^\s*(?:'([^']*)'|"([^"]*)")\s*$/;
const INDEX = /^\s*(-?\d+)\s*$/;
const SLICE = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*$/;

/** @throws BadPath naming the place that is not understood */
export function parseJsonPath(text: string): JsonPath {
  if (!text.startsWith("$")) throw new BadPath(`a path begins with $, got ${JSON.stringify(text)}`);
  const steps: Step[] = [];
  let rest = text.slice(1);
  while (rest !== "") {
    const [step, length] = nextStep(rest, text);
    steps.push(step);
    rest = rest.slice(length);
  }
  return { text, steps };
}

function nextStep(rest: string, text: string): readonly [Step, number] {
  const wildcard = WILDCARD.exec(rest);
  if (wildcard) return [{ kind: "all" }, wildcard[0].length];
  const name = NAME.exec(rest);
  if (name?.[1] !== undefined) return [{ kind: "names", names: [name[1]], isOne: true }, name[0].length];
  const bracket = BRACKET.exec(rest);
  const step = bracket && insideBracket((bracket[1] ?? "").split(","));
  if (!bracket || !step)
    throw new BadPath(
      `${text} is not understood from "${rest}" on; expected .name, ['name'], ['a','b'], .*, [0], [0,2], [1:4] or [0,5:]`,
    );
  return [step, bracket[0].length];
}

function insideBracket(parts: readonly string[]): Step | undefined {
  const names = parts.map((part) => QUOTED.exec(part)).map((match) => match && (match[1] ?? match[2] ?? ""));
  if (names.every((name) => name !== null)) return { kind: "names", names, isOne: names.length === 1 };
  const items = parts.map(itemOf);
  if (!items.every((item) => item !== undefined)) return undefined;
  return { kind: "items", items, isOne: items.length === 1 && typeof items[0] === "number" };
}

function itemOf(part: string): Item | undefined {
  const index = INDEX.exec(part);
  if (index) return Number(index[1]);
  const slice = SLICE.exec(part);
  const edge = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return slice ? { start: edge(slice[1]), end: edge(slice[2]) } : undefined;
}

/**
 * What the path selects of a JSON value: one child or item as it is, several children as an object of them, several
 * items as an array. @throws BadPath when something of it is not there
 */
export function select({ text, steps }: JsonPath, value: unknown): unknown {
  let found = value;
  for (const step of steps) found = takeStep(step, found, text);
  return found;
}

function takeStep(step: Step, value: unknown, text: string): unknown {
  switch (step.kind) {
    case "all":
      if (!isContainer(value)) throw new BadPath(`${text} selects the children of ${kindOf(value)}`);
      return Array.isArray(value) ? value : Object.values(value);
    case "names": {
      const pairs = step.names.map((name) => [name, childOf(value, name, text)] as const);
      return step.isOne ? pairs[0]?.[1] : Object.fromEntries(pairs);
    }
    case "items": {
      if (!Array.isArray(value)) throw new BadPath(`${text} selects items of ${kindOf(value)}`);
      const found = step.items.flatMap((item) => itemsOf(value, item, text));
      if (found.length === 0) throw new BadPath(`${text} selects none of ${value.length} items`);
      return step.isOne ? found[0] : found;
    }
    default:
      throw new Error(`Unknown step ${JSON.stringify(step satisfies never)}`);
  }
}

function childOf(value: unknown, name: string, text: string): unknown {
  if (!isContainer(value) || Array.isArray(value))
    throw new BadPath(`${text} selects the child "${name}" of ${kindOf(value)}`);
  if (!Object.hasOwn(value, name)) throw new BadPath(`${text} selects the child "${name}", which is not there`);
  return (value as Readonly<Record<string, unknown>>)[name];
}

function itemsOf(value: readonly unknown[], item: Item, text: string): readonly unknown[] {
  if (typeof item !== "number") return value.slice(item.start, item.end);
  const index = item < 0 ? value.length + item : item;
  if (index < 0 || index >= value.length)
    throw new BadPath(`${text} selects item ${item}, but there are ${value.length} items`);
  return [value[index]];
}

/** An object or an array; numbers kept as text (see json-text.ts) are objects of another kind. */
const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !isNumber(value);

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (isNumber(value)) return "a number";
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
