// Points into periods, in slices: other requests are answered in between, however many points a caller has put.
import { setImmediate } from "node:timers/promises";
import { Ranges, type Run, runsOf } from "../../../engine/sample-set.ts";
import type { MetricPoint } from "../../../store/series/series.ts";

/** What is known of one period. */
export interface Period {
  /** Its start; milliseconds since 1970. */
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Its samples in rising order; undefined when of some only the range is known. */
  readonly runs: readonly Run[] | undefined;
}

/** Different values that one period tells apart; more are told in ranges, as the platform's own are. */
export const MAX_EXACT = 10_000;
/** Points taken, or runs put in order, before others have their turn: some milliseconds. */
const SLICE = 10_000;

/** Points summed up as they come, so that they need not all be in memory. */
export class PeriodSums {
  readonly #origin: number;
  readonly #lengthMs: number;
  readonly #sums = new Map<number, Sums>();
  #sinceTurn = 0;

  /** `origin` is a boundary; both in milliseconds. */
  constructor(origin: number, lengthMs: number) {
    this.#origin = origin;
    this.#lengthMs = lengthMs;
  }

  /** What lies before the origin is left out. */
  async add(points: readonly MetricPoint[]): Promise<void> {
    for (const { timestamp, value } of points) {
      if (++this.#sinceTurn === SLICE) {
        this.#sinceTurn = 0;
        await setImmediate();
      }
      if (timestamp < this.#origin) continue;
      const at = this.#origin + Math.floor((timestamp - this.#origin) / this.#lengthMs) * this.#lengthMs;
      let period = this.#sums.get(at);
      if (!period) {
        period = new Sums();
        this.#sums.set(at, period);
      }
      period.add(value);
    }
  }

  /** Those that have points, in order of time. */
  async periods(): Promise<Period[]> {
    const periods: Period[] = [];
    let ordered = 0;
    for (const [at, period] of [...this.#sums].sort(([one], [other]) => one - other)) {
      const summary = period.summary(at);
      periods.push(summary);
      ordered += summary.runs?.length ?? 0;
      if (ordered < SLICE) continue;
      ordered = 0;
      await setImmediate();
    }
    return periods;
  }
}

class Sums {
  #count = 0;
  #sum = 0;
  #minimum = Number.POSITIVE_INFINITY;
  #maximum = Number.NEGATIVE_INFINITY;
  /** Values with how often each came. */
  #exact = new Map<number, number>();
  readonly #ranges = new Ranges();
  #areRunsKnown = true;

  add(value: MetricPoint["value"]): void {
    const set = typeof value === "number" ? { count: 1, sum: value, minimum: value, maximum: value } : value;
    this.#count += set.count;
    this.#sum += set.sum;
    this.#minimum = Math.min(this.#minimum, set.minimum);
    this.#maximum = Math.max(this.#maximum, set.maximum);
    const runs = runsOf(value);
    if (!runs) this.#areRunsKnown = false;
    else if (this.#areRunsKnown) for (const run of runs) this.#addRun(run);
  }

  #addRun([minimum, maximum, count]: Run): void {
    if (minimum === maximum && this.#exact.size < MAX_EXACT)
      this.#exact.set(minimum, (this.#exact.get(minimum) ?? 0) + count);
    else this.#ranges.add(minimum, maximum, count);
  }

  summary(at: number): Period {
    const exact = [...this.#exact].map(([value, count]): Run => [value, value, count]);
    const runs = this.#areRunsKnown ? merged([...exact, ...this.#ranges.runs]) : undefined;
    return { at, count: this.#count, sum: this.#sum, minimum: this.#minimum, maximum: this.#maximum, runs };
  }
}

/** In rising order; those that overlap become one, so that a higher percentile is never a lower value. */
function merged(runs: Run[]): Run[] {
  runs.sort(([one, oneEnd], [other, otherEnd]) => one - other || oneEnd - otherEnd);
  const result: Run[] = [];
  for (const run of runs) {
    const [minimum, maximum, count] = run;
    const last = result.at(-1);
    if (last && (minimum < last[1] || minimum === last[0]))
      result[result.length - 1] = [last[0], Math.max(last[1], maximum), last[2] + count];
    else result.push(run);
  }
  return result;
}
