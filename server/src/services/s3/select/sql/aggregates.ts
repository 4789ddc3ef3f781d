// Aggregates over all rows. Amazon S3 user guide, "Aggregate functions". Null and MISSING do not count.
import { selectErrors } from "../errors.ts";
import type { AggregateName } from "./statement.ts";
import { compare, isAbsent, numberOf, type Value } from "./values.ts";

export interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

const accumulators: Readonly<Record<AggregateName, () => Accumulator>> = {
  COUNT: () => {
    let count = 0;
    return {
      add: () => {
        count += 1;
      },
      result: () => count,
    };
  },
  SUM: () => summing("SUM", (sum) => sum),
  AVG: () => summing("AVG", (sum, count) => sum / count),
  MIN: () => extreme((difference) => difference < 0),
  MAX: () => extreme((difference) => difference > 0),
};

/** @throws ApiError InvalidDataType from `add` where a number is needed */
export function createAccumulator(name: AggregateName): Accumulator {
  const { add, result } = accumulators[name]();
  return {
    add: (value) => {
      if (!isAbsent(value)) add(value);
    },
    result,
  };
}

function summing(name: AggregateName, finish: (sum: number, count: number) => number): Accumulator {
  let [sum, count] = [0, 0];
  return {
    add: (value) => {
      const number = numberOf(value);
      if (number === undefined)
        throw selectErrors.invalidDataType(`The SQL expression contains an invalid data type: ${name} takes numbers.`);
      sum += number;
      count += 1;
    },
    result: () => (count === 0 ? null : finish(sum, count)),
  };
}

/** Fields of a CSV file that spell numbers are compared as numbers. */
function extreme(isBetter: (difference: number) => boolean): Accumulator {
  let best: Value = null;
  return {
    add: (value) => {
      const candidate = numberOf(value) ?? value;
      const difference = best === null ? undefined : compare(candidate, best);
      if (best === null || (difference !== undefined && isBetter(difference))) best = candidate;
    },
    result: () => best,
  };
}
