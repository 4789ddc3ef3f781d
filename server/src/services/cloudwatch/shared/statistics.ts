// Points into periods, periods into statistics.
// Source: CloudWatch user guide, "CloudWatch statistics definitions".
import { type Run, runsOf } from "../../../engine/sample-set.ts";
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
  const runs: Run[] = [];
  let areRunsKnown = true;
  for (const { value } of points) {
    const set = typeof value === "number" ? { count: 1, sum: value, minimum: value, maximum: value } : value;
    count += set.count;
    sum += set.sum;
    minimum = Math.min(minimum, set.minimum);
    maximum = Math.max(maximum, set.maximum);
    const found = runsOf(value);
    if (found) for (const run of found) runs.push(run);
    else areRunsKnown = false;
  }
  return { at, count, sum, minimum, maximum, runs: areRunsKnown ? merged(runs) : undefined };
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
  return ({ runs, count }) => runs && percentile(runs, Number(percent), count);
}

/** The smallest value that at least so many percent of all samples do not exceed (nearest rank); even within a run. */
function percentile(runs: readonly Run[], percent: number, count: number): number | undefined {
  // The product first: 7 / 100 * 100 is more than 7.
  const rank = Math.max(1, Math.ceil((percent * count) / 100));
  let before = 0;
  for (const run of runs) {
    const [, , within] = run;
    if (before + within >= rank) return valueIn(run, rank - before);
    before += within;
  }
  return runs.at(-1)?.[1];
}

const valueIn = ([minimum, maximum, count]: Run, rank: number): number =>
  count <= 1 ? maximum : minimum + (maximum - minimum) * ((rank - 1) / (count - 1));
