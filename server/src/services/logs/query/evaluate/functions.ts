// Functions of Logs Insights. Source: CloudWatch Logs user guide, "Boolean, comparison, numeric, datetime, and other
// functions". What is not there, or of another kind than the function takes, gives nothing.
import { addressFunctions } from "./addresses.ts";
import type { InsightsFunction } from "./function.ts";
import { parseJson } from "./record.ts";
import { Time, toNumber, toText, type Value } from "./value.ts";

const one = (run: (value: Value) => Value): InsightsFunction => ({
  least: 1,
  most: 1,
  make:
    () =>
    ([value]) =>
      run(value),
});

const ofNumber = (run: (value: number) => number) =>
  one((value) => {
    const number = toNumber(value);
    return number === undefined ? undefined : finite(run(number));
  });

const ofNumbers = (choose: (...values: number[]) => number): InsightsFunction => ({
  least: 1,
  make: () => (given) => {
    const numbers = given.map(toNumber).filter((number) => number !== undefined);
    return numbers.length === 0 ? undefined : choose(...numbers);
  },
});

/** The first value as a text, with the others. */
const ofText = (
  least: number,
  most: number,
  run: (text: string, more: readonly Value[]) => Value,
): InsightsFunction => ({
  least,
  most,
  make:
    () =>
    ([value, ...more]) => {
      const text = toText(value);
      return text === undefined ? undefined : run(text, more);
    },
});

export const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** Whether a field is empty says also what is not there: 1 or 0. */
const emptiness = (trim: (text: string) => string) =>
  one((value) => Number(value === undefined || trim(toText(value) ?? "") === ""));

function trimmed(text: string, characters: Value, sides: { readonly left: boolean; readonly right: boolean }): string {
  const isGone =
    characters === undefined
      ? (character: string) => /\s/.test(character)
      : (character: string) => (toText(characters) ?? "").includes(character);
  let start = 0;
  let end = text.length;
  while (sides.left && start < end && isGone(text[start] ?? "")) start++;
  while (sides.right && end > start && isGone(text[end - 1] ?? "")) end--;
  return text.slice(start, end);
}

function substring(text: string, [from, length]: readonly Value[]): Value {
  const start = toNumber(from);
  if (start === undefined || start < 0) return undefined;
  const characters = [...text.slice(0, MAX_TEXT)];
  const count = toNumber(length);
  return characters.slice(start, count === undefined ? undefined : start + Math.max(0, count)).join("");
}

/** A message is no longer than this (PutLogEvents); what functions make of several is cut. */
const MAX_TEXT = 1_048_576;

function replaced(text: string, [search, value]: readonly Value[]): Value {
  const wanted = toText(search);
  if (wanted === undefined || wanted === "") return text;
  const pieces = text.split(wanted);
  const other = toText(value) ?? "";
  const length = text.length + (pieces.length - 1) * (other.length - wanted.length);
  return length > MAX_TEXT ? undefined : pieces.join(other);
}

export const functions: Readonly<Record<string, InsightsFunction>> = {
  abs: ofNumber(Math.abs),
  ceil: ofNumber(Math.ceil),
  floor: ofNumber(Math.floor),
  log: ofNumber(Math.log),
  sqrt: ofNumber(Math.sqrt),
  greatest: ofNumbers((...values) => values.reduce((a, b) => Math.max(a, b))),
  least: ofNumbers((...values) => values.reduce((a, b) => Math.min(a, b))),

  ispresent: one((value) => value !== undefined),
  coalesce: { least: 1, make: () => (given) => given.find((value) => value !== undefined) },
  jsonparse: ofText(1, 1, (text) => parseJson(text) as Value),
  jsonstringify: one((value) => (value === undefined ? undefined : JSON.stringify(value))),

  isempty: emptiness((text) => text),
  isblank: emptiness((text) => text.trim()),
  concat: {
    least: 1,
    make: () => (given) =>
      given
        .map((value) => toText(value) ?? "")
        .join("")
        .slice(0, MAX_TEXT),
  },
  ltrim: ofText(1, 2, (text, [characters]) => trimmed(text, characters, { left: true, right: false })),
  rtrim: ofText(1, 2, (text, [characters]) => trimmed(text, characters, { left: false, right: true })),
  trim: ofText(1, 2, (text, [characters]) => trimmed(text, characters, { left: true, right: true })),
  strlen: ofText(1, 1, (text) => [...text].length),
  toupper: ofText(1, 1, (text) => text.toUpperCase()),
  tolower: ofText(1, 1, (text) => text.toLowerCase()),
  substr: ofText(2, 3, substring),
  replace: ofText(3, 3, replaced),
  strcontains: ofText(2, 2, (text, [search]) => Number(text.includes(toText(search) ?? ""))),

  frommillis: one((value) => {
    const ms = toNumber(value);
    return ms === undefined ? undefined : new Time(ms);
  }),
  tomillis: one((value) => toNumber(value)),
  ...addressFunctions,
};
