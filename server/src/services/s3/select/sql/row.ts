// Rows of a source, and paths into them. Amazon S3 user guide, "FROM clause": a document is a list of root-level values,
// over which S3Object[*] goes; what a path does not find is MISSING, and is a row all the same.
import { selectErrors } from "../errors.ts";
import type { Step } from "./statement.ts";
import type { Value } from "./values.ts";

export type NamedValues = readonly (readonly [name: string, value: Value])[];

export interface Row {
  readonly value: Value;
  /** What `SELECT *` gives. */
  readonly all: () => NamedValues;
  /** The column, or the attribute, of that name; regardless of case unless it is exact. */
  readonly named: (name: string, isExact: boolean) => Value;
}

const isStructure = (value: Value): value is { readonly [name: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** A value of a JSON source. One that is no structure is its only column. */
export function valueRow(value: Value): Row {
  return {
    value,
    all: () => (isStructure(value) ? Object.entries(value) : value === undefined ? [] : [["_1", value]]),
    named: (name, isExact) => (!isStructure(value) && name === "_1" ? value : attribute(value, name, isExact)),
  };
}

/** Columns of a CSV source by name. */
export interface Header {
  readonly names: readonly string[];
  /** Column numbers by name as written, and by name in lower case. */
  readonly exact: ReadonlyMap<string, number>;
  readonly folded: ReadonlyMap<string, readonly number[]>;
}

export function headerOf(names: readonly string[]): Header {
  const folded = new Map<string, number[]>();
  names.forEach((name, index) => {
    const key = name.toLowerCase();
    folded.set(key, [...(folded.get(key) ?? []), index]);
  });
  return { names, exact: new Map(names.map((name, index) => [name, index])), folded };
}

/** A record of a CSV source; without a header its columns are `_1`, `_2` … */
export function recordRow(fields: readonly string[], header: Header | undefined): Row {
  return {
    value: fields,
    all: () => fields.map((field, index) => [header?.names[index] ?? `_${index + 1}`, field]),
    named: (name, isExact) => fields[columnOf(name, isExact, header)],
  };
}

/** @throws ApiError AmbiguousFieldName, MissingHeaders, EvaluatorBindingDoesNotExist */
function columnOf(name: string, isExact: boolean, header: Header | undefined): number {
  const known = header?.exact.get(name);
  if (known !== undefined) return known;
  const alike = isExact ? [] : (header?.folded.get(name.toLowerCase()) ?? []);
  if (alike.length > 1) throw selectErrors.ambiguousFieldName();
  const [column] = alike;
  if (column !== undefined) return column;
  const position = /^_([1-9]\d*)$/.exec(name)?.[1];
  if (position !== undefined) return Number(position) - 1;
  if (header === undefined) throw selectErrors.noBinding();
  throw selectErrors.missingHeaders();
}

function attribute(value: Value, name: string, isExact: boolean): Value {
  if (!isStructure(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  if (isExact) return undefined;
  const folded = name.toLowerCase();
  const alike = Object.keys(value).filter((key) => key.toLowerCase() === folded);
  if (alike.length > 1) throw selectErrors.ambiguousFieldName();
  return alike[0] === undefined ? undefined : value[alike[0]];
}

/** The value at the end of a path; a wildcard gives the list. */
export function follow(value: Value, steps: readonly Step[]): Value {
  let found = value;
  for (const step of steps) {
    if (step.kind === "name") found = attribute(found, step.name, step.isExact);
    else if (step.kind === "index") found = Array.isArray(found) ? found[step.index] : undefined;
    else if (!Array.isArray(found)) found = undefined;
  }
  return found;
}

/** Rows below a root-level value: a wildcard goes over a list, and leaves any other value as it is. */
export function rowsBelow(root: Value, steps: readonly Step[]): readonly Value[] {
  // The first wildcard goes over the root-level values themselves.
  const below = steps[0]?.kind === "wildcard" ? steps.slice(1) : steps;
  let rows: readonly Value[] = [root];
  for (const step of below)
    rows =
      step.kind === "wildcard"
        ? rows.flatMap((value) => (Array.isArray(value) ? (value as readonly Value[]) : [value]))
        : rows.map((value) => follow(value, [step]));
  return rows;
}
