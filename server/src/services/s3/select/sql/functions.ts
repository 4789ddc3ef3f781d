// Functions of one row. Amazon S3 user guide, "SQL functions": conditional, date and string functions. One that gets
// null or MISSING gives null.
import { selectErrors } from "../errors.ts";
import { addToDate, dateDifference, datePart, formatTimestamp, timestampOf } from "./times.ts";
import { compare, isAbsent, numberOf, type Value } from "./values.ts";

interface SqlFunction {
  readonly counts: readonly [least: number, most: number];
  /** Gets null and MISSING too. */
  readonly takesAbsent?: true;
  readonly run: (values: readonly Value[], now: Date) => Value;
}

const functions: Readonly<Record<string, SqlFunction>> = Object.assign(Object.create(null), {
  COALESCE: { counts: [1, 100], takesAbsent: true, run: (values) => values.find((value) => !isAbsent(value)) ?? null },
  NULLIF: { counts: [2, 2], takesAbsent: true, run: ([left, right]) => (compare(left, right) === 0 ? null : left) },
  CHAR_LENGTH: { counts: [1, 1], run: ([text]) => [...string("CHAR_LENGTH", text)].length },
  CHARACTER_LENGTH: { counts: [1, 1], run: ([text]) => [...string("CHARACTER_LENGTH", text)].length },
  LOWER: { counts: [1, 1], run: ([text]) => string("LOWER", text).toLowerCase() },
  UPPER: { counts: [1, 1], run: ([text]) => string("UPPER", text).toUpperCase() },
  SUBSTRING: { counts: [2, 3], run: ([text, start, length]) => substring(text, start, length) },
  TRIM: { counts: [3, 3], run: ([text, characters, side]) => trim(text, characters, side) },
  UTCNOW: { counts: [0, 0], run: (_, now) => now },
  TO_TIMESTAMP: { counts: [1, 1], run: ([text]) => timestamp("TO_TIMESTAMP", text) },
  TO_STRING: {
    counts: [2, 2],
    run: ([at, pattern]) => formatTimestamp(timestamp("TO_STRING", at), string("TO_STRING", pattern)),
  },
  EXTRACT: { counts: [2, 2], run: ([part, at]) => known(datePart(String(part), timestamp("EXTRACT", at)), part) },
  DATE_ADD: {
    counts: [3, 3],
    run: ([part, count, at]) =>
      known(addToDate(String(part), whole("DATE_ADD", count), timestamp("DATE_ADD", at)), part),
  },
  DATE_DIFF: {
    counts: [3, 3],
    run: ([part, from, to]) =>
      known(dateDifference(String(part), timestamp("DATE_DIFF", from), timestamp("DATE_DIFF", to)), part),
  },
} satisfies Record<string, SqlFunction>);

export const isFunctionName = (name: string): boolean => functions[name] !== undefined;

/** A function with its number of arguments checked. @throws ApiError IncorrectSqlFunctionArgumentType */
export function functionOf(name: string, count: number): (values: readonly Value[], now: Date) => Value {
  const found = functions[name];
  if (found === undefined) throw new Error(`There is no function ${name}.`);
  const [least, most] = found.counts;
  if (count < least || count > most)
    throw selectErrors.incorrectArgument(
      `${name} takes ${least === most ? least : `${least} to ${most}`} arguments, got ${count}.`,
    );
  return (values, now) => (!found.takesAbsent && values.some(isAbsent) ? null : found.run(values, now));
}

const wrong = (name: string, wanted: string): Error =>
  selectErrors.incorrectArgument(
    `Incorrect type of arguments in function call in the SQL expression: ${name} takes ${wanted}.`,
  );

function string(name: string, value: Value): string {
  if (typeof value !== "string") throw wrong(name, "a string");
  return value;
}

function whole(name: string, value: Value): number {
  const number = numberOf(value);
  if (number === undefined || !Number.isInteger(number)) throw wrong(name, "a whole number");
  return number;
}

function timestamp(name: string, value: Value): Date {
  if (value instanceof Date) return value;
  const found = typeof value === "string" ? timestampOf(value) : undefined;
  if (typeof value === "string" && found === undefined)
    throw selectErrors.valueParse(
      `Time stamp parse failure in the SQL expression: ${JSON.stringify(value.slice(0, 80))}.`,
    );
  if (found === undefined) throw wrong(name, "a timestamp");
  return found;
}

function known(value: Value, part: Value): Value {
  if (value === undefined) throw selectErrors.parse(`The SQL expression names a part of a date that is none: ${part}.`);
  return value;
}

/** Positions count from 1; those before the text count towards the length, as in SQL-92. */
function substring(text: Value, start: Value, length: Value): string {
  const characters = [...string("SUBSTRING", text)];
  const from = whole("SUBSTRING", start);
  const count = length === undefined ? Number.POSITIVE_INFINITY : whole("SUBSTRING", length);
  if (count < 0) throw wrong("SUBSTRING", "a length of zero or more");
  return characters.slice(Math.max(from - 1, 0), Math.max(from - 1 + count, 0)).join("");
}

function trim(text: Value, characters: Value, side: Value): string {
  const all = [...string("TRIM", text)];
  const unwanted = new Set(string("TRIM", characters));
  let start = 0;
  let end = all.length;
  if (side !== "TRAILING") while (start < end && unwanted.has(all[start] ?? "")) start += 1;
  if (side !== "LEADING") while (end > start && unwanted.has(all[end - 1] ?? "")) end -= 1;
  return all.slice(start, end).join("");
}
