// Many samples of a metric as one value that still tells percentiles: their sums, and how many lie in which range. Ranges
// are those of AWS's CloudWatch agent (SEH1), each a tenth wide, so that their number does not grow with the samples.
import type { MetricPoint } from "../store/series/series.ts";

/** Samples that lie close together: the first has the least value, the last the greatest, the others lie between. */
export type Run = readonly [minimum: number, maximum: number, count: number];

export type SummedUp = Exclude<MetricPoint["value"], number> & {
  /** All samples, in rising order. */
  readonly runs: readonly Run[];
};

const RANGE_WIDTH = Math.log(1.1);
/** Where the ranges of negative numbers begin; no double is further from 1 than 7,900 ranges. */
const NEGATIVE = -100_000;

function rangeOf(value: number): number {
  if (value > 0) return Math.floor(Math.log(value) / RANGE_WIDTH);
  return value === 0 ? Number.NEGATIVE_INFINITY : NEGATIVE - Math.floor(Math.log(-value) / RANGE_WIDTH);
}

/** Runs of which those in one range become one. */
export class Ranges {
  readonly #runs = new Map<number, [minimum: number, maximum: number, count: number]>();

  add(minimum: number, maximum: number, count: number): void {
    const range = rangeOf(minimum);
    const run = this.#runs.get(range);
    if (!run) {
      this.#runs.set(range, [minimum, maximum, count]);
      return;
    }
    if (minimum < run[0]) run[0] = minimum;
    if (maximum > run[1]) run[1] = maximum;
    run[2] += count;
  }

  /** In rising order. */
  get runs(): readonly Run[] {
    return [...this.#runs.values()].sort(([one], [other]) => one - other);
  }
}

/** Collects samples. */
export class SampleSet {
  readonly #ranges = new Ranges();
  #sum = 0;

  add(value: number): void {
    this.#sum += value;
    this.#ranges.add(value, value, 1);
  }

  /** What has been added, which is at least one sample. */
  get value(): SummedUp {
    const { runs } = this.#ranges;
    const count = runs.reduce((sum, run) => sum + run[2], 0);
    return { count, sum: this.#sum, minimum: runs[0]?.[0] ?? 0, maximum: runs.at(-1)?.[1] ?? 0, runs };
  }
}

/** The samples of a stored value; undefined for a set of a caller that tells only its range. */
export function runsOf(value: MetricPoint["value"] | SummedUp): readonly Run[] | undefined {
  if (typeof value === "number") return [[value, value, 1]];
  if ("runs" in value) return value.runs;
  const { count, sum, minimum, maximum } = value;
  return minimum === maximum && sum === minimum * count ? [[minimum, maximum, count]] : undefined;
}
