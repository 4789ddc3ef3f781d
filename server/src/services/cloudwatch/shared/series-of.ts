// Points of a metric as a series of one statistic.
import type { MetricKey, MetricPoint } from "../../../store/series/series.ts";
import type { TimeSeries } from "./math/values.ts";
import { intoPeriods, type Period } from "./periods.ts";
import { rangeStart } from "./range.ts";
import { statisticOf } from "./statistics.ts";
import { unitsOf } from "./units.ts";

/** Milliseconds since 1970; the end is not in it. */
export interface Span {
  readonly startTime: number;
  readonly endTime: number;
}

/** Where the earliest period of any length begins. */
export const firstStart = ({ startTime }: Span): number => rangeStart(startTime, LONGEST_STEP_SECONDS);

/** No period begins earlier than this before the range. */
const LONGEST_STEP_SECONDS = 60;

/** Periods of the points of one unit: the one asked for, or the first that there is. */
export async function periodsOf(
  points: readonly MetricPoint[],
  { Period: seconds, Unit }: { readonly Period: number; readonly Unit?: string | undefined },
  startTime: number,
): Promise<{ readonly periods: readonly Period[]; readonly units: readonly string[] }> {
  const origin = rangeStart(startTime, seconds);
  const inRange = points.filter(({ timestamp }) => timestamp >= origin);
  const units = unitsOf(inRange);
  const unit = Unit ?? units[0];
  const wanted = units.length === 1 && units[0] === unit ? inRange : inRange.filter((point) => unitOf(point) === unit);
  return { periods: await intoPeriods(wanted, origin, seconds * 1000), units };
}

const unitOf = ({ unit }: MetricPoint): string => unit ?? "None";

export function seriesOf(key: MetricKey, stat: string, periodMs: number, periods: readonly Period[]): TimeSeries {
  const of = statisticOf(stat);
  const [times, values]: [number[], number[]] = [[], []];
  for (const period of periods) {
    const value = of?.(period);
    if (value === undefined) continue;
    times.push(period.at);
    values.push(value);
  }
  const { namespace, name, dimensions } = key;
  return { times, values, label: name, periodMs, metric: { namespace, name, dimensions, stat } };
}
