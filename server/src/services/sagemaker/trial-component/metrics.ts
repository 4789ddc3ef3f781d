// Metrics of a job's component: statistics over all points of the series, else the last values that the job keeps.
import type { TrialComponentMetricSummary } from "../../../../../contract/sagemaker/types.ts";
import type { MetricPoint, Series } from "../../../store/series/series.ts";
import { placeOf, toSeconds } from "../shared/noun.ts";
import type { Seen } from "./view.ts";

/** How long before a job's creation and after now points are looked for: clocks of programs may differ a little. */
const MARGIN_MS = 60_000;

/** What the job's own row says of its metrics, at no cost: the last values. */
export function finalMetrics({ row, job }: Seen): readonly TrialComponentMetricSummary[] {
  const SourceArn = row.document.job?.source.SourceArn;
  return (job?.component.finalMetrics ?? []).map(({ MetricName, Value, Timestamp }) => ({
    MetricName,
    SourceArn,
    TimeStamp: Timestamp,
    Last: Value,
  }));
}

/** The same with minimum, maximum, average, deviation and count where the points are still there. `now` in milliseconds. */
export async function metricsOf(
  series: Series,
  seen: Seen,
  now: number,
): Promise<readonly TrialComponentMetricSummary[]> {
  const last = new Map(finalMetrics(seen).map((summary) => [summary.MetricName ?? "", summary]));
  const { job, row } = seen;
  const source = job?.component.series;
  if (!job || !source) return [...last.values()];
  const { namespace, dimensions, names } = source;
  const SourceArn = row.document.job?.source.SourceArn;
  for (const name of new Set([...names, ...last.keys()])) {
    const key = { ...placeOf(row), namespace, name, dimensions };
    const points = await series.readMetrics(key, job.row.createdAt - MARGIN_MS, now + MARGIN_MS);
    if (points.length > 0) last.set(name, { MetricName: name, SourceArn, ...statistics(points) });
  }
  return [...last.values()];
}

/** Over points in the order of time; the deviation is that of the whole population. */
export function statistics(points: readonly Pick<MetricPoint, "timestamp" | "value">[]) {
  let Count = 0;
  let mean = 0;
  let squares = 0;
  let Max = Number.NEGATIVE_INFINITY;
  let Min = Number.POSITIVE_INFINITY;
  let Last = Number.NaN;
  for (const { value } of points) {
    const { count, sum, minimum, maximum } =
      typeof value === "number" ? { count: 1, sum: value, minimum: value, maximum: value } : value;
    if (count <= 0) continue;
    // Welford (1962), for groups by Chan et al. (1979); of a group only its mean is known.
    const difference = sum / count - mean;
    Count += count;
    mean += (difference * count) / Count;
    squares += difference * (sum / count - mean) * count;
    Max = Math.max(Max, maximum);
    Min = Math.min(Min, minimum);
    Last = sum / count;
  }
  return {
    TimeStamp: toSeconds(points.at(-1)?.timestamp ?? 0),
    Max,
    Min,
    Last,
    Count,
    Avg: mean,
    StdDev: Math.sqrt(Math.max(0, squares) / Math.max(1, Count)),
  };
}
