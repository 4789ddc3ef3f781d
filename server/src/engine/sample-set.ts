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

/** Collects samples; zero and what is below share a range. */
export class SampleSet {
  readonly #ranges = new Map<number, [minimum: number, maximum: number, count: number]>();
  #sum = 0;

  add(value: number): void {
    this.#sum += value;
    const range = value > 0 ? Math.floor(Math.log(value) / RANGE_WIDTH) : Number.NEGATIVE_INFINITY;
    const run = this.#ranges.get(range);
    if (!run) {
      this.#ranges.set(range, [value, value, 1]);
      return;
    }
    if (value < run[0]) run[0] = value;
    if (value > run[1]) run[1] = value;
    run[2] += 1;
  }

  /** What has been added, which is at least one sample. */
  get value(): SummedUp {
    const runs = [...this.#ranges].sort(([one], [other]) => one - other).map(([, run]) => run);
    const count = runs.reduce((sum, run) => sum + run[2], 0);
    return { count, sum: this.#sum, minimum: runs[0]?.[0] ?? 0, maximum: runs.at(-1)?.[1] ?? 0, runs };
  }
}

/** The samples of a stored value; undefined for a set of a caller that tells only its range. */
export function runsOf(value: MetricPoint["value"] | SummedUp): readonly Run[] | undefined {
  if (typeof value === "number") return [[value, value, 1]];
  if ("runs" in value) return value.runs;
  return value.minimum === value.maximum ? [[value.minimum, value.maximum, value.count]] : undefined;
}
