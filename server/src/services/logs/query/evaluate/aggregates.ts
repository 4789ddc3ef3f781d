// Functions of stats: many records, one value. Source: CloudWatch Logs user guide, "Functions to use with stats".
import { QueryProblem } from "../language/lexer.ts";
import type { Expression } from "../language/syntax.ts";
import type { Evaluate } from "./compile.ts";
import type { LogRecord } from "./record.ts";
import { DistinctCounter, Percentiles } from "./sketches.ts";
import { compareValues, sizeOf, toNumber, toText, type Value } from "./value.ts";

/** What one group of records has gathered. */
export interface Gathered {
  take(record: LogRecord): void;
  value(): Value;
  /** About what it takes in memory, where that grows with the records. */
  sizeBytes?(): number;
}

type Call = Extract<Expression, { kind: "call" }>;
type Make = (of: Evaluate, call: Call) => () => Gathered;

/** Gathers the numbers of an expression. */
const numbers =
  (make: () => { take(value: number): void; value(): Value }): Make =>
  (of) =>
  () => {
    const gathered = make();
    return {
      take(record) {
        const value = toNumber(of(record));
        if (value !== undefined) gathered.take(value);
      },
      value: () => gathered.value(),
    };
  };

/** Keeps one value: the one that is better than that before it. */
const best =
  (rank: (record: LogRecord, value: Value) => Value, isBetter: (order: number) => boolean): Make =>
  (of) =>
  () => {
    let kept: Value;
    let keptRank: Value;
    return {
      take(record) {
        const value = of(record);
        if (value === undefined) return;
        const found = rank(record, value);
        if (kept !== undefined && !isBetter(compareValues(found, keptRank))) return;
        kept = value;
        keptRank = found;
      },
      value: () => kept,
      sizeBytes: () => sizeOf(kept),
    };
  };

const byItself = (_record: LogRecord, value: Value) => value;
const byTime = (record: LogRecord) => record.get("@timestamp");
const isLess = (order: number) => order < 0;
const isMore = (order: number) => order > 0;

const percentile = (of: Evaluate, percent: number) => () => {
  const samples = new Percentiles();
  return {
    take(record: LogRecord) {
      const value = toNumber(of(record));
      if (value !== undefined) samples.add(value);
    },
    value: () => samples.at(percent),
    sizeBytes: () => samples.sizeBytes,
  };
};

/** Welford's method: the deviation of the whole, not of a sample. */
function deviation() {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    take(value: number) {
      count++;
      const before = value - mean;
      mean += before / count;
      squares += before * (value - mean);
    },
    value: () => (count === 0 ? undefined : Math.sqrt(squares / count)),
  };
}

function total() {
  let sum = 0;
  let count = 0;
  return {
    take(value: number) {
      sum += value;
      count++;
    },
    sum: () => (count === 0 ? undefined : sum),
    mean: () => (count === 0 ? undefined : sum / count),
  };
}

const aggregates: Readonly<Record<string, Make>> = {
  count: (of) => () => {
    let count = 0;
    return {
      take(record) {
        if (of(record) !== undefined) count++;
      },
      value: () => count,
    };
  },
  count_distinct: (of) => () => {
    const counter = new DistinctCounter();
    return {
      take(record) {
        const text = toText(of(record));
        if (text !== undefined) counter.add(text);
      },
      value: () => counter.count(),
      sizeBytes: () => counter.sizeBytes,
    };
  },
  sum: numbers(() => {
    const { take, sum } = total();
    return { take, value: sum };
  }),
  avg: numbers(() => {
    const { take, mean } = total();
    return { take, value: mean };
  }),
  stddev: numbers(deviation),
  min: best(byItself, isLess),
  max: best(byItself, isMore),
  median: (of) => percentile(of, 50),
  pct: (of, call) => percentile(of, percentOf(call)),
  earliest: best(byTime, isLess),
  latest: best(byTime, isMore),
  sortsfirst: best(byItself, isLess),
  sortslast: best(byItself, isMore),
};

function percentOf(call: Call): number {
  const [, percent] = call.given;
  if (percent?.kind === "number" && percent.value >= 0 && percent.value <= 100) return percent.value;
  throw new QueryProblem(`expected pct(field, percent), the percent from 0 to 100, got ${call.text}`, call);
}

export const isAggregate = (name: string): boolean => Object.hasOwn(aggregates, name);

/** @throws QueryProblem when the function takes other values */
export function compileAggregate(call: Call, compile: (one: Expression) => Evaluate): () => Gathered {
  const make = aggregates[call.name];
  const [first] = call.given;
  const counts = call.name === "count" && (first === undefined || first.kind === "star");
  const wanted = call.name === "pct" ? 2 : 1;
  if (!make || (counts ? call.given.length > 1 : call.given.length !== wanted || first === undefined)) {
    throw new QueryProblem(
      `${call.name} takes ${wanted} ${wanted === 1 ? "value" : "values"}, got ${call.given.length}`,
      call,
    );
  }
  return make(counts || !first ? () => true : compile(first), call);
}
