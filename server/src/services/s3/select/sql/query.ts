// A statement at work: rows go in, records come out.
import { selectErrors } from "../errors.ts";
import { type Accumulator, createAccumulator } from "./aggregates.ts";
import { type Evaluate, evaluator, type Scope } from "./evaluate.ts";
import { type NamedValues, type Row, valueRow } from "./row.ts";
import type { Expression, Projection, Statement } from "./statement.ts";

export interface Query {
  /** The record of a row, if there is one. Not to be called when `isDone`. */
  take(row: Row): NamedValues | undefined;
  /** Whether LIMIT is reached. */
  isDone(): boolean;
  /** The one record of aggregates, when there are no more rows. */
  finish(): NamedValues | undefined;
}

/** @throws ApiError UnsupportedSqlStructure, IncorrectSqlFunctionArgumentType; `take` throws those of values */
export function createQuery(statement: Statement, now: Date): Query {
  const { alias, limit = Number.POSITIVE_INFINITY } = statement;
  const scope: Scope = { alias, now, aggregate: refuseAggregate };
  const where = statement.where === undefined ? undefined : evaluator(statement.where, scope);
  const list = statement.projections && projectionsOf(statement.projections, scope);
  const isWanted = (row: Row): boolean => where === undefined || where(row) === true;
  let count = 0;
  if (list?.accumulators !== undefined) {
    const { accumulators, record } = list;
    return {
      take: (row) => {
        if (isWanted(row)) for (const { operand, accumulator } of accumulators) accumulator.add(operand(row));
        return undefined;
      },
      isDone: () => limit === 0,
      finish: () => (limit === 0 ? undefined : record(valueRow(undefined))),
    };
  }
  return {
    take: (row) => {
      if (!isWanted(row)) return undefined;
      count += 1;
      return list === undefined ? row.all() : list.record(row);
    },
    isDone: () => count >= limit,
    finish: () => undefined,
  };
}

function refuseAggregate(): never {
  throw selectErrors.unsupportedStructure(
    "An aggregate may only stand in the list of SELECT, and in no other aggregate.",
  );
}

interface ProjectionList {
  readonly record: (row: Row) => NamedValues;
  /** Absent for lists without aggregates. */
  readonly accumulators?: readonly { readonly operand: Evaluate; readonly accumulator: Accumulator }[];
}

function projectionsOf(projections: readonly Projection[], scope: Scope): ProjectionList {
  const accumulators: { readonly operand: Evaluate; readonly accumulator: Accumulator }[] = [];
  let readsColumns = false;
  const aggregate = ({ name, operand }: Expression & { kind: "aggregate" }): Evaluate => {
    const accumulator = createAccumulator(name);
    accumulators.push({ operand: operand === undefined ? () => true : evaluator(operand, scope), accumulator });
    return () => accumulator.result();
  };
  const onColumn = (): void => {
    readsColumns = true;
  };
  const columns = projections.map((projection, index) => ({
    name: projection.alias ?? nameOf(projection.expression) ?? `_${index + 1}`,
    value: evaluator(projection.expression, { ...scope, aggregate, onColumn }),
  }));
  const record = (row: Row): NamedValues => columns.map(({ name, value }) => [name, value(row)]);
  if (accumulators.length === 0) return { record };
  if (readsColumns)
    throw selectErrors.unsupportedStructure("Columns and aggregates cannot stand side by side: there is no GROUP BY.");
  return { record, accumulators };
}

/** A path is called as its last name, anything else by its place. */
function nameOf(expression: Expression): string | undefined {
  const last = expression.kind === "path" ? expression.steps.at(-1) : undefined;
  return last?.kind === "name" ? last.name : undefined;
}
