// Points into periods, periods into statistics.
// Source: CloudWatch user guide, "CloudWatch statistics definitions".
import type { MetricPoint } from "../../../store/series/series.ts";

/** What is known of one period. Samples that came summed up are there with their range only. */
export interface Period {
  /** Its start; milliseconds since 1970. */
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Values with how often each came, in rising order; undefined when some samples came summed up. */
  readonly samples: readonly (readonly [value: number, count: number])[] | undefined;
}

/** Periods that have points, in order of time. `origin` is a boundary; all in milliseconds. */
export function intoPeriods(points: readonly MetricPoint[], origin: number, lengthMs: number): Period[] {
  const groups = Map.groupBy(
    points,
    ({ timestamp }) => origin + Math.floor((timestamp - origin) / lengthMs) * lengthMs,
  );
  return [...groups].sort(([one], [other]) => one - other).map(([at, some]) => summarize(at, some));
}

function summarize(at: number, points: readonly MetricPoint[]): Period {
  let [count, sum] = [0, 0];
  let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const counts = new Map<number, number>();
  let areSamplesKnown = true;
  for (const { value } of points) {
    const set = typeof value === "number" ? { count: 1, sum: value, minimum: value, maximum: value } : value;
    count += set.count;
    sum += set.sum;
    minimum = Math.min(minimum, set.minimum);
    maximum = Math.max(maximum, set.maximum);
    if (set.minimum === set.maximum) counts.set(set.minimum, (counts.get(set.minimum) ?? 0) + set.count);
    else areSamplesKnown = false;
  }
  const samples = areSamplesKnown ? [...counts].sort(([one], [other]) => one - other) : undefined;
  return { at, count, sum, minimum, maximum, samples };
}

/** A statistic of a period; undefined when its samples are not known one by one. */
export type Statistic = (period: Period) => number | undefined;

const basic: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => (count === 0 ? undefined : sum / count),
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

/** By its name, `Average` or `p99.9`; undefined for names that are not known. */
export function statisticOf(name: string): Statistic | undefined {
  return Object.hasOwn(basic, name) ? basic[name] : percentileOf(name);
}

/** `p0` to `p100` with up to ten decimals. */
export function percentileOf(name: string): Statistic | undefined {
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  if (percent === undefined || Number(percent) > 100) return undefined;
  const share = Number(percent) / 100;
  return ({ samples, count }) => samples && percentile(samples, count, share);
}

/** The smallest value that at least the share of all samples does not exceed (nearest rank). */
function percentile(samples: NonNullable<Period["samples"]>, count: number, share: number): number | undefined {
  const rank = Math.max(share * count, Number.MIN_VALUE);
  let seen = 0;
  for (const [value, times] of samples) {
    seen += times;
    if (seen >= rank) return value;
  }
  return samples.at(-1)?.[0];
}
