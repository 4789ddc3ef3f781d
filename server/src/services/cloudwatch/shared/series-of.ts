// Points of a metric as a series of one statistic.
import type { MetricKey, MetricPoint, Series } from "../../../store/series/series.ts";
import type { TimeSeries } from "./math/values.ts";
import { type Period, PeriodSums } from "./periods.ts";
import { rangeStart } from "./range.ts";
import { statisticOf } from "./statistics.ts";
import { inOrder } from "./units.ts";

/** Milliseconds since 1970; the end is not in it. */
export interface Span {
  readonly startTime: number;
  readonly endTime: number;
}

/** Where the earliest period of any length begins. */
const firstStart = ({ startTime }: Span): number => rangeStart(startTime, LONGEST_STEP_SECONDS);

/** No period begins earlier than this before the range. */
const LONGEST_STEP_SECONDS = 60;

/** So much is read at once: a week, 600,000 points of a metric that has one a second. */
const WINDOW_MS = 7 * 86_400_000;
/** Longer ranges are read in longer pieces: nothing is older than fifteen months. */
const MOST_WINDOWS = 1000;

export interface Asked {
  /** In seconds. */
  readonly Period: number;
  readonly Unit?: string | undefined;
}

/** Points of a metric in order of time, in pieces that need not be in memory together. */
export async function* piecesOf(
  series: Pick<Series, "readMetrics">,
  key: MetricKey,
  span: Span,
): AsyncGenerator<readonly MetricPoint[]> {
  const windowMs = Math.max(WINDOW_MS, Math.ceil((span.endTime - span.startTime) / MOST_WINDOWS));
  for (let from = firstStart(span); from < span.endTime; from += windowMs)
    yield await series.readMetrics(key, from, Math.min(from + windowMs, span.endTime));
}

/** Periods of a metric by unit, for each length in seconds that is asked for; its points are read once. */
export async function periodsByUnit(
  series: Pick<Series, "readMetrics">,
  key: MetricKey,
  span: Span,
  lengths: readonly number[],
): Promise<ReadonlyMap<number, ReadonlyMap<string, readonly Period[]>>> {
  const sums = new Map([...new Set(lengths)].map((length) => [length, new Map<string, PeriodSums>()]));
  for await (const points of piecesOf(series, key, span))
    for (const [unit, some] of Map.groupBy(points, ({ unit }) => unit ?? "None"))
      for (const [length, units] of sums) {
        const found = units.get(unit) ?? new PeriodSums(rangeStart(span.startTime, length), length * 1000);
        units.set(unit, found);
        await found.add(some);
      }
  const periods = new Map<number, Map<string, readonly Period[]>>();
  for (const [length, units] of sums) {
    const found = new Map<string, readonly Period[]>();
    for (const [unit, of] of units) {
      const some = await of.periods();
      if (some.length > 0) found.set(unit, some);
    }
    periods.set(length, found);
  }
  return periods;
}

/** Of one unit: the one asked for, or the first that there is. */
export function chosen(
  byUnit: ReadonlyMap<string, readonly Period[]>,
  unit: string | undefined,
): { readonly periods: readonly Period[]; readonly units: readonly string[] } {
  const units = inOrder([...byUnit.keys()]);
  return { periods: byUnit.get(unit ?? units[0] ?? "") ?? [], units };
}

/** Periods of one unit. */
export async function periodsOf(
  series: Pick<Series, "readMetrics">,
  key: MetricKey,
  span: Span,
  { Period: length, Unit }: Asked,
): Promise<readonly Period[]> {
  const found = await periodsByUnit(series, key, span, [length]);
  return chosen(found.get(length) ?? new Map(), Unit).periods;
}

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
