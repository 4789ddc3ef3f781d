// A compiled statement has named parameters and is run with a record of values. This file knows no SQL library, so that a
// thread that only runs statements starts fast.

export type Value = string | number | null;
export type Values = Readonly<Record<string, Value>>;
export type Found = Readonly<Record<string, Value>>;

/** Compiled SQL; `parameters` are names to be looked up in the values, or constants. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly ({ readonly name: string } | Value)[];
}

/** The values in the order the compiled SQL wants them. */
export function bind(statement: Statement, values: Values): Value[] {
  return statement.parameters.map((each) =>
    each !== null && typeof each === "object" ? (values[each.name] ?? null) : each,
  );
}

/** What a commit runs. */
export interface WriteStatements {
  readonly version: Statement;
  readonly put: Statement;
  readonly remove: Statement;
  readonly log: Statement;
  readonly trim: Statement;
}
