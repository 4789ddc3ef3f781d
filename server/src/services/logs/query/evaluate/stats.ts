// `stats a, b by c, d`: records gathered into a row for each combination of what they are told by.
import { QueryProblem } from "../language/lexer.ts";
import type { Command, Named } from "../language/syntax.ts";
import { compileAggregate, type Gathered, isAggregate } from "./aggregates.ts";
import { compileExpression, type Evaluate, type Special } from "./compile.ts";
import { type LogRecord, RowRecord } from "./record.ts";
import type { Collector } from "./stage.ts";
import { QueryFailure } from "./stage.ts";
import { toText, type Value } from "./value.ts";

type Stats = Extract<Command, { kind: "stats" }>;

/** Rows, and bytes of what is gathered for them, that one query may have. */
const MAX_GROUPS = 100_000;
const MAX_BYTES = 128 * 1_048_576;
/** Bytes are counted after so many records, or as many as there are rows. */
const COUNT_EVERY = 10_000;

interface Column {
  readonly name: string;
  /** Of a row that holds the columns before, and the values of aggregates at their places. */
  readonly value: (row: LogRecord, gathered: readonly Gathered[]) => Value;
}

export function compileStats({ list, by }: Stats, special: Special): () => Collector {
  const makers: (() => Gathered)[] = [];
  const columns = list.map((named) => compileColumn(named, makers, special));
  const keys = by.map(({ name, expression }) => ({ name, evaluate: compileExpression(expression, special) }));
  return () => new StatsCollector(makers, columns, keys);
}

/** An expression of aggregates, of columns before it, and of constants. */
function compileColumn({ name, expression }: Named, makers: (() => Gathered)[], special: Special): Column {
  const first = makers.length;
  let current: readonly Gathered[] = [];
  const evaluate = compileExpression(expression, (call) => {
    const column = special(call);
    if (column || !isAggregate(call.name)) return column;
    const place = makers.length;
    makers.push(
      compileAggregate(call, (one) =>
        compileExpression(one, (inner) => {
          const found = special(inner);
          if (found || !isAggregate(inner.name)) return found;
          throw new QueryProblem(`${inner.name} cannot stand in ${call.name}`, inner);
        }),
      ),
    );
    return () => current[place]?.value();
  });
  if (makers.length === first && !mentionsColumns(expression.kind)) {
    throw new QueryProblem(`expected a function of stats such as count(*), got ${name}`, expression);
  }
  return {
    name,
    value(row, gathered) {
      current = gathered;
      return evaluate(row);
    },
  };
}

/** A sum of columns before it is a column too; a bare field or constant is none. */
const mentionsColumns = (kind: string): boolean => kind === "binary" || kind === "call" || kind === "minus";

const tooMuch = () =>
  new QueryFailure(`stats would gather more than ${MAX_GROUPS} rows or ${MAX_BYTES} bytes. Narrow the query.`);

class StatsCollector implements Collector {
  readonly #makers: readonly (() => Gathered)[];
  readonly #columns: readonly Column[];
  readonly #keys: readonly { readonly name: string; readonly evaluate: Evaluate }[];
  readonly #groups = new Map<string, { readonly by: readonly Value[]; readonly gathered: readonly Gathered[] }>();
  #keyBytes = 0;
  #untilCount = COUNT_EVERY;

  constructor(
    makers: readonly (() => Gathered)[],
    columns: readonly Column[],
    keys: readonly { readonly name: string; readonly evaluate: Evaluate }[],
  ) {
    this.#makers = makers;
    this.#columns = columns;
    this.#keys = keys;
  }

  take(record: LogRecord): void {
    const by = this.#keys.map(({ evaluate }) => evaluate(record));
    for (const one of this.#groupOf(by).gathered) one.take(record);
    if (--this.#untilCount > 0) return;
    this.#untilCount = Math.max(COUNT_EVERY, this.#groups.size);
    let bytes = this.#keyBytes;
    for (const { gathered } of this.#groups.values()) for (const one of gathered) bytes += one.sizeBytes?.() ?? 0;
    if (bytes > MAX_BYTES) throw tooMuch();
  }

  #groupOf(by: readonly Value[]) {
    const key = JSON.stringify(by.map((value) => toText(value) ?? null));
    const found = this.#groups.get(key);
    if (found) return found;
    this.#keyBytes += key.length * 2;
    if (this.#groups.size >= MAX_GROUPS || this.#keyBytes > MAX_BYTES) throw tooMuch();
    const made = { by, gathered: this.#makers.map((make) => make()) };
    this.#groups.set(key, made);
    return made;
  }

  rows(): LogRecord[] {
    // Without `by` there is a row also when nothing was found.
    if (this.#keys.length === 0 && this.#groups.size === 0) this.#groupOf([]);
    return [...this.#groups.values()].map(({ by, gathered }) => {
      const row = new RowRecord();
      for (const [index, { name }] of this.#keys.entries()) row.set(name, by[index]);
      for (const { name, value } of this.#columns) row.set(name, value(row, gathered));
      return row;
    });
  }
}
